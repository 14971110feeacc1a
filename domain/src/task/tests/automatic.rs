//! The automatic commands, one by one.

use super::super::overdue;
use super::*;

#[test]
fn a_plan_assigns_open_tasks_of_its_area_to_visitors_of_its_area() {
    let within = area("500116001002");
    let assign = |task: &Task, to| {
        apply_automatic(task, &AutomaticCommand::Assign { to, within }, day(TODAY))
    };
    let open = task(State::Open);
    let assigned = Task { state: State::Assigned(person(1)), version: 2, ..open };
    assert_eq!(assign(&open, candidate(1, NEXT_GRID)), Ok(Transition::Changed(assigned)));
    let outside = assign(&open, candidate(1, "500116001003001"));
    assert_eq!(outside, Err(Rejection::NotACandidate));
    let elsewhere = Task { grid: area("500116001003001"), ..open };
    assert_eq!(assign(&elsewhere, candidate(1, GRID)), Err(Rejection::NotACandidate));
    let claimed = assign(&task(State::Accepted(person(2))), candidate(1, GRID));
    assert_eq!(claimed, Err(Rejection::WrongPhase { phase: Phase::Accepted }));
}

#[test]
fn a_later_plan_gives_a_task_to_another_person_or_hour_unless_it_is_accepted() {
    let within = area("500116001002");
    let reassign = |task: &Task, to| {
        apply_automatic(task, &AutomaticCommand::Reassign { to, within }, day(TODAY))
    };
    let assigned = task(State::Assigned(person(1)));
    let other = Task { state: State::Assigned(person(2)), version: 2, ..assigned };
    assert_eq!(reassign(&assigned, candidate(2, NEXT_GRID)), Ok(Transition::Changed(other)));
    let same = Task { version: 2, ..assigned };
    assert_eq!(reassign(&assigned, candidate(1, GRID)), Ok(Transition::Changed(same)));
    let outside = reassign(&assigned, candidate(2, "500116001003001"));
    assert_eq!(outside, Err(Rejection::NotACandidate));
    for state in states(person(1)).filter(|state| state.phase() != Phase::Assigned) {
        let refused = Err(Rejection::WrongPhase { phase: state.phase() });
        assert_eq!(reassign(&task(state), candidate(2, GRID)), refused);
    }
}

#[test]
fn an_overdue_task_escalates_every_two_days_up_to_the_district() {
    let mut now = task(State::Open);
    let mut climbed = Vec::new();
    for today in 1..=20 {
        if let Some(command) = overdue::due(&now, day(today)) {
            assert_eq!(command, AutomaticCommand::Escalate);
            assert_eq!(overdue::next_action_on(&now), Some(day(today)));
            match apply_automatic(&now, &command, day(today)) {
                Ok(Transition::Changed(after)) => now = after,
                other => panic!("{other:?}"),
            }
            climbed.push((today, now.escalation_level));
        }
    }
    assert_eq!(climbed, [(7, Level::Village), (9, Level::Town), (11, Level::District)]);
    assert_eq!(overdue::next_action_on(&now), None);
}

#[test]
fn a_holiday_visit_expires_the_day_after_it_was_due_unless_it_has_started() {
    let terms = Terms { overdue: Overdue::Expire, ..TERMS };
    let open = Task { terms, ..task(State::Open) };
    assert_eq!(overdue::due(&open, day(5)), None);
    assert_eq!(overdue::next_action_on(&open), Some(day(6)));
    assert_eq!(overdue::due(&open, day(6)), Some(AutomaticCommand::Expire));
    let begun = Task { state: State::InProgress(person(1)), ..open };
    assert_eq!((overdue::due(&begun, day(9)), overdue::next_action_on(&begun)), (None, None));
}

#[test]
fn nothing_escalates_or_expires_before_it_is_due() {
    for command in [AutomaticCommand::Escalate, AutomaticCommand::Expire] {
        let early = apply_automatic(&task(State::Open), &command, day(TODAY));
        assert_eq!(early, Err(Rejection::NotOverdue));
    }
}

fn changed(task: &Task, command: AutomaticCommand) -> Result<Task, Rejection> {
    match apply_automatic(task, &command, day(TODAY))? {
        Transition::Changed(after) => Ok(after),
        Transition::Already => Ok(*task),
    }
}

#[test]
fn an_assignee_of_another_grid_loses_a_moved_task_that_was_not_accepted() {
    let one = person(1);
    for (state, to, assignee_works_there, expected) in [
        (State::Open, NEXT_GRID, false, State::Open),
        (State::Assigned(one), NEXT_GRID, false, State::Open),
        (State::Assigned(one), NEXT_GRID, true, State::Assigned(one)),
        (State::Assigned(one), GRID, false, State::Assigned(one)),
        (State::Accepted(one), NEXT_GRID, false, State::Accepted(one)),
        (State::InProgress(one), NEXT_GRID, false, State::InProgress(one)),
    ] {
        let to = area(to);
        let moved = changed(&task(state), AutomaticCommand::Move { to, assignee_works_there });
        assert_eq!(moved, Ok(Task { grid: to, state: expected, version: 2, ..task(state) }));
    }
}

#[test]
fn a_finished_task_is_neither_moved_nor_released() {
    let to = area(NEXT_GRID);
    for state in states(person(1)).filter(|state| !state.is_live()) {
        let phase = state.phase();
        for command in
            [AutomaticCommand::Move { to, assignee_works_there: true }, AutomaticCommand::Release]
        {
            assert_eq!(changed(&task(state), command), Err(Rejection::WrongPhase { phase }));
        }
    }
}

#[test]
fn a_release_opens_and_a_cancellation_ends_an_accepted_task() {
    let accepted = task(State::Accepted(person(1)));
    let state_after = |command| changed(&accepted, command).map(|after| after.state);
    assert_eq!(state_after(AutomaticCommand::Release), Ok(State::Open));
    assert_eq!(state_after(AutomaticCommand::Cancel), Ok(State::Cancelled));
}

#[test]
fn a_task_is_brought_forward_and_never_put_off() {
    let accepted = task(State::Accepted(person(1)));
    let due_by = |n| changed(&accepted, AutomaticCommand::BringForward { due_on: day(n) });
    let forward = Task { due_on: day(4), version: 2, ..accepted };
    assert_eq!((due_by(4), due_by(5), due_by(6)), (Ok(forward), Ok(accepted), Ok(accepted)));
}
