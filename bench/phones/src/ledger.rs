//! Every command a phone ever made, and every different final answer that the
//! server ever gave to it, those included that never reached the phone. The judge
//! reads it; the phone does not.

use std::collections::BTreeMap;

use crate::wire::{Command, CommandId, CommandResult};

/// A command and what the server ever said of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The command.
    pub command: Command,
    /// Final answers, in the order in which they came: each that is not the
    /// replay of one already here.
    pub answers: Vec<CommandResult>,
}

impl Entry {
    /// The first final answer.
    pub fn outcome(&self) -> Option<&CommandResult> {
        self.answers.first()
    }

    /// Two answers that cannot both be true: another outcome, or both the first.
    pub fn contradiction(&self) -> Option<(&CommandResult, &CommandResult)> {
        let pairs =
            self.answers.iter().enumerate().flat_map(|(n, one)| {
                self.answers.iter().skip(n + 1).map(move |other| (one, other))
            });
        pairs
            .into_iter()
            .find(|(one, other)| !same(one, other) || (!one.replayed && !other.replayed))
    }
}

/// Whether two answers say the same, replayed or not.
fn same(one: &CommandResult, other: &CommandResult) -> bool {
    (one.outcome, one.version, &one.problem) == (other.outcome, other.version, &other.problem)
}

/// What one phone made and was told.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<CommandId, Entry>,
}

impl Ledger {
    /// Enters a command that was just made.
    pub fn made(&mut self, command: Command) {
        self.entries.insert(command.id, Entry { command, answers: Vec::new() });
    }

    /// Enters an answer; one to a command that was never made is not for here.
    pub fn hear(&mut self, result: &CommandResult) {
        let Some(entry) = self.entries.get_mut(&result.id) else { return };
        let known = result.replayed && entry.answers.iter().any(|answer| same(answer, result));
        if result.outcome.is_final() && !known {
            entry.answers.push(result.clone());
        }
    }

    /// All commands, by id.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::wire::{Deed, Outcome, TaskId};

    const ID: CommandId = CommandId(Uuid::from_u128(7));

    fn heard(answers: &[(Outcome, bool, i64)]) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.made(Command {
            id: ID,
            task_id: TaskId(Uuid::from_u128(1)),
            base_version: None,
            at: "2026-08-01T07:12:03+08:00".parse().expect("a moment"),
            deed: Deed::Claim {},
        });
        for (outcome, replayed, version) in answers.iter().copied() {
            let version = Some(version);
            ledger.hear(&CommandResult { id: ID, outcome, replayed, version, problem: None });
        }
        ledger
    }

    fn contradicts(answers: &[(Outcome, bool, i64)]) -> bool {
        heard(answers).entries().any(|entry| entry.contradiction().is_some())
    }

    #[test]
    fn a_replay_of_the_first_answer_is_no_contradiction_even_if_it_comes_first() {
        use Outcome::{Applied, Retry};
        assert!(!contradicts(&[(Retry, false, 1), (Applied, false, 8), (Applied, true, 8)]));
        assert!(!contradicts(&[(Applied, true, 8), (Applied, false, 8), (Applied, true, 8)]));
        assert_eq!(heard(&[(Applied, true, 8)]).entries().count(), 1);
    }

    #[test]
    fn another_outcome_another_version_or_a_second_first_time_is_one() {
        use Outcome::{Applied, Rejected};
        assert!(contradicts(&[(Applied, false, 8), (Rejected, true, 8)]));
        assert!(contradicts(&[(Applied, false, 8), (Applied, true, 9)]));
        assert!(contradicts(&[(Applied, false, 8), (Applied, false, 8)]));
    }
}
