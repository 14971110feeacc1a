//! What the checks expect of the server: every command that a phone created, and every distinct
//! final result that the server gave it, including results that never reached the phone. Only the
//! checks read it.

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::{Action, Command, CommandId, CommandResult, Outcome, Page, PersonId, TaskId};

/// A command and the results that the server gave it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The command.
    pub command: Command,
    /// Whether a page had shown its task as assigned to the user before its creation.
    pub after_assignment: bool,
    /// The number of its first answer among all answers, final or not.
    pub first_answer: Option<usize>,
    /// The number of its first final answer.
    pub final_answer: Option<usize>,
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
    /// The tasks that a page has shown as assigned to the user.
    assigned: BTreeSet<TaskId>,
    /// The number of answers.
    answers: usize,
}

impl Expectations {
    /// Adds a new command.
    pub fn add(&mut self, command: Command) {
        let after_assignment = self.assigned.contains(&command.task_id);
        let entry = Entry {
            command,
            after_assignment,
            first_answer: None,
            final_answer: None,
            results: Vec::new(),
        };
        self.entries.insert(entry.command.id, entry);
    }

    /// Records the tasks that a page shows as assigned to `me`.
    ///
    /// # Errors
    /// When a task lacks a required field.
    pub fn see(&mut self, page: &Page, me: PersonId) -> Result<(), serde_json::Error> {
        for change in &page.changes {
            let mine = change.task()?.filter(|task| task.assignee_id == Some(me));
            self.assigned.extend(mine.map(|task| task.id));
        }
        Ok(())
    }

    /// Whether the server knew, when it settled `entry`, that the user was or would be the assignee
    /// of its task: a page showed so, or the server had answered a command that took the task, even
    /// if that took effect later.
    pub fn had_assigned(&self, entry: &Entry) -> bool {
        let took = |other: &Entry| {
            let action = &other.command.action;
            other.command.task_id == entry.command.task_id
                && matches!(action, Action::Claim {} | Action::Accept {} | Action::Start {})
                && other.outcome().is_some_and(|result| result.outcome == Outcome::Applied)
                && other.first_answer.is_some()
                && other.first_answer < entry.final_answer
        };
        entry.after_assignment || self.entries.values().any(took)
    }

    /// Records a result; ignores one of an unknown command.
    pub fn record(&mut self, result: &CommandResult) {
        let Some(entry) = self.entries.get_mut(&result.id) else { return };
        self.answers += 1;
        entry.first_answer.get_or_insert(self.answers);
        if result.outcome.is_final() {
            entry.final_answer.get_or_insert(self.answers);
        }
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
