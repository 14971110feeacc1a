//! `openapi.yaml` matches the server: every route is documented, and every documented path served.

mod routes;
mod statuses;

use serde_json::Value;

use crate::support::Database;
use crate::support::server::gridward;

fn printed() -> String {
    let output = gridward(&Database::sqlite(), &["openapi"]).output().expect("it runs");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

/// The contract.
pub(crate) fn document() -> Value {
    serde_yaml_ng::from_str(&printed()).expect("YAML")
}
