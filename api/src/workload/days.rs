//! The minutes of one person by day, as a pure function.

use chrono::{NaiveDate, Weekday};
use gridward_domain::authority::Role;
use gridward_domain::time::Minutes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::availability::Duty;
use crate::availability::calendar::Calendar;
use crate::person::Availability;
use crate::task::schedule::work_time::HeldTime;

/// The minutes of a day. The minutes of a visit are its service and, if a plan gave it, the travel that it adds to
/// its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayWorkload {
    /// The day.
    pub day: NaiveDate,
    /// Minutes that a plan may use on this day: the hours of the day without absences; none for a
    /// person who is off duty.
    #[schema(minimum = 0, maximum = 1_440, example = 180)]
    pub offered: u32,
    /// Minutes of the unfinished visits that are planned for this day.
    #[schema(minimum = 0, maximum = 1_000_000, example = 60)]
    pub planned: u32,
    /// Minutes of the unfinished tasks of this day: planned for it, or, unplanned, due on it.
    #[schema(minimum = 0, maximum = 1_000_000, example = 90)]
    pub held: u32,
}

/// The minutes of a calendar week. The minutes of a visit are its service and, if a plan gave it, the travel that it adds to
/// its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeekWorkload {
    /// The Monday with which the week begins.
    pub monday: NaiveDate,
    /// Minutes that plans may use: those that the person offers for a week, of a manager the part of
    /// the district's `manager_dispatch_percent`, and at most the hours of the week's days without
    /// absences; none for a person who is off duty.
    #[schema(minimum = 0, maximum = 10_080, example = 120)]
    pub offered: u32,
    /// Minutes of the unfinished visits that are planned for this week.
    #[schema(minimum = 0, maximum = 1_000_000, example = 60)]
    pub planned: u32,
    /// Minutes of the unfinished tasks of this week: planned for it, or, unplanned, due in it.
    #[schema(minimum = 0, maximum = 1_000_000, example = 90)]
    pub held: u32,
    /// Minutes of the visits that the person has made in this week.
    #[schema(minimum = 0, maximum = 1_000_000, example = 45)]
    pub carried: u32,
    /// The minutes of this week that are carried and held in percent of those offered for it; absent for a
    /// person who offers none. The shares of plans, explanations and candidates are made of the same
    /// minutes, over the weeks in which work is shared fairly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000_000, example = 75)]
    pub share_percent: Option<u32>,
}

/// What a person offers.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The role.
    pub role: Role,
    /// The minutes that plans may use in a week.
    pub minutes: Minutes,
    /// The weekly hours.
    pub weekly: &'a Availability,
    /// The days with other hours, and the absences.
    pub calendar: &'a Calendar,
    /// Whether the person takes new tasks at present.
    pub duty: Duty,
}

impl Offer<'_> {
    fn on(&self, day: NaiveDate) -> u32 {
        match self.duty {
            Duty::On => {
                let hours = self.calendar.hours_on(self.role, self.weekly, day);
                hours.map_or(0, |hours| hours.minutes())
            }
            Duty::Off => 0,
        }
    }
}

/// The workload of a person on the days from `first` to `last`.
pub fn by_day<'a>(
    offer: Offer<'_>,
    held: impl Iterator<Item = &'a HeldTime> + Clone,
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<DayWorkload> {
    let of_day = |day: NaiveDate| {
        let sum = |is_of: &dyn Fn(&HeldTime) -> bool| {
            let minutes = held.clone().filter(|task| is_of(task)).map(|task| task.minutes);
            minutes.map(i32::unsigned_abs).sum()
        };
        DayWorkload {
            day,
            offered: offer.on(day),
            planned: sum(&|task| task.planned_on == Some(day)),
            held: sum(&|task| task.planned_on.unwrap_or(task.due_on) == day),
        }
    };
    first.iter_days().take_while(|day| *day <= last).map(of_day).collect()
}

/// Minutes that a person has carried, with their day.
pub type CarriedTime = (NaiveDate, u32);

/// The workload of a person in the weeks of the days from `first` to `last`: whole weeks, also if they
/// begin before or end after these days.
pub fn by_week<'a>(
    offer: Offer<'_>,
    (held, carried): (impl Iterator<Item = &'a HeldTime> + Clone, &[CarriedTime]),
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<WeekWorkload> {
    let of_week = |monday: NaiveDate| {
        let week = monday.week(Weekday::Mon).days();
        let sum = |day: &dyn Fn(&HeldTime) -> Option<NaiveDate>| -> u32 {
            let is_of = |task: &&HeldTime| day(task).is_some_and(|day| week.contains(&day));
            held.clone().filter(is_of).map(|task| task.minutes.unsigned_abs()).sum()
        };
        let all = sum(&|task| task.planned_on.or(Some(task.due_on)));
        let hours = week.start().iter_days().take(7).map(|day| offer.on(day)).sum();
        let offered = offer.minutes.0.min(hours);
        let carried = carried.iter().filter(|(day, _)| week.contains(day));
        let carried: u32 = carried.map(|(_, minutes)| minutes).sum();
        WeekWorkload {
            monday,
            offered,
            planned: sum(&|task| task.planned_on),
            held: all,
            carried,
            share_percent: (carried + all).saturating_mul(100).checked_div(offered),
        }
    };
    let monday = first.week(Weekday::Mon).first_day();
    monday.iter_weeks().take_while(|monday| *monday <= last).map(of_week).collect()
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::PersonId;
    use uuid::Uuid;

    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).expect("a day")
    }

    /// A task that is planned for one day of the month, if at all, and due on another.
    fn task(planned: Option<u32>, due: u32, minutes: i32) -> HeldTime {
        HeldTime {
            assignee: PersonId(Uuid::nil()),
            planned_on: planned.map(day),
            due_on: day(due),
            minutes,
        }
    }

    const WEEKLY: Minutes = Minutes(120);

    #[test]
    fn each_task_counts_once_on_its_planned_or_else_its_due_day() {
        let held = [task(Some(24), 27, 30), task(None, 24, 45), task(None, 30, 60)];
        // The 23rd is a Monday.
        let weekly = "tue 0900-1000".parse().expect("an availability");
        let calendar = Calendar::default();
        let role = Role::Volunteer;
        let (minutes, duty) = (WEEKLY, Duty::On);
        let offer = Offer { role, minutes, weekly: &weekly, calendar: &calendar, duty };
        let days = by_day(offer, held.iter(), day(23), day(25));
        let minutes: Vec<_> = days.iter().map(|it| (it.offered, it.planned, it.held)).collect();
        assert_eq!(minutes, [(0, 0, 0), (60, 30, 75), (0, 0, 0)]);
        assert_eq!(by_day(offer, held.iter(), day(25), day(24)), []);
        let off = Offer { duty: Duty::Off, ..offer };
        assert_eq!(by_day(off, held.iter(), day(24), day(24))[0].offered, 0);
        let other = Calendar { exceptions: [(day(24), None)].into(), ..Calendar::default() };
        let away = Offer { calendar: &other, ..offer };
        assert_eq!(by_day(away, held.iter(), day(24), day(24))[0].offered, 0);
    }

    #[test]
    fn a_week_has_all_of_its_work_and_what_is_carried_and_held_as_a_share_of_the_offer() {
        let held = [task(Some(23), 30, 30), task(None, 29, 60), task(None, 30, 60)];
        let carried = [(day(22), 10), (day(23), 40), (day(29), 5), (day(30), 20)];
        let weekly = "mon 0900-1000;tue 0900-1200".parse().expect("an availability");
        // Away on a Tuesday: an hour is left of what the person offers.
        let calendar = Calendar { exceptions: [(day(24), None)].into(), ..Calendar::default() };
        let (role, minutes, duty) = (Role::Volunteer, WEEKLY, Duty::On);
        let offer = Offer { role, minutes, weekly: &weekly, calendar: &calendar, duty };
        // From a Wednesday to the next Monday.
        let weeks = by_week(offer, (held.iter(), &carried[..]), day(25), day(30));
        let figures = |week: &WeekWorkload| {
            let WeekWorkload { offered, planned, held, carried, share_percent, .. } = *week;
            (week.monday, [offered, planned, held, carried], share_percent)
        };
        let expected =
            [(day(23), [60, 30, 90, 45], Some(225)), (day(30), [120, 0, 60, 20], Some(66))];
        assert_eq!(weeks.iter().map(figures).collect::<Vec<_>>(), expected);
        let off = Offer { duty: Duty::Off, ..offer };
        let week = by_week(off, (held.iter(), &carried[..]), day(25), day(25));
        assert_eq!(
            week.iter().map(figures).collect::<Vec<_>>(),
            [(day(23), [0, 30, 90, 45], None)]
        );
    }
}
