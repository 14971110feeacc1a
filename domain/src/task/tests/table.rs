//! Every state, every command, every role: the two functions agree with the table.

use super::*;
use crate::word::VariantArray as _;
use crate::word::Word as _;

const ME: u128 = 1;
const OTHER: u128 = 2;

/// Every command of people, in each form that the table distinguishes.
fn commands() -> Vec<Command> {
    let mut all = vec![
        Command::Claim,
        Command::Accept,
        Command::Decline,
        Command::Release,
        Command::Start,
        Command::Reassign(candidate(3, GRID)),
        Command::Unassign,
        Command::Reschedule { not_before: day(10), due_on: day(12) },
        Command::Escalate,
        Command::Cancel,
        Command::Reopen,
    ];
    for outcome in Outcome::VARIANTS.iter().copied() {
        all.extend(
            [false, true].map(|assigned_at_report| Command::Report { outcome, assigned_at_report }),
        );
    }
    all
}

/// Every automatic command, in each form that the table distinguishes.
fn automatic_commands() -> Vec<AutomaticCommand> {
    let to = area(NEXT_GRID);
    vec![
        AutomaticCommand::Assign { to: candidate(3, GRID), within: area("500116") },
        AutomaticCommand::Reassign { to: candidate(3, GRID), within: area("500116") },
        AutomaticCommand::BringForward { due_on: day(1) },
        AutomaticCommand::Escalate,
        AutomaticCommand::Expire,
        AutomaticCommand::Move { to, assignee_works_there: false },
        AutomaticCommand::Move { to, assignee_works_there: true },
        AutomaticCommand::Release,
        AutomaticCommand::Cancel,
        AutomaticCommand::Reopen,
    ]
}

/// Late enough for expiry and escalation to be due.
const LATE: u32 = 20;

/// Tasks in every state, with either policy for overdue tasks, assigned to me or another.
fn tasks() -> impl Iterator<Item = Task> {
    [Overdue::Escalate, Overdue::Expire].into_iter().flat_map(|overdue| {
        let terms = Terms { overdue, ..TERMS };
        let assignees = [ME, OTHER].into_iter().flat_map(|assignee| states(person(assignee)));
        assignees.map(move |state| Task { terms, ..task(state) })
    })
}

/// The transitions that occurred.
#[derive(Default)]
struct Occurred(std::collections::BTreeSet<(Verb, Phase, Phase)>);

impl Occurred {
    /// Checks an answer to the command of `verb` against the table.
    fn check(
        &mut self,
        before: &Task,
        verb: Verb,
        answer: Result<Transition, Rejection>,
        about: &str,
    ) {
        let from = before.state.phase();
        match answer {
            Ok(Transition::Changed(after)) => {
                let to = after.state.phase();
                assert!(verb.leads(from, to), "{about}: {from} to {to}");
                assert_eq!(after.version, before.version + 1, "{about}");
                self.0.insert((verb, from, to));
            }
            Ok(Transition::Already) => {
                let wanted = (verb != Verb::Unassign).then(|| person(ME));
                assert_eq!(before.state.assignee(), wanted, "{about}");
            }
            Err(Rejection::WrongPhase { phase }) => assert_eq!(phase, from, "{about}"),
            Err(_) => {}
        }
        if !verb.starts_at(from) {
            assert!(answer.is_err() || answer == Ok(Transition::Already), "{about}");
        }
    }
}

#[test]
fn every_state_command_and_role_agrees_with_the_table() {
    let (mut occurred, mut tried) = (Occurred::default(), 0);
    for before in tasks() {
        for command in commands() {
            for role in Role::VARIANTS.iter().copied() {
                tried += 1;
                let answer = apply(&before, &command, &principal_of_role(ME, role), day(LATE));
                let about = format!("{:?} {command:?} {role}", before.state);
                let denied = !command.verb().is_for(role);
                assert_eq!(answer == Err(Rejection::Forbidden), denied, "{about}");
                occurred.check(&before, command.verb(), answer, &about);
            }
        }
        for command in automatic_commands() {
            tried += 1;
            let answer = apply_automatic(&before, &command, day(LATE));
            let about = format!("{:?} {command:?}", before.state);
            occurred.check(&before, command.verb(), answer, &about);
        }
    }
    assert_eq!(tried, 2 * 2 * 8 * (19 * 5 + 10));
    // Every transition in the table occurs.
    for verb in Verb::VARIANTS.iter().copied() {
        for from in Phase::VARIANTS.iter().copied() {
            for to in Phase::VARIANTS.iter().copied() {
                let occurs = occurred.0.contains(&(verb, from, to));
                assert_eq!(occurs, verb.leads(from, to), "{} {from} {to}", verb.as_str());
            }
        }
    }
}

#[test]
fn each_verb_is_that_of_a_command_of_people_or_of_the_system() {
    for verb in Verb::VARIANTS.iter().copied() {
        let automatic = automatic_commands().iter().any(|command| command.verb() == verb);
        let sent_by_people = commands().iter().any(|command| command.verb() == verb);
        assert_eq!(verb.is_automatic(), automatic, "{}", verb.as_str());
        let permitted = Role::VARIANTS.iter().copied().any(|role| verb.is_for(role));
        assert_eq!(permitted, sent_by_people, "{}", verb.as_str());
    }
}
