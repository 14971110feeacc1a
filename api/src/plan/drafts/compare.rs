//! What differs between two plans, as a pure function.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::TaskTitle;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::time::TimeOfDay;
use serde::Serialize;
use utoipa::ToSchema;

use super::visit_store::VisitRow;
use crate::plan::model::Plan;

/// Two plans side by side.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanComparison {
    /// The first plan.
    pub plan: Plan,
    /// The other plan.
    pub other: Plan,
    /// The tasks that both plans have with the same person, day and start, or without a visit.
    #[schema(maximum = 10_000_000, example = 370)]
    pub same: u32,
    /// The tasks that differ, ordered by task.
    #[schema(max_items = 1_000_000)]
    pub different: Vec<DifferentVisit>,
}

/// A task that two plans treat differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DifferentVisit {
    /// The task.
    pub task_id: TaskId,
    /// The task's grid.
    pub grid: AreaCode,
    /// The name of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "南门社区第一网格")]
    pub grid_name: Option<String>,
    /// The code of the kind of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "home_visit")]
    pub kind: Option<String>,
    /// The title, without personal data; for a beneficiary only for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<TaskTitle>,
    /// The beneficiary; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The masked name of the beneficiary; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王*明")]
    pub beneficiary_name: Option<String>,
    /// The visit of the first plan; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<ComparedVisit>,
    /// The visit of the other plan; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<ComparedVisit>,
}

/// Who visits, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedVisit {
    /// The person.
    pub person_id: PersonId,
    /// The person's name; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub person_name: Option<String>,
    /// The day.
    pub day: NaiveDate,
    /// The start, in minutes from midnight.
    pub start: TimeOfDay,
}

/// The tasks that the visits of two plans treat differently, and the number of the others.
pub fn compare(visits: &[VisitRow], others: &[VisitRow]) -> (u32, Vec<DifferentVisit>) {
    let mut tasks: BTreeMap<TaskId, (AreaCode, [Option<ComparedVisit>; 2])> = BTreeMap::new();
    for (place, visits) in [visits, others].into_iter().enumerate() {
        for visit in visits {
            let (_, pair) = tasks.entry(visit.task).or_insert((visit.grid, [None, None]));
            pair[place] = compared(visit);
        }
    }
    let all = tasks.len();
    let different: Vec<DifferentVisit> = tasks
        .into_iter()
        .filter(|(_, (_, [visit, other]))| visit != other)
        .map(|(task_id, (grid, [visit, other]))| DifferentVisit {
            task_id,
            grid,
            grid_name: None,
            kind: None,
            title: None,
            beneficiary_id: None,
            beneficiary_name: None,
            visit,
            other,
        })
        .collect();
    (u32::try_from(all - different.len()).unwrap_or(u32::MAX), different)
}

fn compared(visit: &VisitRow) -> Option<ComparedVisit> {
    let (person_id, day, start) = (visit.person?, visit.day?, visit.start?);
    Some(ComparedVisit { person_id, person_name: None, day, start })
}
