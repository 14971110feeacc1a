//! What was done and has no final outcome yet, in the order in which it was done.
//! Nothing leaves but by a final outcome: no reset, no bad answer, no lost one.

use crate::wire::{Command, CommandResult, MOST_COMMANDS};

/// The commands that wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    waiting: Vec<Command>,
}

impl Outbox {
    /// Puts a command at the end.
    pub fn add(&mut self, command: Command) {
        self.waiting.push(command);
    }

    /// Hears what became of a command; a final outcome takes it out. Answers
    /// whether it was waiting and is now gone.
    pub fn hear(&mut self, result: &CommandResult) -> bool {
        let before = self.waiting.len();
        if result.outcome.is_final() {
            self.waiting.retain(|command| command.id != result.id);
        }
        self.waiting.len() < before
    }

    /// All that waits, in order.
    pub fn waiting(&self) -> &[Command] {
        &self.waiting
    }

    /// What goes with the next push: as much from the front as one may carry.
    pub fn next_push(&self) -> &[Command] {
        &self.waiting[..self.waiting.len().min(MOST_COMMANDS)]
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::visitor;
    use crate::wire::{CommandId, Deed, Outcome, Push, TaskId, VisitOutcome};

    fn command(n: u128, deed: Deed) -> Command {
        Command {
            id: CommandId(Uuid::from_u128(n)),
            task_id: TaskId(Uuid::from_u128(1)),
            base_version: Some(i64::MAX),
            at: "2026-08-01T07:12:03.123456789+08:00".parse().expect("a moment"),
            deed,
        }
    }

    fn result(n: u128, outcome: Outcome) -> CommandResult {
        let id = CommandId(Uuid::from_u128(n));
        CommandResult { id, outcome, replayed: false, version: None, problem: None }
    }

    #[test]
    fn a_full_push_of_long_reports_fits_into_256_kib() {
        let longest = Deed::Report {
            outcome: VisitOutcome::NeedsFollowUp,
            note: "注".repeat(visitor::LONGEST_NOTE),
            needs: vec!["medical", "living", "housing"],
        };
        let mut outbox = Outbox::default();
        (0..150).for_each(|n| outbox.add(command(n, longest.clone())));
        let push = Push {
            cursor: Some("c".repeat(256)),
            limit: 1000,
            device: "d".repeat(64),
            device_time: outbox.waiting()[0].at,
            commands: outbox.next_push().to_vec(),
        };
        assert_eq!(push.commands.len(), MOST_COMMANDS);
        assert!(serde_json::to_vec(&push).expect("JSON").len() < 256 * 1024);
    }

    proptest! {
        #[test]
        fn only_a_final_outcome_takes_a_command_out_and_the_others_keep_their_order(
            heard in prop::collection::vec((0u128..30, 0usize..4), 0..60),
        ) {
            let outcomes = [Outcome::Applied, Outcome::Recorded, Outcome::Rejected, Outcome::Retry];
            let mut outbox = Outbox::default();
            (0..20).for_each(|n| outbox.add(command(n, Deed::Claim {})));
            let mut left: Vec<u128> = (0..20).collect();
            for (n, outcome) in heard {
                let gone = outbox.hear(&result(n, outcomes[outcome]));
                prop_assert_eq!(gone, outcome < 3 && left.contains(&n));
                if outcome < 3 {
                    left.retain(|other| *other != n);
                }
            }
            let ids: Vec<u128> = outbox.waiting().iter().map(|c| c.id.0.as_u128()).collect();
            prop_assert_eq!(ids, left);
        }
    }
}
