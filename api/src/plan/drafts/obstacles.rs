//! The tasks of a plan that no one can do, by reason and by the least change that would help.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::visit_store::VisitRow;
use crate::db::DbError;

/// The tasks that no one can do for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanObstacle {
    /// The code of the reason, as in the visits of the plan.
    #[schema(max_length = 32, example = "no_minutes")]
    pub reason: String,
    /// The number of tasks.
    #[schema(maximum = 10_000_000, example = 12)]
    pub tasks: u32,
    /// These tasks by the least change that would help.
    #[schema(max_items = 32)]
    pub remedies: Vec<RemedyCount>,
}

/// The tasks that one kind of change would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemedyCount {
    /// The code of the remedy, as in the visits of the plan; absent where no single change is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "more_minutes")]
    pub remedy: Option<String>,
    /// The number of tasks.
    #[schema(maximum = 10_000_000, example = 10)]
    pub tasks: u32,
}

/// The obstacles of these visits, the most frequent first.
///
/// # Errors
/// [`DbError::Corrupt`] if a reason is no JSON.
pub fn obstacles(unserved: &[VisitRow]) -> Result<Vec<PlanObstacle>, DbError> {
    let parse = |visit: &VisitRow| {
        serde_json::from_str(&visit.reason).map_err(|error| DbError::corrupt("plan_visits", error))
    };
    let said: Vec<Value> = unserved.iter().map(parse).collect::<Result<_, _>>()?;
    Ok(count(said.iter().map(|said| (said, &said["remedy"]))))
}

/// The obstacles by these reasons and remedies, the most frequent first.
pub(in crate::plan) fn count<'v>(
    said: impl Iterator<Item = (&'v Value, &'v Value)>,
) -> Vec<PlanObstacle> {
    let mut found: BTreeMap<String, BTreeMap<Option<String>, u32>> = BTreeMap::new();
    for (reason, remedy) in said {
        let reason = code(reason).unwrap_or_else(|| "unknown".to_owned());
        *found.entry(reason).or_default().entry(code(remedy)).or_default() += 1;
    }
    let mut obstacles: Vec<PlanObstacle> = found
        .into_iter()
        .map(|(reason, remedies)| PlanObstacle {
            reason,
            tasks: remedies.values().sum(),
            remedies: remedies
                .into_iter()
                .map(|(remedy, tasks)| RemedyCount { remedy, tasks })
                .collect(),
        })
        .collect();
    obstacles.sort_by_key(|obstacle| std::cmp::Reverse(obstacle.tasks));
    obstacles
}

/// The code of a reason or a remedy.
fn code(said: &Value) -> Option<String> {
    said["code"].as_str().map(ToOwned::to_owned)
}
