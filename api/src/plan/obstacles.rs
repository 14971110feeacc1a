//! The tasks of a plan that no one can do, by reason and by the least change that would help.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::store::VisitRow;

/// The tasks that no one can do for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Obstacle {
    /// The code of the reason, as in the visits of the plan.
    #[schema(max_length = 32, example = "no_minutes")]
    pub reason: String,
    /// The number of tasks.
    #[schema(maximum = 10_000_000, example = 12)]
    pub tasks: u32,
    /// The number of these tasks by the code of the least change that would help; `none` where no
    /// single change is known.
    #[schema(example = json!({ "more_minutes": 10, "none": 2 }))]
    pub remedies: BTreeMap<String, u32>,
}

/// The obstacles of these visits, the most frequent first.
pub fn obstacles(unserved: &[VisitRow]) -> Vec<Obstacle> {
    let mut found: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for visit in unserved {
        let said: Value = serde_json::from_str(&visit.reason).unwrap_or_default();
        let remedy = code(&said["remedy"]).unwrap_or_else(|| "none".to_owned());
        let reason = code(&said).unwrap_or_else(|| "unknown".to_owned());
        *found.entry(reason).or_default().entry(remedy).or_default() += 1;
    }
    let mut obstacles: Vec<Obstacle> = found
        .into_iter()
        .map(|(reason, remedies)| Obstacle { tasks: remedies.values().sum(), reason, remedies })
        .collect();
    obstacles.sort_by_key(|obstacle| std::cmp::Reverse(obstacle.tasks));
    obstacles
}

/// The code of a reason or a remedy.
fn code(said: &Value) -> Option<String> {
    said["code"].as_str().map(ToOwned::to_owned)
}
