//! The minutes that people have committed beside the visits of a plan, as a pure function of tasks.

use std::collections::HashMap;

use chrono::NaiveDate;
use gridward_domain::id::PersonId;
use gridward_domain::task::Phase;
use gridward_domain::time::Minutes;

use crate::plan::request::span::{Span, monday_of};
use crate::task::schedule::work_time::WorkColumns;

/// Committed minutes per person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// In each week of the plan, by its Monday: by finished visits, and by visits planned for other
    /// days.
    pub weeks: HashMap<(PersonId, NaiveDate), Minutes>,
    /// On the days over which work is shared fairly: by finished visits, and by visits that are planned
    /// for days before the plan.
    pub period: HashMap<PersonId, Minutes>,
}

impl Carried {
    /// Adds up the planned minutes of the tasks around `span`, over which and `fairness_weeks` with it work
    /// is shared fairly; those of later weeks do not count.
    pub fn of(
        tasks: impl IntoIterator<Item = WorkColumns>,
        span: Span,
        fairness_weeks: u8,
    ) -> Self {
        let (weeks, period) = (span.weeks(), span.fairness(fairness_weeks));
        let mut carried = Self::default();
        for (assignee, day, minutes, phase) in tasks {
            let (Some(person), Some(day)) = (assignee, day) else { continue };
            let is_over = matches!(phase, Phase::Done | Phase::Failed);
            let minutes = Minutes(u32::try_from(minutes.unwrap_or_default()).unwrap_or_default());
            // The plan itself has the unfinished visits of its days.
            if !is_over && span.contains(day) {
                continue;
            }
            if weeks.contains(day) {
                *carried.weeks.entry((person, monday_of(day))).or_default() += minutes;
            }
            if period.contains(day) {
                *carried.period.entry(person).or_default() += minutes;
            }
        }
        carried
    }

    /// Leaves out these minutes, which are among them.
    pub fn leave_out(&mut self, others: &Self) {
        for (week, &minutes) in &others.weeks {
            self.weeks.entry(*week).and_modify(|all| *all = *all - minutes);
        }
        for (person, &minutes) in &others.period {
            self.period.entry(*person).and_modify(|all| *all = *all - minutes);
        }
    }

    /// Adds minutes that the person has committed on a day of the plan.
    pub fn commit(&mut self, person: PersonId, day: NaiveDate, minutes: Minutes) {
        *self.weeks.entry((person, monday_of(day))).or_default() += minutes;
        *self.period.entry(person).or_default() += minutes;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn finished_visits_count_by_their_week_and_others_only_beside_the_days_of_the_plan() {
        let person = PersonId(Uuid::nil());
        let day = |day: &str| day.parse::<NaiveDate>().expect("a day");
        // A Tuesday and a Wednesday.
        let span = Span::new(day("2026-12-08"), day("2026-12-09")).expect("a span");
        let of = |on: &str, phase| {
            let carried = Carried::of([(Some(person), Some(day(on)), Some(30), phase)], span, 4);
            (carried.weeks.len(), carried.period.len())
        };
        assert_eq!(of("2026-12-08", Phase::Done), (1, 1));
        assert_eq!(of("2026-12-08", Phase::Assigned), (0, 0), "the plan itself has it");
        assert_eq!(of("2026-12-07", Phase::Assigned), (1, 1));
        assert_eq!(of("2026-12-10", Phase::Assigned), (1, 0), "after the period of fairness");
        assert_eq!(of("2026-12-06", Phase::Failed), (0, 1));
        assert_eq!(of("2026-11-12", Phase::Done), (0, 1), "28 days");
        assert_eq!(of("2026-11-11", Phase::Done), (0, 0));
        assert_eq!(of("2026-12-06", Phase::Accepted), (0, 1), "in an earlier week");
        assert_eq!(of("2026-11-11", Phase::Accepted), (0, 0));
        assert_eq!(of("2026-12-14", Phase::Accepted), (0, 0), "in a later week");
    }

    #[test]
    fn each_week_of_the_plan_has_its_own_minutes() {
        let person = PersonId(Uuid::nil());
        let day = |day: &str| day.parse::<NaiveDate>().expect("a day");
        let span = Span::new(day("2026-12-11"), day("2026-12-15")).expect("a span");
        let done = |on: &str, minutes| (Some(person), Some(day(on)), Some(minutes), Phase::Done);
        let done = [done("2026-12-13", 30), done("2026-12-07", 20), done("2026-12-14", 45)];
        let now = Carried::of(done, span, 4).weeks;
        assert_eq!(now[&(person, day("2026-12-07"))], Minutes(50));
        assert_eq!(now[&(person, day("2026-12-14"))], Minutes(45));
    }
}
