//! The minutes that people carry beside the visits of a plan.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use gridward_domain::place::Place;
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use uuid::Uuid;

use super::*;
use crate::task::row::Draft;

pub(in crate::plan) const PERSON: PersonId = PersonId(Uuid::nil());

pub(in crate::plan) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// A visit of these minutes that the person holds on this day.
pub(in crate::plan) fn held(number: u8, on: NaiveDate, minutes: i32, state: Phase) -> TaskRow {
    let draft = Draft {
        id: TaskId(Uuid::from_u128(number.into())),
        grid: "500116001002001".parse().expect("a code"),
        beneficiary: None,
        place: Place::new(29.0, 106.0).expect("a place"),
        not_before: on,
        due_on: on,
        window: None,
        by: None,
        origin: None,
    };
    TaskRow {
        state,
        assignee: Some(PERSON),
        planned_on: Some(on),
        planned_minutes: Some(minutes),
        ..TaskRow::open(&draft, &crate::catalogue::defaults::kinds()[0], Utc::now())
    }
}

pub(in crate::plan) fn rows(tasks: Vec<TaskRow>, carried: Carried) -> Rows {
    Rows {
        people: Vec::new(),
        calendars: Calendars::default(),
        tasks,
        tied: Vec::new(),
        carried,
        settings: PlanningSettings::default(),
        last_visitors: HashMap::new(),
        calls: HashSet::new(),
        visitor_choices: VisitorChoices::new(),
        seconded: Seconded::default(),
        busy: HashSet::new(),
        reported: Vec::new(),
        refusals: HashMap::new(),
        movable: HashMap::new(),
    }
}

#[test]
fn a_visit_of_another_day_that_is_under_way_counts_in_the_plan_alone() {
    // A Monday, at eight o'clock.
    let now: DateTime<FixedOffset> = "2026-12-07T08:00:00+08:00".parse().expect("a time");
    let earliest = Earliest::after(now.to_utc(), TimeDelta::minutes(30));
    let span = Span::new(earliest.day(), earliest.day()).expect("a span");
    let carried_with = |other: &str, started_on: &str| {
        let other = held(1, day(other), 20, Phase::Accepted);
        let started = held(2, day(started_on), 30, Phase::InProgress);
        let first = First::Visit(started.id, TimeOfDay::new(480).expect("a time"));
        let under_way = HashMap::from([(PERSON, RestOfDay { shift: None, first: Some(first) })]);
        let tasks = vec![other, started];
        let weeks = PlanningSettings::default().fairness_weeks;
        let carried = Carried::of(tasks.iter().map(work_columns), span, weeks);
        let (visits, carried) =
            visits(&rows(tasks, carried), (span, earliest), &under_way).expect("visits");
        let planned: Vec<_> = visits.iter().filter_map(|visit| Some(visit.pinned?.day)).collect();
        assert_eq!(planned, [earliest.day()]);
        let week = carried.weeks.get(&(PERSON, earliest.day())).copied();
        let minutes = |of: Option<Minutes>| of.unwrap_or_default().0;
        (minutes(week), minutes(carried.period.get(&PERSON).copied()))
    };
    assert_eq!(carried_with("2026-12-03", "2026-12-04"), (0, 20), "planned for the Friday before");
    assert_eq!(carried_with("2026-12-10", "2026-12-11"), (20, 0), "planned for the Friday after");
    assert_eq!(carried_with("2026-12-03", "2026-12-07"), (0, 20), "planned for this day");
}
