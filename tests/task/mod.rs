//! Tasks: their life cycle, their assignment, and the calls of a supervisor about them.

mod assigning;
mod bulk;
mod calls;
mod claims;
mod life_cycle;
mod lists;
mod roles;
mod ties;
mod words;

use serde_json::json;

use crate::support::Caller;

/// Checks that each query of the list is refused by the name of its wrong parameter.
pub async fn refuses_by_name(caller: &Caller, list: &str, queries: &[(&str, &str)]) {
    for (query, name) in queries {
        let refused = caller.get(&format!("{list}?{query}")).await;
        let found = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(found, (400, &json!(name)), "{}", refused.body);
    }
}
