//! Commands without a final outcome, in order of creation. Only a final outcome removes a command;
//! a reset, an error or a lost response does not.

use crate::wire::{Command, CommandResult, MOST_COMMANDS};

/// The pending commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    pending: Vec<Command>,
}

impl Outbox {
    /// Appends a command.
    pub fn add(&mut self, command: Command) {
        self.pending.push(command);
    }

    /// Removes the command of a final result. Returns whether it was pending.
    pub fn settle(&mut self, result: &CommandResult) -> bool {
        let before = self.pending.len();
        if result.outcome.is_final() {
            self.pending.retain(|command| command.id != result.id);
        }
        self.pending.len() < before
    }

    /// All pending commands, in order.
    pub fn pending(&self) -> &[Command] {
        &self.pending
    }

    /// The commands of the next push: from the front, as many as one may carry.
    pub fn next_push(&self) -> &[Command] {
        &self.pending[..self.pending.len().min(MOST_COMMANDS)]
    }

    /// Whether no command is pending.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::user;
    use crate::wire::{Action, CommandId, Outcome, Push, TaskId, VisitOutcome};

    fn command(n: u128, action: Action) -> Command {
        Command {
            id: CommandId(Uuid::from_u128(n)),
            task_id: TaskId(Uuid::from_u128(1)),
            base_version: Some(i64::MAX),
            at: "2026-08-01T07:12:03.123456789+08:00".parse().expect("a timestamp"),
            action,
        }
    }

    fn result(n: u128, outcome: Outcome) -> CommandResult {
        let id = CommandId(Uuid::from_u128(n));
        CommandResult { id, outcome, replayed: false, version: None, problem: None }
    }

    #[test]
    fn a_full_push_of_long_reports_fits_into_256_kib() {
        let longest = Action::Report {
            outcome: VisitOutcome::NeedsFollowUp,
            note: "注".repeat(user::LONGEST_NOTE),
            needs: vec!["medical", "living", "housing"],
        };
        let mut outbox = Outbox::default();
        (0..150).for_each(|n| outbox.add(command(n, longest.clone())));
        let push = Push {
            cursor: Some("c".repeat(256)),
            limit: 1000,
            device: "d".repeat(64),
            device_time: outbox.pending()[0].at,
            commands: outbox.next_push().to_vec(),
        };
        assert_eq!(push.commands.len(), MOST_COMMANDS);
        assert!(serde_json::to_vec(&push).expect("JSON").len() < 256 * 1024);
    }

    proptest! {
        #[test]
        fn only_a_final_outcome_removes_a_command_and_the_order_is_kept(
            results in prop::collection::vec((0u128..30, 0usize..4), 0..60),
        ) {
            let outcomes = [Outcome::Applied, Outcome::Recorded, Outcome::Rejected, Outcome::Retry];
            let mut outbox = Outbox::default();
            (0..20).for_each(|n| outbox.add(command(n, Action::Claim {})));
            let mut left: Vec<u128> = (0..20).collect();
            for (n, outcome) in results {
                let removed = outbox.settle(&result(n, outcomes[outcome]));
                prop_assert_eq!(removed, outcome < 3 && left.contains(&n));
                if outcome < 3 {
                    left.retain(|other| *other != n);
                }
            }
            let ids: Vec<u128> = outbox.pending().iter().map(|c| c.id.0.as_u128()).collect();
            prop_assert_eq!(ids, left);
        }
    }
}
