//! The minutes that people have free for a draft that is being applied, by week: what they offer, without what
//! they hold besides.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::range::ServiceMinutes;
use gridward_domain::task::Phase;
use gridward_domain::time::Minutes;

use super::known_visits::KnownVisits;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::person;
use crate::plan::drafts::visit_store::VisitRow;
use crate::plan::plan_row::PlanRow;
use crate::plan::problem::missed;
use crate::plan::request::changes::PlanChanges;
use crate::plan::request::span::{Span, monday_of};
use crate::plan::settings;
use crate::task::schedule::work_time::minutes_of;

/// A week of a person, by its Monday.
type PersonWeek = (PersonId, NaiveDate);

/// The minutes that people have free in the weeks of a plan without its visits.
#[derive(Clone, Default)]
pub(super) struct Free(pub(super) HashMap<PersonWeek, i64>);

impl Free {
    /// The free minutes for the visits in `given`, and what people hold of the tasks in `moving`; the draft has
    /// the tasks in `of_draft`.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        plan: &PlanRow,
        (given, moving, of_draft): (&[Held], &HashSet<TaskId>, &HashMap<TaskId, ServiceMinutes>),
        changes: &PlanChanges,
    ) -> Result<(Self, Vec<Held>), DbError> {
        let Ok(span) = Span::new(plan.first_day, plan.last_day) else {
            return Ok(Default::default());
        };
        let people: HashMap<TaskId, PersonId> =
            given.iter().map(|given| (given.task, given.person)).collect();
        let mut free = Self(offered(conn, plan.district, span, &people)?);
        for more in &changes.more_minutes {
            let is_meant = |monday: NaiveDate| more.week.is_none_or(|day| monday_of(day) == monday);
            for monday in span.mondays().filter(|monday| is_meant(*monday)) {
                free.add((more.person_id, monday), more.minutes.into());
            }
        }
        let held = held(conn, (plan, span), of_draft)?.into_iter();
        let (moved, mut others): (Vec<_>, Vec<_>) =
            held.partition(|held| moving.contains(&held.task));
        // A task that its person has claimed since counts as the plan's visit.
        others.retain(|held| people.get(&held.task) != Some(&held.person));
        for held in &others {
            free.add(held.week(), -i64::from(held.minutes));
        }
        free.make_room(given, &others);
        Ok((free, moved))
    }

    /// Adds minutes to the week, if it is one of the plan's people.
    pub(super) fn add(&mut self, week: PersonWeek, minutes: i64) {
        if let Some(free) = self.0.get_mut(&week) {
            *free += minutes;
        }
    }

    /// Adds what the visits of the plan lack by their travel alone: the solver has found room for them beside
    /// the others by the travel of whole days, which can be less than the sum of what each visit adds to its
    /// day. New ones among the others, of which it did not know, take that room.
    fn make_room(&mut self, given: &[Held], others: &[Held]) {
        let mut weeks: HashMap<PersonWeek, (i64, i64)> = HashMap::new();
        for visit in given {
            let (needed, travel) = weeks.entry(visit.week()).or_default();
            *needed += i64::from(visit.minutes);
            *travel += i64::from(visit.travel);
        }
        for held in others {
            match weeks.get_mut(&held.week()) {
                Some((needed, _)) if held.is_new => *needed -= i64::from(held.minutes),
                Some((_, travel)) => *travel += i64::from(held.travel),
                None => {}
            }
        }
        for (week, (needed, travel)) in weeks {
            if let Some(free) = self.0.get_mut(&week) {
                *free += (needed - *free).min(travel).max(0);
            }
        }
    }
}

/// The minutes that the people of these visits offer in each week of the span.
fn offered(
    conn: &mut Conn,
    district: AreaCode,
    span: Span,
    given: &HashMap<TaskId, PersonId>,
) -> Result<HashMap<PersonWeek, i64>, DbError> {
    let (settings, _) = settings::read(conn, district)?;
    let people = given.values().copied().collect();
    let mut offered = HashMap::new();
    for (person, row) in person::store::many(conn, district, &people)? {
        let Minutes(weekly) = settings.weekly_offer(row.role, row.weekly_minutes.into());
        offered.extend(span.mondays().map(|monday| ((person, monday), weekly.into())));
    }
    Ok(offered)
}

/// The time that a task takes of its person in the weeks of a plan.
pub(super) struct Held {
    pub(super) task: TaskId,
    pub(super) person: PersonId,
    pub(super) day: NaiveDate,
    /// The minutes, as workloads count them.
    pub(super) minutes: i32,
    /// Those of them that the solver counts by the travel of the whole day.
    pub(super) travel: i32,
    /// Whether the person may have got it since the draft, so that the solver did not know of it.
    pub(super) is_new: bool,
}

impl Held {
    /// The time that the visit of a plan will take; `None` for one without a person.
    pub(super) fn given(visit: &VisitRow, service: ServiceMinutes) -> Option<Self> {
        let minutes = minutes_of(visit.minutes, service);
        Some(Self {
            task: visit.task,
            person: visit.person?,
            day: visit.day?,
            minutes,
            travel: minutes - service.get(),
            is_new: false,
        })
    }

    /// The week of the day.
    pub(super) fn week(&self) -> PersonWeek {
        (self.person, monday_of(self.day))
    }
}

type Columns = (
    TaskId,
    Option<PersonId>,
    (Option<NaiveDate>, NaiveDate),
    (Option<i32>, ServiceMinutes),
    (NaiveDateTime, Option<PlanId>, Phase),
);

/// The time that people hold in the weeks of the plan besides its visits. As for the solver, visits that the draft
/// planned anew since their day had passed take none, also where they stay with their people.
fn held(
    conn: &mut Conn,
    (plan, span): (&PlanRow, Span),
    of_draft: &HashMap<TaskId, ServiceMinutes>,
) -> Result<Vec<Held>, DbError> {
    let weeks = span.weeks();
    let of_others = || {
        tasks::table
            .filter(tasks::district.eq(plan.district))
            .filter(tasks::assignee.is_not_null())
            .filter(tasks::plan.is_null().or(tasks::plan.ne(plan.id)))
            .select((
                tasks::id,
                tasks::assignee,
                (tasks::planned_on, tasks::due_on),
                (tasks::planned_minutes, tasks::minutes),
                (tasks::updated_at, tasks::plan, tasks::state),
            ))
    };
    let counted = Phase::UNFINISHED_ASSIGNED.into_iter().chain([Phase::Done, Phase::Failed]);
    let planned: Vec<Columns> = of_others()
        .filter(tasks::planned_on.between(weeks.first(), weeks.last()))
        .filter(tasks::state.eq_any(counted))
        .load(conn)?;
    let without_day: Vec<Columns> = of_others()
        .filter(tasks::planned_on.is_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .load(conn)?;
    let read_at = plan.read_at()?;
    let before = missed::before(read_at.and_utc(), plan.origin.is_ordered());
    let rows = planned.into_iter().chain(without_day);
    let rows: Vec<Columns> = rows.filter(|row| !is_planned_anew(row, of_draft, before)).collect();
    let has_changed = |updated_at: NaiveDateTime| updated_at >= read_at;
    let changed = rows.iter().filter(|(.., (updated_at, ..))| has_changed(*updated_at));
    let changed: Vec<(TaskId, Option<PlanId>)> =
        changed.map(|(task, .., (_, given_by, _))| (*task, *given_by)).collect();
    let known = KnownVisits::read(conn, (plan, read_at), &changed)?;
    let held = |(task, person, (day, due), (planned, service), (updated_at, ..)): Columns| {
        let person = person?;
        let minutes = minutes_of(planned, service);
        let without_travel = match day {
            Some(day) if !span.contains(day) => planned.unwrap_or_default(),
            _ => service.get(),
        };
        Some(Held {
            task,
            person,
            day: day.unwrap_or_else(|| due.clamp(span.first(), span.last())),
            minutes,
            travel: minutes - without_travel,
            is_new: has_changed(updated_at) && !known.has(task, person, day),
        })
    };
    Ok(rows.into_iter().filter_map(held).collect())
}

/// Whether the draft has the task as an open one, since its visit was planned for a day before `before`, and the visit
/// has not been accepted or reported since.
fn is_planned_anew(
    (task, _, (day, _), _, (.., state)): &Columns,
    of_draft: &HashMap<TaskId, ServiceMinutes>,
    before: NaiveDate,
) -> bool {
    of_draft.contains_key(task) && missed::has_passed((*state, *day), before)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// A visit of this number, of half an hour at the door.
    fn held(n: u128, day: &str) -> Held {
        Held {
            task: TaskId(Uuid::from_u128(n)),
            person: PersonId(Uuid::nil()),
            day: day.parse().expect("a day"),
            minutes: 30,
            travel: 0,
            is_new: false,
        }
    }

    /// The free minutes beside these visits for two visits of the plan, of 30 minutes and ten of travel each.
    fn with_room(offered: i64, others: &[Held]) -> i64 {
        let of_plan = |n| Held { minutes: 40, travel: 10, ..held(n, "2026-12-08") };
        let week = of_plan(1).week();
        let mut free = Free([(week, offered)].into());
        for other in others {
            free.add(other.week(), -i64::from(other.minutes));
        }
        free.make_room(&[of_plan(1), of_plan(2)], others);
        free.0[&week]
    }

    #[test]
    fn a_visit_that_a_draft_planned_anew_takes_no_minutes_until_it_is_accepted() {
        let day = |day: &str| day.parse::<NaiveDate>().expect("a day");
        let [task, other] = [1, 2].map(|n| TaskId(Uuid::from_u128(n)));
        let half_an_hour = ServiceMinutes::of::<30>();
        let of_draft = HashMap::from([(task, half_an_hour)]);
        let read_on = day("2026-12-08");
        let is_planned_anew = |task, on: Option<&str>, state| {
            let changed = (read_on.and_time(chrono::NaiveTime::MIN), None, state);
            let days = (on.map(day), day("2026-12-31"));
            let row = (task, None, days, (Some(40), half_an_hour), changed);
            super::is_planned_anew(&row, &of_draft, read_on)
        };
        assert!(is_planned_anew(task, Some("2026-12-07"), Phase::Assigned));
        assert!(!is_planned_anew(other, Some("2026-12-07"), Phase::Assigned), "not selected");
        assert!(!is_planned_anew(task, Some("2026-12-08"), Phase::Assigned), "of that day");
        assert!(!is_planned_anew(task, None, Phase::Assigned), "assigned by hand since");
        for state in [Phase::Accepted, Phase::InProgress, Phase::Done, Phase::Failed] {
            assert!(!is_planned_anew(task, Some("2026-12-07"), state), "{state:?}");
        }
    }

    #[test]
    fn what_a_draft_lacks_by_its_travel_alone_is_there_but_for_what_is_new() {
        assert_eq!(with_room(90, &[]), 90, "more than enough");
        assert_eq!(with_room(65, &[]), 80, "a round of both takes five minutes");
        assert_eq!(with_room(50, &[]), 70, "less is offered since");
        let known = || Held { minutes: 50, travel: 20, ..held(3, "2026-12-07") };
        assert_eq!(with_room(100, &[known()]), 80, "the round of all three takes ten");
        let new = || Held { is_new: true, ..held(4, "2026-12-09") };
        assert_eq!(with_room(90, &[new()]), 60, "the visits had their room without it");
        assert_eq!(with_room(65, &[new()]), 50, "80 less 30");
        assert_eq!(with_room(100, &[known(), new()]), 50);
        let next_week = Held { is_new: true, ..held(5, "2026-12-14") };
        assert_eq!(with_room(65, &[next_week]), 80);
    }
}
