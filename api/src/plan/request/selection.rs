//! Which open tasks a plan takes, as a pure function.

use std::collections::HashSet;
use std::hash::Hash;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::Occasion;
use gridward_domain::code::KindCode;
use gridward_domain::id::TaskId;
use gridward_domain::range::Priority;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::repeated;
use crate::http::problem::FieldError;
use crate::task::row::TaskRow;

/// The maximum number of tasks that are named by id.
pub const MOST_IDS: usize = 2_000;
/// The maximum number of kinds and of levels.
pub const MOST_WORDS: usize = 50;

/// The open tasks that are planned: those that meet every condition. Tasks that are assigned keep
/// their assignee and their time, but for those of the selection that `move_unaccepted` moves and those that
/// a plan gave for a day that has passed and that were never accepted, which are planned as open ones.
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

    /// The area of which every task is selected in a plan of `planned`: this, or the area of the selection if that is
    /// its only condition.
    pub fn whole_area(&self, planned: AreaCode) -> Option<AreaCode> {
        let is_by_area_alone = Self { area: None, ..self.clone() }.is_all();
        is_by_area_alone.then(|| self.area.unwrap_or(planned))
    }

    /// The errors of the selection of a plan of `planned`: an area outside the plan's, lists that are too long, and
    /// entries that are there twice.
    pub fn faults(&self, planned: &AreaCode) -> Vec<FieldError> {
        let is_outside = self.area.is_some_and(|area| !planned.contains(&area));
        let outside = is_outside
            .then(|| FieldError::new("/only/area", "must be within the area of the plan"));
        let lists = [
            faults_of("kinds", &self.kinds, MOST_WORDS),
            faults_of("levels", &self.levels, MOST_WORDS),
            faults_of("ids", &self.ids, MOST_IDS),
        ];
        outside.into_iter().chain(lists.into_iter().flatten()).collect()
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

/// The errors of a list of at most `most` different entries.
fn faults_of<T: Eq + Hash>(name: &str, list: &[T], most: usize) -> Vec<FieldError> {
    if list.len() > most {
        return vec![FieldError::new(format!("/only/{name}"), format!("at most {most} entries"))];
    }
    let twice = |at| FieldError::new(format!("/only/{name}/{at}"), "is named twice");
    repeated(list.iter()).map(twice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_of_an_area_alone_has_all_tasks_of_it() {
        let [village, grid]: [AreaCode; 2] =
            ["500116001002", "500116001002001"].map(|code| code.parse().expect("an area"));
        let all = TaskSelection::default();
        let of_grid = TaskSelection { area: Some(grid), ..TaskSelection::default() };
        let urgent = TaskSelection { min_priority: Some(Priority::of::<8>()), ..of_grid.clone() };
        let whole = [all, of_grid, urgent].map(|only| only.whole_area(village));
        assert_eq!(whole, [Some(village), Some(grid), None]);
    }
}
