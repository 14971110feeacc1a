//! The rows of all tables, for a comparison.

use std::collections::BTreeMap;

use crate::support::Database;

/// The columns of `tasks` that count changes: they tell a phone that a row is new, also if it has become
/// what it was.
const TECHNICAL: [&str; 2] = ["version", "updated_at"];
/// The tables that are not compared: the log and its heads, the plans themselves, the queue and the
/// records of background jobs, and what each request leaves (sessions, answers to repetitions, quotas).
const APART: [&str; 10] = [
    "events",
    "district_heads",
    "plans",
    "plan_visits",
    "freed_tasks",
    "job_runs",
    "sessions",
    "commands",
    "daily_counts",
    "credentials",
];

/// The rows of each table, as texts; those of `tasks` by task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dump {
    pub(super) tables: BTreeMap<String, Vec<String>>,
    pub(super) tasks: BTreeMap<String, String>,
}

impl Dump {
    /// Reads all tables in one statement.
    pub(super) fn of(database: &Database, columns: &BTreeMap<String, Vec<String>>) -> Self {
        let quote = if database.is_postgres() { "quote_nullable" } else { "quote" };
        let selected = columns.iter().map(|(table, columns)| {
            let quoted = columns.iter().map(|column| format!("{quote}({column})"));
            let row = quoted.collect::<Vec<_>>().join(" || ',' || ");
            // A job forgets the refusals of ended tasks at any moment.
            let condition = match table.as_str() {
                "task_refusals" => {
                    " WHERE EXISTS (SELECT 1 FROM tasks WHERE tasks.id = task_refusals.task AND
                        tasks.state IN ('open', 'assigned', 'accepted', 'in_progress'))"
                }
                _ => "",
            };
            format!("SELECT '{table} ' || {row} AS text FROM {table}{condition}")
        });
        let all = selected.collect::<Vec<_>>().join(" UNION ALL ");
        let (mut tables, mut tasks) = (BTreeMap::<_, Vec<String>>::new(), BTreeMap::new());
        for text in database.texts(&all) {
            let (table, row) = text.split_once(' ').expect("a table and a row");
            if table == "tasks" {
                let id = row.split(',').nth(1).expect("an id");
                tasks.insert(id.to_owned(), row.to_owned());
            } else {
                tables.entry(table.to_owned()).or_default().push(row.to_owned());
            }
        }
        for rows in tables.values_mut() {
            rows.sort();
        }
        Self { tables, tasks }
    }
}

/// The columns that are compared, by table; the id of a task is its second one.
pub(super) fn columns(database: &Database) -> BTreeMap<String, Vec<String>> {
    let sql = if database.is_postgres() {
        "SELECT table_name || '.' || column_name AS text FROM information_schema.columns
         WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
    } else {
        "SELECT tables.name || '.' || columns.name AS text
         FROM sqlite_master tables JOIN pragma_table_info(tables.name) columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
         ORDER BY tables.name, columns.cid"
    };
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in database.texts(sql) {
        let (table, column) = name.split_once('.').expect("a table and a column");
        if !APART.contains(&table) && (table != "tasks" || !TECHNICAL.contains(&column)) {
            columns.entry(table.to_owned()).or_default().push(format!("\"{column}\""));
        }
    }
    assert_eq!(columns["tasks"][1], "\"id\"");
    columns
}
