//! People who are held up by a visit.

use gridward_dispatch::solve::Visit;
use gridward_domain::channel::Channel;
use gridward_domain::place::Place;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay};
use uuid::Uuid;

use super::*;
use crate::clock;
use crate::task::row::Draft;

const GRID: &str = "500116001002001";

fn place() -> Place {
    Place::new(29.0, 106.0).expect("a place")
}

/// An open task.
fn task(n: u128, now: DateTime<Utc>) -> TaskRow {
    let draft = Draft {
        id: TaskId(Uuid::from_u128(n)),
        grid: GRID.parse().expect("a code"),
        beneficiary: None,
        place: place(),
        not_before: clock::day(now),
        due_on: clock::day(now),
        window: None,
        by: None,
        origin: None,
    };
    TaskRow::open(&draft, &crate::catalogue::defaults::kinds()[0], now)
}

fn visit(row: &TaskRow) -> Visit {
    Visit {
        id: row.id,
        grid: row.grid,
        place: place(),
        channel: Channel::Visit,
        service: Minutes(30),
        windows: Vec::new(),
        not_before: row.not_before,
        due: row.due_on,
        priority: Priority::of::<5>(),
        skills: Skills::default(),
        last: None,
        preferred: None,
        forbidden: Vec::new(),
        pinned: None,
    }
}

#[test]
fn a_person_who_is_held_up_gets_no_new_visit_but_may_keep_one() {
    let now: DateTime<Utc> = "2026-12-01T12:00:00+08:00".parse().expect("a time");
    let person = PersonId(Uuid::from_u128(21));
    let held = |n, state, start| TaskRow {
        state,
        assignee: Some(person),
        planned_on: Some(clock::day(now)),
        planned_start: Some(TimeOfDay::new(start).expect("a time")),
        ..task(n, now)
    };
    let late = held(1, Phase::InProgress, 0);
    let tasks = [late, held(2, Phase::Assigned, 800), task(3, now)];
    let forbidden = |tasks: &[TaskRow]| {
        let visits = tasks.iter().filter(|row| row.state != Phase::InProgress).map(visit);
        let mut problem =
            DispatchProblem { visits: visits.collect(), ..DispatchProblem::default() };
        without_held_up(&mut problem, tasks, now);
        problem.visits.into_iter().map(|visit| visit.forbidden).collect::<Vec<_>>()
    };
    assert_eq!(forbidden(&tasks), [vec![], vec![person]]);
    let in_time = [held(1, Phase::InProgress, 719), task(3, now)];
    assert_eq!(forbidden(&in_time), [Vec::<PersonId>::new()], "the visit is not over yet");
}
