//! Every state, every command, every role: the function agrees with the table.

use super::*;
use crate::word::VariantArray as _;
use crate::word::Word as _;

const ME: u128 = 1;
const OTHER: u128 = 2;

/// Every command, in each form that the table distinguishes.
fn commands() -> Vec<Command> {
    let mut all = vec![
        Command::Assign(candidate(3, GRID)),
        Command::Claim,
        Command::Accept,
        Command::Decline,
        Command::Release,
        Command::Start,
        Command::Reassign(candidate(3, GRID)),
        Command::Reschedule { not_before: day(10), due_on: day(12) },
        Command::Escalate,
        Command::Cancel,
        Command::Reopen,
        Command::Expire,
    ];
    for outcome in Outcome::VARIANTS.iter().copied() {
        all.extend(
            [false, true].map(|assigned_at_report| Command::Report { outcome, assigned_at_report }),
        );
    }
    all
}

fn agents() -> impl Iterator<Item = Agent> {
    let people = Role::VARIANTS.iter().copied().map(|role| somebody(ME, role));
    people.chain([Agent::Gridward(area("500116"))])
}

/// Late enough for expiry and escalation to be due.
const LATE: u32 = 20;

#[test]
fn every_state_command_and_role_goes_as_the_table_says() {
    let mut moved = std::collections::BTreeSet::new();
    let mut tried = 0;
    for terms in [Overdue::Escalate, Overdue::Expire].map(|overdue| Terms { overdue, ..TERMS }) {
        for assignee in [ME, OTHER] {
            for state in states(person(assignee)) {
                let before = Task { terms, ..task(state) };
                for command in commands() {
                    for agent in agents() {
                        tried += 1;
                        let verb = command.verb();
                        let told = format!("{state:?} {command:?} {agent:?}");
                        let from = state.phase();
                        let answer = apply(&before, &command, &agent, day(LATE));
                        let allowed = match agent {
                            Agent::Person(actor) => verb.is_for(actor.role),
                            Agent::Gridward(_) => verb.is_automatic(),
                        };
                        assert_eq!(answer == Err(Rejection::Forbidden), !allowed, "{told}");
                        match answer {
                            Ok(Transition::Changed(after)) => {
                                let to = after.state.phase();
                                assert!(verb.moves(from, to), "{told}: {from} to {to}");
                                moved.insert((verb, from, to));
                            }
                            Ok(Transition::Already) => {
                                assert_eq!(state.assignee(), Some(person(ME)), "{told}");
                            }
                            Err(Rejection::WrongPhase { phase }) => {
                                assert_eq!(phase, from, "{told}");
                            }
                            Err(_) => {}
                        }
                        if allowed && !verb.starts_at(from) {
                            let same = answer == Ok(Transition::Already);
                            assert!(answer.is_err() || same, "{told}");
                        }
                    }
                }
            }
        }
    }
    assert_eq!(tried, 2 * 2 * 8 * 20 * 6);
    // Every transition in the table occurs.
    for verb in Verb::VARIANTS.iter().copied() {
        for from in Phase::VARIANTS.iter().copied() {
            for to in Phase::VARIANTS.iter().copied() {
                assert_eq!(
                    moved.contains(&(verb, from, to)),
                    verb.moves(from, to),
                    "{} {from} {to}",
                    verb.as_str()
                );
            }
        }
    }
}
