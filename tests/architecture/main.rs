//! The imports of the server: a folder of `api/src` imports only from layers below its
//! own, there is no cycle between folders, and inside a folder the largest cycle of
//! files is [`LARGEST_CIRCLE`]. A table is used by its owner and the listed folders only.
//!
//! Every `use` and every path in the code counts, except in unit tests.

#![expect(clippy::expect_used, reason = "a test that cannot go on should stop and say where")]

mod graph;
mod paths;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use graph::Graph;

/// The layers, from the lowest; the folders of one layer are independent, except the
/// slices, which may import one another without cycles.
const FLOORS: &[&[&str]] = &[
    &["clock"],
    &["db"],
    &["crypto"],
    &["log"],
    &["tx"],
    &["http"],
    &["limits"],
    &["auth"],
    &["idempotency"],
    SLICES,
    &["load"],
    &["demo", "import", "jobs"],
    &["server"],
    &["cli"],
];

const SLICES: &[&str] = &[
    "absence",
    "area",
    "attachment",
    "audience",
    "availability",
    "beneficiary",
    "campaign",
    "case",
    "casework",
    "catalogue",
    "correction",
    "decision",
    "event",
    "explanation",
    "export",
    "feedback",
    "goods",
    "handover",
    "history",
    "holiday",
    "memorial",
    "notice",
    "measures",
    "ops",
    "person",
    "plan",
    "proposal",
    "redistricting",
    "regime",
    "report",
    "secondment",
    "service",
    "station",
    "summary",
    "sync",
    "task",
    "vocabulary",
    "web",
    "weekly",
    "workday",
    "workload",
];

/// The maximum number of files in an import cycle.
const LARGEST_CIRCLE: usize = 3;

fn floor(folder: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&folder))
}

/// The fault of an import between two folders.
fn fault(from: &str, to: &str) -> Option<String> {
    let (Some(above), Some(below)) = (floor(from), floor(to)) else {
        return Some(format!("{from} -> {to}: a folder that stands on no floor"));
    };
    let slices = SLICES.contains(&from) && SLICES.contains(&to);
    match above.cmp(&below) {
        std::cmp::Ordering::Less => Some(format!("{from} -> {to}: the arrow points up")),
        std::cmp::Ordering::Equal if !slices => {
            Some(format!("{from} -> {to}: folders of one floor are independent"))
        }
        _ => None,
    }
}

/// The imports between folders, with the importing files.
fn folder_arrows(sources: &Sources) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut arrows: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for file in &sources.files {
        for path in &file.paths {
            let (from, to) = (file.folder().to_owned(), path[0].clone());
            if from != to && sources.folders.contains(&to) {
                arrows.entry((from, to)).or_default().insert(file.name.clone());
            }
        }
    }
    arrows
}

/// Every fault of the imports between folders.
fn faults(arrows: &BTreeMap<(String, String), BTreeSet<String>>) -> Vec<String> {
    let wrong = arrows.iter().filter_map(|((from, to), files)| {
        let fault = fault(from, to)?;
        Some(format!("{fault} ({})", files.iter().cloned().collect::<Vec<_>>().join(", ")))
    });
    let mut faults: Vec<String> = wrong.collect();
    let graph = Graph::of(arrows.keys().cloned());
    let circles = graph.circles().into_iter().filter(|circle| circle.len() > 1);
    faults.extend(circles.map(|circle| format!("a circle of folders: {}", circle.join(", "))));
    faults
}

/// The sources of the server.
struct Sources {
    folders: BTreeSet<String>,
    files: Vec<Source>,
}

/// A file: its module path and the paths that it names, relative to the crate root.
struct Source {
    /// As `task/row.rs`.
    name: String,
    module: Vec<String>,
    paths: Vec<Vec<String>>,
    exports: BTreeMap<String, String>,
    /// The names that it uses from a module `schema`.
    schema_names: BTreeSet<String>,
}

impl Source {
    fn folder(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }
}

impl Sources {
    fn read(root: &Path) -> Self {
        let mut names = Vec::new();
        list(root, &mut names);
        names.sort();
        let files = names.iter().filter_map(|path| {
            let name = path.strip_prefix(root).expect("a file below the root");
            let module = module_of(name);
            // The crate root only declares the folders, and unit tests may import anything.
            if module.is_empty() || module.iter().any(|part| part == "tests") {
                return None;
            }
            let text = std::fs::read_to_string(path).expect("a source file");
            let code = paths::code(&text);
            Some(Source {
                name: name.display().to_string(),
                paths: paths::named(&code, &module),
                exports: paths::exports(&code),
                schema_names: paths::schema_names(&code),
                module,
            })
        });
        let files: Vec<Source> = files.collect();
        let folders = files.iter().map(|file| file.folder().to_owned()).collect();
        Self { folders, files }
    }

    /// The imports among the files of a folder: an item that a `mod.rs` only re-exports
    /// counts as an item of its own file.
    fn inside(&self, folder: &str) -> Graph {
        let of_folder: Vec<&Source> =
            self.files.iter().filter(|file| file.folder() == folder).collect();
        let known: BTreeMap<&[String], &Source> =
            of_folder.iter().map(|file| (file.module.as_slice(), *file)).collect();
        let mut arrows = Vec::new();
        for file in &of_folder {
            for path in file.paths.iter().filter(|path| path[0] == folder) {
                let Some(target) = resolve(&known, path) else { continue };
                if target.name != file.name {
                    arrows.push((file.name.clone(), target.name.clone()));
                }
            }
        }
        Graph::of(arrows)
    }
}

/// The file that a path refers to: the longest module that it begins with, or the one
/// from which that module re-exports the item.
fn resolve<'a>(known: &BTreeMap<&[String], &'a Source>, path: &[String]) -> Option<&'a Source> {
    let (depth, found) = (1..=path.len())
        .rev()
        .find_map(|depth| known.get(&path[..depth]).map(|file| (depth, *file)))?;
    let handed_on = path.get(depth).and_then(|item| found.exports.get(item));
    let source = handed_on.and_then(|child| {
        let mut module = found.module.clone();
        module.push(child.clone());
        known.get(module.as_slice()).copied()
    });
    Some(source.unwrap_or(found))
}

fn list(folder: &Path, to: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            list(&path, to);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            to.push(path);
        }
    }
}

/// `task/row.rs` as `task`, `row`; `task/mod.rs` as `task`; `lib.rs` as nothing.
fn module_of(name: &Path) -> Vec<String> {
    let parts = name.with_extension("");
    let parts = parts.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| !matches!(part.as_str(), "mod" | "lib" | "main")).collect()
}

fn server() -> Sources {
    Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn every_folder_imports_only_from_floors_below_and_no_circle_runs_between_folders() {
    let sources = server();
    let arrows = folder_arrows(&sources);
    println!("{} folders, {} arrows between them", sources.folders.len(), arrows.len());
    assert!(arrows.len() > 50, "the arrows are there to be read");
    let faults = faults(&arrows);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_ring_of_files_inside_a_folder_is_larger_than_three() {
    let sources = server();
    let mut too_large = Vec::new();
    let mut largest = Vec::new();
    for folder in &sources.folders {
        for circle in sources.inside(folder).circles() {
            if circle.len() > LARGEST_CIRCLE {
                too_large.push(circle.join(", "));
            }
            if circle.len() > largest.len() {
                largest = circle;
            }
        }
    }
    println!("the largest circle: {} files: {}", largest.len(), largest.join(", "));
    assert!(too_large.is_empty(), "circles of files:\n{}", too_large.join("\n"));
}

#[test]
fn an_arrow_that_points_up_and_a_circle_of_slices_are_found() {
    let arrow = |from: &str, to: &str| {
        ((from.to_owned(), to.to_owned()), BTreeSet::from([format!("{from}/mod.rs")]))
    };
    let wrong = BTreeMap::from([
        arrow("db", "task"),
        arrow("jobs", "import"),
        arrow("task", "plan"),
        arrow("plan", "task"),
        arrow("task", "db"),
    ]);
    assert_eq!(
        faults(&wrong),
        [
            "db -> task: the arrow points up (db/mod.rs)",
            "jobs -> import: folders of one floor are independent (jobs/mod.rs)",
            "a circle of folders: db, plan, task",
        ]
    );
}

/// The contract knows a type by its name, so that of two types of one name it would have one.
#[test]
fn no_two_types_of_the_contract_have_the_same_name() {
    let mut files = Vec::new();
    for folder in ["../api/src", "../dispatch/src", "../domain/src"] {
        list(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    let mut names: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source");
        let lines: Vec<&str> = text.lines().collect();
        let derives = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains("derive(") && line.contains("ToSchema"));
        for (at, _) in derives {
            let rest = &lines[at..lines.len().min(at + 20)];
            let declared = |line: &str| {
                let line = line.trim_start_matches("pub ").trim_start_matches("pub(super) ");
                let name = line.strip_prefix("struct ").or_else(|| line.strip_prefix("enum "));
                name.map(str::to_owned)
            };
            // A macro declares types of other names.
            let Some(last) = rest.iter().position(|line| declared(line).is_some()) else {
                continue;
            };
            let renamed = rest[..last]
                .iter()
                .find_map(|line| line.trim().strip_prefix("#[schema(as = ").map(str::to_owned));
            let Some(name) = renamed.or_else(|| declared(rest[last])) else { continue };
            let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
            names.entry(name[..end].to_owned()).or_default().push(file.clone());
        }
    }
    assert!(names.len() > 100, "only {} types were found", names.len());
    names.retain(|_, files| files.len() > 1);
    assert_eq!(names, BTreeMap::new());
}
