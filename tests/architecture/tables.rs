//! The tables: each is used by the folder that owns it, and by others only if ARCHITECTURE.md
//! lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Sources, server};

/// The header of the list in ARCHITECTURE.md.
const HEADER: &str = "| table | owner | also used by |";

/// Tables and the folders that use them.
type Uses = BTreeMap<String, BTreeSet<String>>;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).expect("a file of the repository")
}

/// The tables of the database, by the generated schema.
fn tables(schema: &str) -> BTreeSet<&str> {
    let tables = schema.split("diesel::table! {").skip(1);
    tables.filter_map(|table| table.split_whitespace().next()).collect()
}

/// The tables that more than one folder imports.
fn shared(sources: &Sources, tables: &BTreeSet<&str>) -> Uses {
    let mut uses = Uses::new();
    for file in &sources.files {
        for table in file.schema_names.iter().filter(|name| tables.contains(name.as_str())) {
            uses.entry(table.clone()).or_default().insert(file.folder().to_owned());
        }
    }
    uses.retain(|_, folders| folders.len() > 1);
    uses
}

/// The tables and folders in the list of `text`; an owner counts as a user.
fn listed(text: &str) -> Uses {
    let lines = text.lines().skip_while(|line| *line != HEADER).skip(2);
    let mut uses = Uses::new();
    for line in lines.take_while(|line| line.starts_with('|')) {
        let cells: Vec<BTreeSet<String>> = line.split('|').map(quoted).collect();
        let folders = &cells[2] | &cells[3];
        uses.extend(cells[1].iter().map(|table| (table.clone(), folders.clone())));
    }
    uses
}

/// The names between backticks.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_table_is_used_by_its_owner_and_the_listed_folders_only() {
    let schema = read("src/db/schema.rs");
    let shared = shared(&server(), &tables(&schema));
    assert_eq!(shared, listed(&read("../ARCHITECTURE.md")), "the sources, then ARCHITECTURE.md");
}

#[test]
fn the_list_names_tables_and_folders_between_backticks() {
    let text = format!(
        "# Tables\n{HEADER}\n| --- | --- | --- |\n\
         | `areas`, `outlines` | `area` | `load` (all rows), `plan` |\n\nNot `this`.\n"
    );
    let folders = BTreeSet::from(["area", "load", "plan"].map(str::to_owned));
    let expected = ["areas", "outlines"].map(|table| (table.to_owned(), folders.clone()));
    assert_eq!(listed(&text), Uses::from(expected));
}
