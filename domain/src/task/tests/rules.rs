//! The rules for the commands of people, one by one.

use super::*;
use crate::word::Word as _;

#[test]
fn the_first_claim_wins_and_the_second_gets_the_assignee() {
    let claimed = state_after(&task(State::Open), Command::Claim, &volunteer(1));
    assert_eq!(claimed, Ok(State::Accepted(person(1))));
    let second = after(&task(State::Accepted(person(1))), Command::Claim, &volunteer(2));
    assert_eq!(second, Err(Rejection::AlreadyClaimed { assignee: person(1) }));
}

#[test]
fn a_repeated_claim_or_acceptance_changes_nothing() {
    for command in [Command::Claim, Command::Accept] {
        let held = task(State::Accepted(person(1)));
        assert_eq!(apply(&held, &command, &volunteer(1), day(TODAY)), Ok(Transition::Already));
    }
}

#[test]
fn an_assignee_accepts_by_a_claim_or_an_acceptance_and_opens_the_task_by_declining() {
    let given = task(State::Assigned(person(1)));
    for command in [Command::Claim, Command::Accept] {
        assert_eq!(state_after(&given, command, &volunteer(1)), Ok(State::Accepted(person(1))));
    }
    assert_eq!(state_after(&given, Command::Decline, &volunteer(1)), Ok(State::Open));
}

#[test]
fn only_the_assignee_starts_releases_and_reports() {
    let held = task(State::Accepted(person(1)));
    for command in [Command::Start, Command::Release, report(Outcome::Done)] {
        let other = after(&held, command, &volunteer(2));
        assert_eq!(other, Err(Rejection::NotAssignee { assignee: Some(person(1)) }));
        assert!(after(&held, command, &volunteer(1)).is_ok(), "{}", command.verb().as_str());
    }
}

#[test]
fn a_visit_with_a_found_need_is_done_and_a_refused_one_failed() {
    let at_it = task(State::InProgress(person(1)));
    let ended = |outcome| state_after(&at_it, report(outcome), &volunteer(1));
    assert_eq!(ended(Outcome::NeedsFollowUp), Ok(State::Done(person(1))));
    assert_eq!(ended(Outcome::Refused), Ok(State::Failed(person(1))));
}

#[test]
fn not_at_home_leads_to_a_later_attempt_and_after_the_last_one_to_the_village() {
    let at_it = task(State::InProgress(person(1)));
    let second = after(&at_it, report(Outcome::NotHome), &volunteer(1)).expect("reported");
    assert_eq!(
        (second.state, second.attempt, second.escalation_level),
        (State::Open, Attempts::of::<2>(), Level::Grid)
    );
    assert_eq!((second.not_before, second.due_on), (day(6), day(9)));
    let again = Task { state: State::Assigned(person(2)), ..second };
    let spent = after(&again, report(Outcome::NotHome), &volunteer(2)).expect("reported");
    assert_eq!((spent.state, spent.escalation_level), (State::Failed(person(2)), Level::Village));
}

#[test]
fn a_completed_visit_counts_if_the_task_was_given_back_and_not_if_it_was_handed_on() {
    let late = |state, outcome, assigned_at_report| {
        let report = Command::Report { outcome, assigned_at_report };
        state_after(&task(state), report, &volunteer(1))
    };
    let handed_on = State::Accepted(person(2));
    let not_assignee = Err(Rejection::NotAssignee { assignee: Some(person(2)) });
    for outcome in [Outcome::Done, Outcome::NotHome] {
        for assigned_at_report in [false, true] {
            assert_eq!(late(handed_on, outcome, assigned_at_report), not_assignee);
        }
    }
    assert_eq!(late(State::Open, Outcome::Done, true), Ok(State::Done(person(1))));
    let nobody = Err(Rejection::NotAssignee { assignee: None });
    assert_eq!(late(State::Open, Outcome::Done, false), nobody);
    // An earlier "not home" takes the task from nobody.
    assert_eq!(late(State::Open, Outcome::NotHome, true), nobody);
}

#[test]
fn a_manager_reassigns_within_the_grid_and_a_village_across_its_grids() {
    let open = task(State::Open);
    let manager = principal(9, Role::Manager, GRID);
    let village = principal(9, Role::Supervisor, "500116001002");
    let next = Command::Reassign(candidate(1, NEXT_GRID));
    assert_eq!(after(&open, next, &manager), Err(Rejection::NotACandidate));
    assert_eq!(state_after(&open, next, &village), Ok(State::Assigned(person(1))));
    let supervisor = Candidate { role: Role::Supervisor, ..candidate(1, GRID) };
    let to_staff = after(&open, Command::Reassign(supervisor), &village);
    assert_eq!(to_staff, Err(Rejection::NotACandidate));
}

#[test]
fn reassigning_a_started_task_to_its_assignee_changes_nothing() {
    let begun = task(State::InProgress(person(1)));
    let again = Command::Reassign(candidate(1, GRID));
    let manager = principal(9, Role::Manager, GRID);
    assert_eq!(apply(&begun, &again, &manager, day(TODAY)), Ok(Transition::Already));
}

#[test]
fn rescheduling_moves_the_days_and_keeps_the_assignee() {
    let manager = principal(9, Role::Manager, GRID);
    let to = |not_before, due_on| Command::Reschedule { not_before, due_on };
    let held = task(State::Accepted(person(1)));
    let moved = after(&held, to(day(10), day(12)), &manager).expect("moved");
    assert_eq!((moved.state, moved.not_before, moved.due_on), (held.state, day(10), day(12)));
    assert_eq!(after(&held, to(day(12), day(10)), &manager), Err(Rejection::DaysReversed));
}

#[test]
fn an_escalation_goes_up_one_level_and_no_further_than_the_district() {
    let manager = principal(9, Role::Manager, GRID);
    let mut now = task(State::Open);
    for escalation_level in [Level::Village, Level::Town, Level::District] {
        now = after(&now, Command::Escalate, &manager).expect("a level above");
        assert_eq!(now.escalation_level, escalation_level);
    }
    assert_eq!(after(&now, Command::Escalate, &manager), Err(Rejection::NoLevelAbove));
}

#[test]
fn a_reopened_task_starts_as_if_new() {
    let failed = Task {
        attempt: Attempts::of::<2>(),
        escalation_level: Level::Village,
        due_on: day(1),
        ..task(State::Failed(person(1)))
    };
    let town = principal(9, Role::Supervisor, "500116001");
    let open = after(&failed, Command::Reopen, &town).expect("reopened");
    assert_eq!(
        (open.state, open.attempt, open.escalation_level),
        (State::Open, Attempts::MIN, Level::Grid)
    );
    assert_eq!((open.not_before, open.due_on), (day(TODAY), day(TODAY + 3)));
}
