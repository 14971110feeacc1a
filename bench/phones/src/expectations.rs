//! What the checks expect of the server: every command that a phone created, and every distinct
//! final result that the server gave it, including results that never reached the phone. Only the
//! checks read it.

use std::collections::BTreeMap;

use crate::wire::{Command, CommandId, CommandResult};

/// A command and the results that the server gave it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The command.
    pub command: Command,
    /// Final results in order of arrival, without replays of a result already listed.
    pub results: Vec<CommandResult>,
}

impl Entry {
    /// The first final result.
    pub fn outcome(&self) -> Option<&CommandResult> {
        self.results.first()
    }

    /// Two results that contradict each other: different outcomes, or neither is a replay.
    pub fn contradiction(&self) -> Option<(&CommandResult, &CommandResult)> {
        let pairs =
            self.results.iter().enumerate().flat_map(|(n, one)| {
                self.results.iter().skip(n + 1).map(move |other| (one, other))
            });
        pairs
            .into_iter()
            .find(|(one, other)| !same(one, other) || (!one.replayed && !other.replayed))
    }
}

/// Whether two results are equal apart from `replayed`.
fn same(one: &CommandResult, other: &CommandResult) -> bool {
    (one.outcome, one.version, &one.problem) == (other.outcome, other.version, &other.problem)
}

/// The commands of one phone and their results.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    entries: BTreeMap<CommandId, Entry>,
}

impl Expectations {
    /// Adds a new command.
    pub fn add(&mut self, command: Command) {
        self.entries.insert(command.id, Entry { command, results: Vec::new() });
    }

    /// Records a result; ignores one of an unknown command.
    pub fn record(&mut self, result: &CommandResult) {
        let Some(entry) = self.entries.get_mut(&result.id) else { return };
        let known = result.replayed && entry.results.iter().any(|answer| same(answer, result));
        if result.outcome.is_final() && !known {
            entry.results.push(result.clone());
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
    use crate::wire::{Action, Outcome, TaskId};

    const ID: CommandId = CommandId(Uuid::from_u128(7));

    fn after(results: &[(Outcome, bool, i64)]) -> Expectations {
        let mut expectations = Expectations::default();
        expectations.add(Command {
            id: ID,
            task_id: TaskId(Uuid::from_u128(1)),
            base_version: None,
            at: "2026-08-01T07:12:03+08:00".parse().expect("a timestamp"),
            action: Action::Claim {},
        });
        for (outcome, replayed, version) in results.iter().copied() {
            let version = Some(version);
            expectations.record(&CommandResult {
                id: ID,
                outcome,
                replayed,
                version,
                problem: None,
            });
        }
        expectations
    }

    fn contradicts(results: &[(Outcome, bool, i64)]) -> bool {
        after(results).entries().any(|entry| entry.contradiction().is_some())
    }

    #[test]
    fn a_replay_is_no_contradiction_even_if_it_arrives_first() {
        use Outcome::{Applied, Retry};
        assert!(!contradicts(&[(Retry, false, 1), (Applied, false, 8), (Applied, true, 8)]));
        assert!(!contradicts(&[(Applied, true, 8), (Applied, false, 8), (Applied, true, 8)]));
        assert_eq!(after(&[(Applied, true, 8)]).entries().count(), 1);
    }

    #[test]
    fn a_different_outcome_or_version_or_a_second_original_is_a_contradiction() {
        use Outcome::{Applied, Rejected};
        assert!(contradicts(&[(Applied, false, 8), (Rejected, true, 8)]));
        assert!(contradicts(&[(Applied, false, 8), (Applied, true, 9)]));
        assert!(contradicts(&[(Applied, false, 8), (Applied, false, 8)]));
    }
}
