//! Invariants after any sequence of commands.

use crate::word::VariantArray as _;
use proptest::prelude::*;

use super::*;

/// A command of a person or of the system.
#[derive(Clone, Copy, Debug)]
enum Step {
    Person(Command, Principal),
    Automatic(AutomaticCommand),
}

impl Step {
    const fn verb(&self) -> Verb {
        match self {
            Self::Person(command, _) => command.verb(),
            Self::Automatic(command) => command.verb(),
        }
    }

    /// The task after the step, if it changes.
    fn applied(&self, task: &Task, today: u32) -> Option<Task> {
        let answer = match self {
            Self::Person(command, principal) => apply(task, command, principal, day(today)),
            Self::Automatic(command) => apply_automatic(task, command, day(today)),
        };
        match answer {
            Ok(Transition::Changed(after)) => Some(after),
            Ok(Transition::Already) | Err(_) => None,
        }
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Claim),
        Just(Command::Accept),
        Just(Command::Decline),
        Just(Command::Release),
        Just(Command::Start),
        Just(Command::Unassign),
        Just(Command::Escalate),
        Just(Command::Cancel),
        Just(Command::Reopen),
        (prop::sample::select(Outcome::VARIANTS), any::<bool>()).prop_map(
            |(outcome, assigned_at_report)| Command::Report { outcome, assigned_at_report }
        ),
        (1u32..28, 1u32..28)
            .prop_map(|(a, b)| Command::Reschedule { not_before: day(a), due_on: day(b) }),
        (1u128..4).prop_map(|n| Command::Reassign(candidate(n, GRID))),
    ]
}

fn principals() -> impl Strategy<Value = Principal> {
    prop_oneof![
        2 => (1u128..4).prop_map(volunteer),
        1 => (1u128..4, prop::sample::select(Role::VARIANTS)).prop_map(|(n, role)| principal_of_role(n, role)),
    ]
}

fn automatic_commands() -> impl Strategy<Value = AutomaticCommand> {
    let within = area("500116");
    prop_oneof![
        (1u32..28).prop_map(|n| AutomaticCommand::BringForward { due_on: day(n) }),
        Just(AutomaticCommand::Escalate),
        Just(AutomaticCommand::Expire),
        Just(AutomaticCommand::Release),
        Just(AutomaticCommand::Cancel),
        Just(AutomaticCommand::Reopen),
        (prop::sample::select(&[GRID, NEXT_GRID][..]), any::<bool>()).prop_map(
            |(to, assignee_works_there)| AutomaticCommand::Move {
                to: area(to),
                assignee_works_there,
            }
        ),
        (1u128..4).prop_map(move |n| AutomaticCommand::Assign { to: candidate(n, GRID), within }),
        (1u128..4).prop_map(move |n| AutomaticCommand::Reassign { to: candidate(n, GRID), within }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<(Step, u32)>> {
    let step = prop_oneof![
        4 => (commands(), principals())
            .prop_map(|(command, principal)| Step::Person(command, principal)),
        1 => automatic_commands().prop_map(Step::Automatic),
    ];
    prop::collection::vec((step, 1u32..28), 0..60)
}

proptest! {
    #[test]
    fn any_sequence_of_commands_keeps_the_invariants(
        steps in steps(),
        attempts in 1i64..4,
        overdue in prop::sample::select(Overdue::VARIANTS),
    ) {
        let attempts = Attempts::try_from(attempts).expect("attempts");
        let mut now = Task { terms: Terms { attempts, overdue, ..TERMS }, ..task(State::Open) };
        for (step, today) in steps {
            let before = now;
            if let Some(after) = step.applied(&before, today) {
                prop_assert_eq!(after.version, before.version + 1);
                prop_assert!(step.verb().leads(before.state.phase(), after.state.phase()));
                if before.state.phase() == Phase::Done {
                    prop_assert_eq!(step.verb(), Verb::Reopen);
                }
                prop_assert!((Attempts::MIN..=attempts).contains(&after.attempt));
                prop_assert!(after.not_before <= after.due_on);
                prop_assert_eq!(after.terms, before.terms);
                prop_assert!(after.grid == before.grid || step.verb() == Verb::Move);
                let restored = State::of(after.state.phase(), after.state.assignee());
                prop_assert_eq!(restored, Ok(after.state));
                now = after;
            }
        }
    }

    #[test]
    fn the_assignee_changes_only_by_assignment_claim_or_the_report_of_a_former_assignee(
        steps in steps(),
    ) {
        let mut now = task(State::Open);
        for (step, today) in steps {
            if let Some(after) = step.applied(&now, today) {
                let visited = matches!(
                    step,
                    Step::Person(Command::Report { assigned_at_report: true, .. }, _)
                );
                let given = step.verb() == Verb::Reassign;
                let taken = matches!(step.verb(), Verb::Assign | Verb::Claim);
                match (now.state.assignee(), after.state.assignee()) {
                    (Some(before), Some(after)) if before != after => {
                        prop_assert!(given, "only a superior or a plan takes a task from its assignee");
                        let accepted = now.state.phase() != Phase::Assigned;
                        let is_by_plan = matches!(step, Step::Automatic(_));
                        prop_assert!(!(accepted && is_by_plan), "what a person accepted stays");
                    }
                    (None, Some(_)) => prop_assert!(given || visited || taken),
                    _ => {}
                }
                now = after;
            }
        }
    }
}
