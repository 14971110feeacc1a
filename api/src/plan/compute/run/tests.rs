//! Which tasks a plan has, and the minutes that its people carry besides.

use chrono::Days;
use gridward_domain::range::Priority;
use gridward_domain::task::Phase;

use super::*;
use crate::plan::problem::build::tests::{PERSON, day, held, rows};
use crate::plan::request::changes::PlanChanges;
use crate::plan::request::selection::TaskSelection;
use crate::plan::request::single_changes::PinnedTask;
use crate::plan::settings::PlanningSettings;

/// The number of overdue tasks, whether the plan has the missed visit of half an hour on the Monday, and the minutes that
/// its person carries in that week; another visit of twenty minutes is accepted. `today` is the Tuesday, on which
/// the plan begins, or `later` this many days.
fn selected(later: u64, order: impl FnOnce(PlanOrder, TaskId) -> PlanOrder) -> (u32, bool, u32) {
    let (monday, today) = (day("2026-12-07"), day("2026-12-08"));
    let span = Span::new(today + Days::new(later), today + Days::new(later)).expect("a span");
    let tasks = [(1, 30, Phase::Assigned), (2, 20, Phase::Accepted)];
    let tasks = tasks.map(|(number, minutes, state)| held(number, monday, minutes, state));
    let tasks = Vec::from(tasks);
    let missed = tasks[0].id;
    let weeks = PlanningSettings::default().fairness_weeks;
    let carried = Carried::of(tasks.iter().map(work_columns), span, weeks);
    let mut rows = rows(tasks, carried);
    let order = order(PlanOrder::of("500116".parse().expect("a code"), span), missed);
    let overdue = select(&mut rows, &order, &HashSet::from([missed]), (span, today));
    assert_eq!(rows.tasks.len(), 2, "what people hold takes their time");
    let Minutes(week) = rows.carried.weeks[&(PERSON, monday)];
    assert_eq!(rows.carried.period[&PERSON], Minutes(week), "both are on days of fairness");
    (overdue, rows.tasks[0].state == Phase::Open, week)
}

#[test]
fn the_minutes_of_a_missed_visit_are_free_again_in_the_plan_that_has_it() {
    assert_eq!(selected(0, |order, _| order), (0, true, 20));
    let other = |order: PlanOrder, _: TaskId| {
        let least = Some(Priority::of::<10>());
        let only = TaskSelection { min_priority: least, ..TaskSelection::default() };
        PlanOrder { only, ..order }
    };
    assert_eq!(selected(0, other), (0, false, 50), "the order leaves it out");
}

#[test]
fn an_overdue_missed_visit_is_planned_if_the_order_wants_it_or_a_change_names_it() {
    assert_eq!(selected(1, |order, _| order), (1, false, 50));
    let late = |order: PlanOrder, _: TaskId| PlanOrder { include_late: true, ..order };
    assert_eq!(selected(1, late), (0, true, 20));
    let pinned = |order: PlanOrder, task_id: TaskId| {
        let day = order.first_day;
        let pin = PinnedTask { task_id, person_id: PERSON, day, start: None };
        PlanOrder { changes: PlanChanges { pins: vec![pin], ..PlanChanges::default() }, ..order }
    };
    assert_eq!(selected(1, pinned), (0, true, 20));
}
