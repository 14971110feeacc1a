//! The rules, one by one.

use super::super::overdue;
use super::*;
use crate::word::Word as _;

#[test]
fn the_first_to_claim_has_it_and_the_second_is_told_who() {
    let claimed = state_after(&task(State::Open), Command::Claim, &volunteer(1));
    assert_eq!(claimed, Ok(State::Accepted(person(1))));
    let second = after(&task(State::Accepted(person(1))), Command::Claim, &volunteer(2));
    assert_eq!(second, Err(Rejection::AlreadyClaimed { assignee: person(1) }));
}

#[test]
fn claiming_or_accepting_again_what_one_has_changes_nothing() {
    for command in [Command::Claim, Command::Accept] {
        let held = task(State::Accepted(person(1)));
        assert_eq!(apply(&held, &command, &volunteer(1), day(TODAY)), Ok(Transition::Already));
    }
}

#[test]
fn claiming_or_accepting_what_one_was_given_says_yes_and_declining_says_no() {
    let given = task(State::Assigned(person(1)));
    for command in [Command::Claim, Command::Accept] {
        assert_eq!(state_after(&given, command, &volunteer(1)), Ok(State::Accepted(person(1))));
    }
    assert_eq!(state_after(&given, Command::Decline, &volunteer(1)), Ok(State::Open));
}

#[test]
fn only_the_holder_starts_releases_and_reports() {
    let held = task(State::Accepted(person(1)));
    for command in [Command::Start, Command::Release, report(Outcome::Done)] {
        let other = after(&held, command, &volunteer(2));
        assert_eq!(other, Err(Rejection::NotAssignee { assignee: Some(person(1)) }));
        assert!(after(&held, command, &volunteer(1)).is_ok(), "{}", command.verb().as_str());
    }
}

#[test]
fn a_found_need_is_a_done_visit_and_a_refusal_a_failed_one() {
    let at_it = task(State::InProgress(person(1)));
    let ended = |outcome| state_after(&at_it, report(outcome), &volunteer(1));
    assert_eq!(ended(Outcome::NeedsFollowUp), Ok(State::Done(person(1))));
    assert_eq!(ended(Outcome::Refused), Ok(State::Failed(person(1))));
}

#[test]
fn nobody_at_home_makes_a_later_attempt_until_they_are_spent_then_the_village_decides() {
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
fn a_visit_that_took_place_counts_though_the_task_was_given_to_another_meanwhile() {
    let moved = task(State::Accepted(person(2)));
    let late = |outcome, assigned_at_report| {
        state_after(&moved, Command::Report { outcome, assigned_at_report }, &volunteer(1))
    };
    assert_eq!(late(Outcome::Done, true), Ok(State::Done(person(1))));
    let not_assignee = Err(Rejection::NotAssignee { assignee: Some(person(2)) });
    assert_eq!(late(Outcome::Done, false), not_assignee);
    // An earlier "not home" takes nothing from the present assignee.
    assert_eq!(late(Outcome::NotHome, true), not_assignee);
    let open = Command::Report { outcome: Outcome::Done, assigned_at_report: true };
    assert_eq!(state_after(&task(State::Open), open, &volunteer(1)), Ok(State::Done(person(1))));
}

#[test]
fn a_manager_gives_within_the_grid_and_a_village_across_its_grids() {
    let open = task(State::Open);
    let manager = agent(9, Role::Manager, GRID);
    let village = agent(9, Role::Supervisor, "500116001002");
    let next = Command::Reassign(candidate(1, NEXT_GRID));
    assert_eq!(after(&open, next, &manager), Err(Rejection::NotACandidate));
    assert_eq!(state_after(&open, next, &village), Ok(State::Assigned(person(1))));
    let supervisor = Candidate { role: Role::Supervisor, ..candidate(1, GRID) };
    let to_staff = after(&open, Command::Reassign(supervisor), &village);
    assert_eq!(to_staff, Err(Rejection::NotACandidate));
}

#[test]
fn giving_a_task_again_to_whoever_has_begun_it_takes_nothing_back() {
    let begun = task(State::InProgress(person(1)));
    let again = Command::Reassign(candidate(1, GRID));
    let manager = agent(9, Role::Manager, GRID);
    assert_eq!(apply(&begun, &again, &manager, day(TODAY)), Ok(Transition::Already));
}

#[test]
fn a_new_day_moves_the_days_and_leaves_it_in_the_same_hands() {
    let manager = agent(9, Role::Manager, GRID);
    let to = |not_before, due_on| Command::Reschedule { not_before, due_on };
    let held = task(State::Accepted(person(1)));
    let moved = after(&held, to(day(10), day(12)), &manager).expect("moved");
    assert_eq!((moved.state, moved.not_before, moved.due_on), (held.state, day(10), day(12)));
    assert_eq!(after(&held, to(day(12), day(10)), &manager), Err(Rejection::DaysReversed));
}

#[test]
fn a_task_goes_up_one_level_at_a_time_and_no_further_than_the_district() {
    let manager = agent(9, Role::Manager, GRID);
    let mut now = task(State::Open);
    for escalation_level in [Level::Village, Level::Town, Level::District] {
        now = after(&now, Command::Escalate, &manager).expect("a level above");
        assert_eq!(now.escalation_level, escalation_level);
    }
    assert_eq!(after(&now, Command::Escalate, &manager), Err(Rejection::NoLevelAbove));
}

#[test]
fn reopening_begins_afresh() {
    let failed = Task {
        attempt: Attempts::of::<2>(),
        escalation_level: Level::Village,
        due_on: day(1),
        ..task(State::Failed(person(1)))
    };
    let town = agent(9, Role::Supervisor, "500116001");
    let open = after(&failed, Command::Reopen, &town).expect("reopened");
    assert_eq!(
        (open.state, open.attempt, open.escalation_level),
        (State::Open, Attempts::MIN, Level::Grid)
    );
    assert_eq!((open.not_before, open.due_on), (day(TODAY), day(TODAY + 3)));
}

#[test]
fn an_overdue_task_climbs_a_level_each_two_days_and_stays_at_the_district() {
    let mut now = task(State::Open);
    let gridward = Agent::Gridward(area("500116"));
    let mut climbed = Vec::new();
    for today in 1..=20 {
        if let Some(verb) = overdue::due(&now, day(today)) {
            assert_eq!((verb, overdue::next_action_on(&now)), (Verb::Escalate, Some(day(today))));
            match apply(&now, &Command::Escalate, &gridward, day(today)) {
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
fn a_greeting_ends_the_day_after_its_day_unless_somebody_is_at_it() {
    let terms = Terms { overdue: Overdue::Expire, ..TERMS };
    let open = Task { terms, ..task(State::Open) };
    assert_eq!(overdue::due(&open, day(5)), None);
    assert_eq!(overdue::next_action_on(&open), Some(day(6)));
    assert_eq!(overdue::due(&open, day(6)), Some(Verb::Expire));
    let begun = Task { state: State::InProgress(person(1)), ..open };
    assert_eq!((overdue::due(&begun, day(9)), overdue::next_action_on(&begun)), (None, None));
}

#[test]
fn the_clock_does_nothing_that_is_not_due() {
    let gridward = Agent::Gridward(area("500116"));
    for command in [Command::Escalate, Command::Expire] {
        let early = apply(&task(State::Open), &command, &gridward, day(TODAY));
        assert_eq!(early, Err(Rejection::NotOverdue));
    }
}
