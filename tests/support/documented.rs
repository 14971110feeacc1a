//! The statuses that `openapi.yaml` documents for each operation.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_yaml_ng::{Mapping, Value};

/// The contract.
pub const CONTRACT: &str = include_str!("../../openapi.yaml");

/// A documented path.
struct Documented {
    /// Its segments; a parameter is `None`.
    segments: Vec<Option<String>>,
    /// The statuses of each operation, by its method in lower case.
    statuses: HashMap<String, Vec<u16>>,
}

impl Documented {
    fn new(path: &str, methods: &Mapping) -> Self {
        let segment = |text: &str| (!text.starts_with('{')).then(|| text.to_owned());
        let statuses = |(method, operation): (&Value, &Value)| {
            let statuses = operation.get("responses")?.as_mapping()?.keys();
            let statuses = statuses.filter_map(|status| status.as_str()?.parse().ok()).collect();
            Some((method.as_str()?.to_owned(), statuses))
        };
        Self {
            segments: path.split('/').map(segment).collect(),
            statuses: methods.iter().filter_map(statuses).collect(),
        }
    }

    fn matches(&self, path: &[&str]) -> bool {
        self.segments.len() == path.len()
            && self
                .segments
                .iter()
                .zip(path)
                .all(|(own, sent)| own.as_ref().map_or(!sent.is_empty(), |own| own == sent))
    }
}

static PATHS: LazyLock<Vec<Documented>> = LazyLock::new(|| {
    let contract: Value = serde_yaml_ng::from_str(CONTRACT).expect("openapi.yaml is YAML");
    let paths = contract["paths"].as_mapping().expect("paths");
    let documented = |(path, methods): (&Value, &Value)| {
        Documented::new(path.as_str().expect("a path"), methods.as_mapping().expect("methods"))
    };
    paths.iter().map(documented).collect()
});

/// Checks that the operation of this method at `path` documents `status`. A request that no
/// operation serves is not checked.
pub fn assert_documented(method: &str, path: &str, status: u16) {
    let segments: Vec<&str> = path.split('/').collect();
    // `/v1/people/search` matches `/v1/people/{id}` too: of several paths, the one with fewest parameters serves.
    let served = PATHS
        .iter()
        .filter(|documented| documented.matches(&segments))
        .max_by_key(|documented| documented.segments.iter().flatten().count());
    if let Some(statuses) = served.and_then(|path| path.statuses.get(&method.to_lowercase())) {
        assert!(statuses.contains(&status), "{method} {path}: {status} is not among {statuses:?}");
    }
}
