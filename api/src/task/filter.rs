//! Which tasks a list shows, and in which order.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::Date;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::OccasionFilter;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, OriginId, PersonId, TaskId};
use gridward_domain::range::Priority;
use gridward_domain::task::Phase;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::{self, nearest_moment, nearest_within_reach, within_reach};
use crate::db::Conn;
use crate::db::schema::{regime_members, regimes, tasks};
use crate::http::comma_list::CommaList;
use crate::http::deserialize;
use crate::http::person_or_me::PersonOrMe;
use crate::http::problem::Problem;
use crate::in_range;

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

/// Filter and order of tasks.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Only tasks in this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only tasks in these states, separated by commas.
    #[param(inline)]
    pub state: Option<CommaList<Phase>>,
    /// Only tasks of this kind of service.
    pub kind: Option<KindCode>,
    /// Only tasks assigned to this person.
    pub assignee_id: Option<PersonId>,
    /// Only the last visits that regimes of this responsible person have prepared: `me` or an id. Those
    /// of the caller include the caller's tasks in other areas.
    #[param(inline)]
    pub responsible: Option<PersonOrMe>,
    /// Only tasks for this beneficiary.
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Only tasks for which one of these levels, separated by commas, is responsible.
    #[param(inline)]
    pub escalation_level: Option<CommaList<Level>>,
    /// Only unfinished tasks whose due day is over, or only others.
    pub overdue: Option<bool>,
    /// Only tasks due before this day.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub due_before: Option<NaiveDate>,
    /// Only tasks planned for this day or later.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub planned_from: Option<NaiveDate>,
    /// Only tasks planned for this day or earlier.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub planned_to: Option<NaiveDate>,
    /// Only tasks changed after this time.
    #[serde(default, deserialize_with = "deserialize::optional_time")]
    pub updated_after: Option<DateTime<FixedOffset>>,
    /// Only tasks created on this day or later.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub created_from: Option<NaiveDate>,
    /// Only tasks created on this day or earlier.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub created_to: Option<NaiveDate>,
    /// Only finished tasks that ended on this day or later.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub ended_from: Option<NaiveDate>,
    /// Only finished tasks that ended on this day or earlier.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub ended_to: Option<NaiveDate>,
    /// Only tasks that follow from this report. This filter, `follow_up` and `occasion` select among the
    /// tasks that show the caller what they are for.
    pub origin: Option<OriginId>,
    /// Only tasks that follow from a need that a report found, or only others.
    pub follow_up: Option<bool>,
    /// Only tasks for this occasion, such as those of a campaign.
    pub occasion: Option<OccasionFilter>,
    /// Only these tasks: up to 100 ids, separated by commas.
    #[param(inline)]
    pub ids: Option<CommaList<TaskId>>,
    /// The order; by the due day unless given.
    #[param(inline)]
    pub sort: Option<TaskSort>,
    /// Whether the answer counts all matching tasks.
    pub count: Option<bool>,
}

impl TaskQuery {
    /// The filter on the day `today`, limited to what the principal may list.
    ///
    /// # Errors
    /// 404 outside the principal's area; 403 for what another person is responsible for.
    pub fn authorize(self, principal: &Principal, today: NaiveDate) -> Result<Filter, Problem> {
        let me = principal.person;
        let own = self.assignee_id == Some(me) && self.area.is_none();
        let responsible = self.responsible.map(|asked| asked.id(principal));
        let is_mine = responsible == Some(me) && self.area.is_none();
        if responsible.is_some_and(|person| person != me) {
            principal.may(Action::DirectTask)?;
        }
        let area = self.area.unwrap_or(principal.area);
        principal.authorize(Action::ReadTasks, &area)?;
        Ok(Filter {
            area: (!own).then_some(area),
            or_of: is_mine.then_some(me),
            open_or_of: (principal.role == Role::Volunteer).then_some(me),
            purpose_of: principal.may(Action::DirectTask).is_err().then_some(me),
            responsible,
            today,
            query: self,
        })
    }
}

/// The filter of a task list, for one reader on one day.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The query.
    pub query: TaskQuery,
    /// Only tasks in this area and its descendants; in the whole district if `None`.
    pub area: Option<AreaCode>,
    /// The tasks of this person too, anywhere in the district.
    pub or_of: Option<PersonId>,
    /// Only the last visits of the regimes of this person.
    pub responsible: Option<PersonId>,
    /// Only open tasks and those of this person: what a volunteer sees.
    pub open_or_of: Option<PersonId>,
    /// Filters by what a task is for select only those of this person and those at a place.
    pub purpose_of: Option<PersonId>,
    /// Today.
    pub today: NaiveDate,
}

/// A query of tasks whose conditions and order are being added.
pub(super) type Query = tasks::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;

impl Filter {
    /// The tasks of the district that the filter shows.
    pub(super) fn query(&self, district: AreaCode) -> Query {
        let mut query = tasks::table.filter(tasks::district.eq(district)).into_boxed();
        // The query of each level matches an index in the order of the list.
        match (self.area, self.or_of) {
            (Some(area), Some(person)) if area.level() != Level::District => {
                let own = tasks::assignee.eq(person).assume_not_null();
                let in_area = in_range!(tasks::grid, area.range());
                query = query.filter(in_area.or(tasks::assignee.is_not_null().and(own)));
            }
            (Some(area), _) if area.level() == Level::Grid => {
                query = query.filter(tasks::grid.eq(area));
            }
            (Some(area), _) if area.level() != Level::District => {
                query = query.filter(in_range!(tasks::grid, area.range()));
            }
            _ => {}
        }
        if let Some(person) = self.open_or_of {
            let own = tasks::assignee.eq(person).assume_not_null();
            query = query
                .filter(tasks::state.eq(Phase::Open).or(tasks::assignee.is_not_null().and(own)));
        }
        if let Some(person) = self.responsible {
            query = query.filter(tasks::id.eq_any(visits_of(district, person)));
        }
        self.in_time(self.about(query))
    }

    /// The conditions on what a task is.
    fn about(&self, mut query: Query) -> Query {
        let asked = self.query.clone();
        if let Some(states) = asked.state.map(BTreeSet::from) {
            query = match single(&states) {
                Some(state) => query.filter(tasks::state.eq(state)),
                None => query.filter(tasks::state.eq_any(states)),
            };
        }
        if let Some(kind) = asked.kind {
            query = query.filter(tasks::kind.eq(kind.as_str().to_owned()));
        }
        if let Some(assignee) = asked.assignee_id {
            query = query.filter(tasks::assignee.eq(assignee));
        }
        if let Some(beneficiary) = asked.beneficiary_id {
            query = query.filter(tasks::beneficiary.eq(beneficiary));
        }
        if let Some(levels) = asked.escalation_level.map(BTreeSet::from) {
            query = query.filter(tasks::escalation_level.eq_any(levels));
        }
        let by_purpose =
            asked.origin.is_some() || asked.occasion.is_some() || asked.follow_up.is_some();
        if let Some(person) = self.purpose_of.filter(|_| by_purpose) {
            let own = tasks::assignee.eq(person).assume_not_null();
            let own = tasks::assignee.is_not_null().and(own);
            query = query.filter(tasks::beneficiary.is_null().or(own));
        }
        if let Some(origin) = asked.origin {
            // SQLite uses the partial index only if the query repeats the index's condition.
            query = query.filter(tasks::origin_id.is_not_null());
            query = query.filter(tasks::origin_id.eq(origin));
        }
        if let Some(occasion) = asked.occasion {
            query = query.filter(tasks::occasion.is_not_null());
            query = query.filter(tasks::occasion.eq(occasion));
        }
        match asked.follow_up {
            Some(true) => query = query.filter(tasks::origin_id.is_not_null()),
            Some(false) => query = query.filter(tasks::origin_id.is_null()),
            None => {}
        }
        if let Some(ids) = asked.ids.map(BTreeSet::from) {
            query = query.filter(tasks::id.eq_any(ids));
        }
        query
    }

    /// The conditions on the days of a task.
    fn in_time(&self, mut query: Query) -> Query {
        let asked = &self.query;
        match asked.overdue {
            Some(true) => {
                query = query.filter(tasks::due_on.lt(self.today));
                query = query.filter(tasks::state.eq_any(Phase::UNFINISHED));
            }
            Some(false) => {
                let finished = tasks::state.ne_all(Phase::UNFINISHED);
                query = query.filter(tasks::due_on.ge(self.today).or(finished));
            }
            None => {}
        }
        if let Some(day) = asked.due_before.map(nearest_within_reach) {
            query = query.filter(tasks::due_on.lt(day));
        }
        if let Some(day) = asked.planned_from.map(nearest_within_reach) {
            query = query.filter(tasks::planned_on.ge(day));
        }
        if let Some(day) = asked.planned_to.map(nearest_within_reach) {
            query = query.filter(tasks::planned_on.le(day));
        }
        if let Some(at) = asked.updated_after.map(nearest_moment) {
            query = query.filter(tasks::updated_at.gt(at.naive_utc()));
        }
        self.by_life(query)
    }

    /// The conditions on the days on which a task began and ended.
    fn by_life(&self, mut query: Query) -> Query {
        let asked = &self.query;
        if let Some(from) = asked.created_from.map(midnight) {
            query = query.filter(tasks::created_at.ge(from));
        }
        if let Some(to) = asked.created_to.map(midnight_after) {
            query = query.filter(tasks::created_at.lt(to));
        }
        if asked.ended_from.is_some() || asked.ended_to.is_some() {
            query = query.filter(tasks::state.ne_all(Phase::UNFINISHED));
        }
        // The last change of a finished task is its end.
        if let Some(from) = asked.ended_from.map(midnight) {
            query = query.filter(tasks::updated_at.ge(from));
        }
        if let Some(to) = asked.ended_to.map(midnight_after) {
            query = query.filter(tasks::updated_at.lt(to));
        }
        query
    }
}

/// The last visits that the regimes of the person have prepared.
#[diesel::dsl::auto_type]
fn visits_of(district: AreaCode, person: PersonId) -> _ {
    let own = regimes::table
        .filter(regimes::district.eq(district))
        .filter(regimes::responsible.eq(person))
        .select(regimes::id);
    regime_members::table
        .filter(regime_members::district.eq(district))
        .filter(regime_members::regime.eq_any(own))
        .filter(regime_members::task.is_not_null())
        .select(regime_members::task.assume_not_null())
}

/// The beginning of the day in the district, or of the nearest valid day.
fn midnight(day: NaiveDate) -> NaiveDateTime {
    clock::midnight(nearest_within_reach(day)).naive_utc()
}

/// The end of the day in the district, or of the nearest valid day.
fn midnight_after(day: NaiveDate) -> NaiveDateTime {
    let day = nearest_within_reach(day);
    clock::midnight(day.succ_opt().unwrap_or(day)).naive_utc()
}

/// The member of a set with one.
fn single<T: Copy + Ord>(set: &BTreeSet<T>) -> Option<T> {
    set.first().copied().filter(|_| set.len() == 1)
}

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

/// The day that stands for no planned visit in the order, after all others.
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
pub(super) fn sorted(query: Query, sort: TaskSort, after: Option<SortKey>) -> Query {
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
