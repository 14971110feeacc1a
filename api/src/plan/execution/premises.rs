//! What a draft was computed with and may have changed since: the hours, the skills and the minutes of
//! its people, and the time itself.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::range::ServiceMinutes;
use gridward_domain::skill::Skills;
use gridward_domain::time::TimeOfDay;

use super::free_minutes::{Free, Held};
use crate::availability::calendar::{Calendar, Hours};
use crate::clock;
use crate::db::{Conn, DbError};
use crate::person::store::PersonRow;
use crate::plan::drafts::visit_store::VisitRow;
use crate::plan::plan_row::PlanRow;
use crate::plan::request::changes::{PlanChanges, later};
use crate::task::row::TaskRow;

/// The premises of a draft that is being applied.
#[derive(Default)]
pub(in crate::plan) struct Premises {
    /// The minutes by which the order prolongs the hours of a person's day.
    more_time: HashMap<(PersonId, NaiveDate), u16>,
    /// The skills that people need not have.
    skills: HashMap<PersonId, Skills>,
    /// The visits that the order gives to a person by hand, with or without the skills and the minutes.
    pinned: HashSet<TaskId>,
    /// The minutes that people have free without the visits of the plan, and without those that it moves.
    free: Free,
    /// The visits that it moves, as they are held.
    moved: Vec<Held>,
    /// The visits that the plan gives.
    given: Vec<Held>,
}

impl Premises {
    /// The present premises of these visits, which are all that the plan gives, in the order in which it
    /// gives them; `services` are the minutes at the door of the tasks that the draft has, `moving` the tasks that
    /// the plan takes from their people, and `changes` those of its order.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::plan) fn read(
        conn: &mut Conn,
        plan: &PlanRow,
        (visits, changes): (&[&VisitRow], &PlanChanges),
        (services, moving): (&HashMap<TaskId, ServiceMinutes>, &HashSet<TaskId>),
    ) -> Result<Self, DbError> {
        let given =
            visits.iter().filter_map(|visit| Held::given(visit, *services.get(&visit.task)?));
        let given: Vec<Held> = given.collect();
        let (free, moved) = Free::read(conn, plan, (&given, moving, services), changes)?;
        let pinned: HashSet<TaskId> = changes.pins.iter().map(|pin| pin.task_id).collect();
        let (more_time, skills) = (changes.time_by_day(), changes.skills_by_person());
        Ok(Self { more_time, skills, pinned, free, moved, given })
    }

    /// The visits for which the weeks of their people have no minutes left, as they are given in their order,
    /// if the visits of these tasks are not moved. Pinned ones, decided by hand, take theirs in any case.
    pub(in crate::plan) fn overfull(&self, stayed: &HashSet<TaskId>) -> HashSet<TaskId> {
        let (mut free, mut overfull) = (self.free.clone(), HashSet::new());
        for held in self.moved.iter().filter(|held| stayed.contains(&held.task)) {
            free.add(held.week(), -i64::from(held.minutes));
        }
        for given in self.given.iter().filter(|given| !stayed.contains(&given.task)) {
            let Some(free) = free.0.get_mut(&given.week()) else { continue };
            let minutes = i64::from(given.minutes);
            if *free < minutes && !self.pinned.contains(&given.task) {
                overfull.insert(given.task);
            } else {
                *free -= minutes;
            }
        }
        overfull
    }

    /// Whether the person has the skills of the task, or need not have them, and hours for it at its time.
    pub(in crate::plan) fn suits(
        &self,
        (person, calendar): (&PersonRow, &Calendar),
        task: &TaskRow,
        at: Option<(NaiveDate, TimeOfDay)>,
    ) -> bool {
        let has_hours = at.is_none_or(|(day, start)| {
            let hours = calendar.hours_on(person.role, &person.availability, day);
            let more = self.more_time.get(&(person.id, day)).copied().unwrap_or_default();
            let longer = |hours: Hours| Hours { window: later(hours.window, more), ..hours };
            let minutes = task.minutes.get().unsigned_abs();
            hours.map(longer).is_some_and(|hours| hours.fit_at(start, minutes))
        });
        let missing = task.skills.members() - person.skills.members();
        let is_accepted = self.skills.get(&person.id).is_some_and(|more| missing.is_subset(more));
        has_hours && (missing.is_empty() || is_accepted || self.pinned.contains(&task.id))
    }
}

/// Whether the time of the visit has come at `now`: its person would have to leave at once, or
/// earlier.
pub(in crate::plan) fn has_passed(visit: &VisitRow, now: DateTime<Utc>) -> bool {
    let Some((day, start)) = visit.day.zip(visit.start) else { return false };
    let travel = visit.travel.and_then(|minutes| u16::try_from(minutes).ok()).unwrap_or_default();
    let leaves = TimeOfDay::new(start.minutes().saturating_sub(travel)).unwrap_or(start);
    clock::has_passed((day, leaves), now)
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::PlanId;
    use uuid::Uuid;

    use super::*;

    fn visit(n: u128, day: &str) -> VisitRow {
        let district = "500116".parse().expect("an area");
        VisitRow {
            district,
            plan: PlanId(Uuid::nil()),
            task: TaskId(Uuid::from_u128(n)),
            grid: district,
            person: Some(PersonId(Uuid::nil())),
            day: Some(day.parse().expect("a day")),
            start: TimeOfDay::new(600).ok(),
            travel: Some(20),
            reason: String::new(),
            task_version: Some(1),
            minutes: None,
            person_grid: None,
            former_unserved: None,
            former_plan: None,
        }
    }

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

    /// The visits without minutes, of four in two weeks; a fifth is moved from the person.
    fn overfull(free: i64, pinned: &[u128], stayed: &[u128]) -> Vec<u128> {
        let given = [(1, "2026-12-07"), (2, "2026-12-08"), (3, "2026-12-09"), (4, "2026-12-14")];
        let week = |day: &str| (PersonId(Uuid::nil()), day.parse().expect("a day"));
        let tasks = |of: &[u128]| of.iter().map(|n| TaskId(Uuid::from_u128(*n))).collect();
        let premises = Premises {
            pinned: tasks(pinned),
            free: Free([(week("2026-12-07"), free), (week("2026-12-14"), 30)].into()),
            moved: vec![held(5, "2026-12-10")],
            given: given.map(|(n, day)| held(n, day)).into(),
            ..Premises::default()
        };
        let found = premises.overfull(&tasks(stayed)).into_iter();
        let mut found: Vec<u128> = found.map(|task| task.0.as_u128()).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn each_week_gives_its_minutes_in_the_order_of_the_visits_and_to_pinned_ones_in_any_case() {
        assert!(overfull(90, &[], &[]).is_empty());
        assert_eq!(overfull(89, &[], &[]), [3]);
        assert_eq!(overfull(-5, &[], &[]), [1, 2, 3]);
        assert_eq!(overfull(59, &[2], &[]), [3]);
        assert_eq!(overfull(0, &[2], &[]), [1, 3]);
    }

    #[test]
    fn a_visit_that_is_not_moved_takes_the_minutes_of_its_present_person() {
        assert_eq!(overfull(90, &[], &[5]), [3]);
        assert!(overfull(60, &[], &[1]).is_empty(), "the others have them");
    }

    #[test]
    fn a_visit_has_passed_when_its_person_would_have_to_leave_before_now() {
        let at = |time: &str| {
            let now: DateTime<chrono::FixedOffset> =
                format!("2026-12-07T{time}+08:00").parse().expect("a time");
            has_passed(&visit(1, "2026-12-07"), now.to_utc())
        };
        assert!(!at("09:40:00"));
        assert!(at("09:40:01"));
        assert!(at("10:00:00"));
        assert!(has_passed(&visit(1, "2026-12-06"), "2026-12-06T16:00:00Z".parse().expect("now")));
    }
}
