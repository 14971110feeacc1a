//! Which tasks a list shows.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::OccasionFilter;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, OriginId, PersonId, TaskId};
use gridward_domain::task::Phase;
use serde::Deserialize;
use utoipa::IntoParams;

use super::sort::{Query, TaskSort};
use crate::clock::{self, nearest_moment, nearest_within_reach};
use crate::db::schema::{regime_members, regimes, tasks};
use crate::http::comma_list::CommaList;
use crate::http::deserialize;
use crate::http::person_or_me::PersonOrMe;
use crate::http::problem::Problem;
use crate::in_range;
use crate::task::creation::task_origin::TaskOriginType;

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
    /// Only tasks that follow from a need that a report found or a person raised, or only others.
    pub follow_up: Option<bool>,
    /// Only tasks for this occasion: those of a campaign have its `occasion_key`.
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

impl Filter {
    /// The tasks of the district that the filter shows.
    pub(in crate::task) fn query(&self, district: AreaCode) -> Query {
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
        let of_case = tasks::origin.eq(TaskOriginType::Case);
        match asked.follow_up {
            Some(true) => {
                query = query.filter(tasks::origin_id.is_not_null());
                query = query.filter(tasks::origin.ne(TaskOriginType::Case));
            }
            Some(false) => query = query.filter(tasks::origin_id.is_null().or(of_case)),
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
