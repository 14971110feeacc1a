//! Which open tasks a plan takes, as a pure function.

use std::collections::HashSet;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::Occasion;
use gridward_domain::code::KindCode;
use gridward_domain::id::TaskId;
use gridward_domain::range::Priority;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::second;
use crate::http::problem::Problem;
use crate::task::row::TaskRow;

/// The maximum number of tasks that are named by id.
pub const MOST_IDS: usize = 2_000;
/// The maximum number of kinds and of levels.
const MOST_WORDS: usize = 50;

/// The open tasks that are planned: those that meet every condition. Tasks that are assigned keep
/// their assignee and their time, but for those of the selection that `move_unaccepted` moves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "kinds": ["home_visit"], "due_to": "2026-11-29" }))]
pub struct TaskSelection {
    /// Only tasks of one of these kinds; empty for all kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub kinds: Vec<KindCode>,
    /// Only these tasks; empty for all tasks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2_000)]
    pub ids: Vec<TaskId>,
    /// Only tasks in this area, which is within that of the plan: people of the plan's whole area may
    /// help there. Default: all of the plan's area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// Only tasks at one of these levels of escalation; empty for all levels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub levels: Vec<Level>,
    /// Only tasks of this occasion, such as those of a campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occasion: Option<Occasion>,
    /// Only tasks due on this day or before.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::http::day::stored_if_sent"
    )]
    pub due_to: Option<NaiveDate>,
    /// Only tasks of this priority or a higher one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_priority: Option<Priority>,
}

impl TaskSelection {
    /// Whether every task is selected.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the selection of a plan of `planned`.
    ///
    /// # Errors
    /// 422 that names a list that is too long, an entry that is there twice, or an area outside the plan's.
    pub fn check(&self, planned: &AreaCode) -> Result<(), Problem> {
        if self.area.is_some_and(|area| !planned.contains(&area)) {
            return Err(Problem::invalid("/only/area", "must be within the area of the plan"));
        }
        let lists = [
            ("kinds", self.kinds.len(), MOST_WORDS),
            ("levels", self.levels.len(), MOST_WORDS),
            ("ids", self.ids.len(), MOST_IDS),
        ];
        if let Some((name, _, most)) = lists.into_iter().find(|(_, length, most)| length > most) {
            return Err(Problem::invalid(
                &format!("/only/{name}"),
                format!("at most {most} entries"),
            ));
        }
        let twice = [
            ("kinds", second(self.kinds.iter())),
            ("levels", second(self.levels.iter())),
            ("ids", second(self.ids.iter())),
        ];
        match twice.into_iter().find_map(|(name, at)| Some((name, at?))) {
            Some((name, at)) => {
                Err(Problem::invalid(&format!("/only/{name}/{at}"), "is named twice"))
            }
            None => Ok(()),
        }
    }

    /// Whether the selection includes an open task.
    pub fn matcher(&self) -> impl Fn(&TaskRow) -> bool {
        let ids: HashSet<TaskId> = self.ids.iter().copied().collect();
        move |task| (ids.is_empty() || ids.contains(&task.id)) && self.includes(task)
    }

    /// Whether the selection, apart from its ids, includes the open task.
    fn includes(&self, task: &TaskRow) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&task.kind))
            && (self.levels.is_empty() || self.levels.contains(&task.escalation_level))
            && self.area.is_none_or(|area| area.contains(&task.grid))
            && (self.occasion.is_none() || self.occasion == task.occasion)
            && self.due_to.is_none_or(|day| task.due_on <= day)
            && self.min_priority.is_none_or(|least| task.priority >= least)
    }
}
