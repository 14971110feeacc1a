//! Invariants after any sequence of commands.

use crate::word::VariantArray as _;
use proptest::prelude::*;

use super::*;

fn commands() -> impl Strategy<Value = Command> {
    let people = 1u128..4;
    prop_oneof![
        Just(Command::Claim),
        Just(Command::Accept),
        Just(Command::Decline),
        Just(Command::Release),
        Just(Command::Start),
        Just(Command::Escalate),
        Just(Command::Cancel),
        Just(Command::Reopen),
        Just(Command::Expire),
        (prop::sample::select(Outcome::VARIANTS), any::<bool>()).prop_map(
            |(outcome, assigned_at_report)| Command::Report { outcome, assigned_at_report }
        ),
        (1u32..28, 1u32..28)
            .prop_map(|(a, b)| Command::Reschedule { not_before: day(a), due_on: day(b) }),
        people.clone().prop_map(|n| Command::Reassign(candidate(n, GRID))),
        people.prop_map(|n| Command::Assign(candidate(n, GRID))),
    ]
}

fn agents() -> impl Strategy<Value = Agent> {
    prop_oneof![
        4 => (1u128..4).prop_map(volunteer),
        2 => (1u128..4, prop::sample::select(Role::VARIANTS)).prop_map(|(n, role)| somebody(n, role)),
        1 => Just(Agent::Gridward(area("500116"))),
    ]
}

proptest! {
    #[test]
    fn any_sequence_of_commands_keeps_the_laws_of_the_life(
        steps in prop::collection::vec((commands(), agents(), 1u32..28), 0..60),
        attempts in 1i64..4,
        overdue in prop::sample::select(Overdue::VARIANTS),
    ) {
        let attempts = Attempts::try_from(attempts).expect("attempts");
        let mut now = Task { terms: Terms { attempts, overdue, ..TERMS }, ..task(State::Open) };
        for (command, agent, today) in steps {
            let before = now;
            if let Ok(Transition::Changed(after)) = apply(&before, &command, &agent, day(today)) {
                prop_assert_eq!(after.version, before.version + 1);
                prop_assert!(command.verb().moves(before.state.phase(), after.state.phase()));
                if before.state.phase() == Phase::Done {
                    prop_assert_eq!(command.verb(), Verb::Reopen);
                }
                prop_assert!((Attempts::MIN..=attempts).contains(&after.attempt));
                prop_assert!(after.not_before <= after.due_on);
                prop_assert_eq!((after.grid, after.terms), (before.grid, before.terms));
                let restored = State::of(after.state.phase(), after.state.assignee());
                prop_assert_eq!(restored, Ok(after.state));
                now = after;
            }
        }
    }

    #[test]
    fn a_task_changes_hands_only_by_giving_claiming_or_a_report_of_a_visit_that_was_made(
        steps in prop::collection::vec((commands(), agents(), 1u32..28), 0..60),
    ) {
        let mut now = task(State::Open);
        for (command, agent, today) in steps {
            if let Ok(Transition::Changed(after)) = apply(&now, &command, &agent, day(today)) {
                let visited = matches!(command, Command::Report { assigned_at_report: true, .. });
                let given = matches!(command, Command::Reassign(_));
                let taken = matches!(command, Command::Assign(_) | Command::Claim);
                match (now.state.assignee(), after.state.assignee()) {
                    (Some(before), Some(after)) if before != after => {
                        prop_assert!(given || visited);
                    }
                    (None, Some(_)) => prop_assert!(given || visited || taken),
                    _ => {}
                }
                now = after;
            }
        }
    }
}
