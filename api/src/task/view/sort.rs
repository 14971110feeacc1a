//! The orders of a list of tasks.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::Date;
use gridward_domain::id::TaskId;
use gridward_domain::range::Priority;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::within_reach;
use crate::db::Conn;
use crate::db::schema::tasks;
use crate::http::problem::Problem;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<TaskSort>)]
pub enum TaskSort {
    /// By the due day.
    #[default]
    DueOn,
    /// By the day of the planned visit; those without one last.
    PlannedOn,
    /// By priority, the most urgent first, then by the due day.
    Priority,
    /// By the last change, the latest first.
    UpdatedAt,
}

/// A query of tasks whose conditions and order are being added.
pub(in crate::task) type Query = tasks::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;

/// The position of a task in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// By the due day.
    DueOn(NaiveDate, TaskId),
    /// By the planned day; [`UNPLANNED`] without one.
    PlannedOn(NaiveDate, TaskId),
    /// By priority, then by the due day.
    Priority(Priority, NaiveDate, TaskId),
    /// By the last change.
    UpdatedAt(NaiveDateTime, TaskId),
}

/// The day by which a task without a planned visit is sorted, after all others.
const UNPLANNED: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// The columns of the orders.
#[derive(Clone, Copy, Debug)]
pub struct SortColumns {
    /// Column `id`.
    pub id: TaskId,
    /// Column `due_on`.
    pub due_on: NaiveDate,
    /// Column `planned_on`.
    pub planned_on: Option<NaiveDate>,
    /// Column `priority`.
    pub priority: Priority,
    /// Column `updated_at`.
    pub updated_at: NaiveDateTime,
}

impl SortKey {
    /// The position of a task.
    pub fn of(sort: TaskSort, one: &SortColumns) -> Self {
        match sort {
            TaskSort::DueOn => Self::DueOn(one.due_on, one.id),
            TaskSort::PlannedOn => Self::PlannedOn(one.planned_on.unwrap_or(UNPLANNED), one.id),
            TaskSort::Priority => Self::Priority(one.priority, one.due_on, one.id),
            TaskSort::UpdatedAt => Self::UpdatedAt(one.updated_at, one.id),
        }
    }

    /// Checks that the position, which a cursor named, is one of the order.
    ///
    /// # Errors
    /// 400.
    pub fn check(self, sort: TaskSort) -> Result<Self, Problem> {
        let fits = match (self, sort) {
            (Self::DueOn(day, _), TaskSort::DueOn)
            | (Self::Priority(_, day, _), TaskSort::Priority) => within_reach(&day).is_ok(),
            (Self::PlannedOn(day, _), TaskSort::PlannedOn) => {
                day == UNPLANNED || within_reach(&day).is_ok()
            }
            (Self::UpdatedAt(at, _), TaskSort::UpdatedAt) => within_reach(&at).is_ok(),
            _ => false,
        };
        let error =
            || Problem::unreadable("cursor", "must be a `next_cursor` of this list and order");
        if fits { Ok(self) } else { Err(error()) }
    }
}

/// The query, in the order and after the position.
pub(in crate::task) fn sorted(query: Query, sort: TaskSort, after: Option<SortKey>) -> Query {
    let planned = || diesel::dsl::sql::<Date>("COALESCE(planned_on, '9999-12-31')");
    let query = match after {
        // One condition on the first column alone bounds the range of the index.
        Some(SortKey::DueOn(day, id)) => {
            let same = tasks::due_on.eq(day).and(tasks::id.gt(id));
            query.filter(tasks::due_on.ge(day)).filter(tasks::due_on.gt(day).or(same))
        }
        Some(SortKey::PlannedOn(day, id)) => {
            let same = planned().eq(day).and(tasks::id.gt(id));
            query.filter(planned().gt(day).or(same))
        }
        Some(SortKey::Priority(priority, day, id)) => {
            let same = tasks::due_on.eq(day).and(tasks::id.gt(id));
            let later = tasks::due_on.gt(day).or(same);
            let beside = tasks::priority.eq(priority).and(later);
            query.filter(tasks::priority.lt(priority).or(beside))
        }
        Some(SortKey::UpdatedAt(at, id)) => {
            let same = tasks::updated_at.eq(at).and(tasks::id.gt(id));
            query.filter(tasks::updated_at.lt(at).or(same))
        }
        None => query,
    };
    match sort {
        TaskSort::DueOn => query.order((tasks::due_on, tasks::id)),
        TaskSort::PlannedOn => query.order((planned(), tasks::id)),
        TaskSort::Priority => query.order((tasks::priority.desc(), tasks::due_on, tasks::id)),
        TaskSort::UpdatedAt => query.order((tasks::updated_at.desc(), tasks::id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: TaskId = TaskId(uuid::Uuid::nil());

    #[test]
    fn a_cursor_belongs_to_its_order_and_has_a_possible_day() {
        let day: NaiveDate = "2026-08-01".parse().expect("a day");
        assert!(SortKey::DueOn(day, ID).check(TaskSort::DueOn).is_ok());
        assert!(SortKey::DueOn(day, ID).check(TaskSort::Priority).is_err());
        assert!(SortKey::DueOn(UNPLANNED, ID).check(TaskSort::DueOn).is_err());
        assert!(SortKey::PlannedOn(UNPLANNED, ID).check(TaskSort::PlannedOn).is_ok());
        let forged = SortKey::UpdatedAt(NaiveDateTime::MAX, ID);
        assert!(forged.check(TaskSort::UpdatedAt).is_err());
    }
}
