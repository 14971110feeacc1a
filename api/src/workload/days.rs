//! The minutes of one person by day, as a pure function.

use chrono::NaiveDate;
use gridward_domain::time::Minutes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::task::store::HeldTime;

/// The minutes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayWorkload {
    /// The day.
    pub day: NaiveDate,
    /// Minutes of the hours of this day: the weekly or dated ones, without absences; none while the
    /// person is off duty.
    #[schema(minimum = 0, maximum = 1_440, example = 180)]
    pub offered: u32,
    /// Minutes of the unfinished visits that are planned for this day.
    #[schema(minimum = 0, maximum = 1_000_000, example = 60)]
    pub planned: u32,
    /// Minutes of the unfinished tasks of this day: planned for it, or, unplanned, due on it.
    #[schema(minimum = 0, maximum = 1_000_000, example = 90)]
    pub held: u32,
}

/// The workload of a person, who offers the minutes `offered` of a day, from `first` to `last`.
pub fn by_day<'a>(
    offered: impl Fn(NaiveDate) -> Minutes,
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
            offered: offered(day).0,
            planned: sum(&|task| task.planned_on == Some(day)),
            held: sum(&|task| task.planned_on.unwrap_or(task.due_on) == day),
        }
    };
    first.iter_days().take_while(|day| *day <= last).map(of_day).collect()
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::PersonId;
    use uuid::Uuid;

    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).expect("a day")
    }

    #[test]
    fn each_task_counts_once_on_its_planned_or_else_its_due_day() {
        let task = |planned: Option<u32>, due: u32, minutes: i32| HeldTime {
            assignee: PersonId(Uuid::nil()),
            planned_on: planned.map(day),
            due_on: day(due),
            minutes,
        };
        let held = [task(Some(24), 27, 30), task(None, 24, 45), task(None, 30, 60)];
        let offered = |of: NaiveDate| Minutes(if of == day(24) { 60 } else { 0 });
        let days = by_day(offered, held.iter(), day(23), day(25));
        let minutes: Vec<_> = days.iter().map(|it| (it.offered, it.planned, it.held)).collect();
        assert_eq!(minutes, [(0, 0, 0), (60, 30, 75), (0, 0, 0)]);
        assert_eq!(by_day(offered, held.iter(), day(25), day(24)), []);
    }
}
