//! The violations of the guarantees.

use std::time::Duration;

use thiserror::Error;

use crate::clerk::Edit;
use crate::copy::Difference;
use crate::event_log::Event;
use crate::expectations::Entry;
use crate::revocation::Outlasted;
use crate::session::session_log::SignOut;
use crate::wire::{CommandResult, PersonId, Task};

/// A violated guarantee.
#[derive(Clone, Debug, Error)]
pub enum Violation {
    /// 1: the copy differs from a fresh snapshot.
    #[error("the copy of {person} differs from a fresh snapshot: {difference}")]
    Copy {
        /// Whose phone.
        person: PersonId,
        /// The first row in which they differ.
        difference: Box<Difference>,
    },
    /// 1: the phone holds a task outside its user's scope.
    #[error("{person} of {grid} holds a task outside their scope: {task:?}")]
    Scope {
        /// Whose phone.
        person: PersonId,
        /// Their grid.
        grid: String,
        /// The task.
        task: Box<Task>,
    },
    /// 2: the log and the results of a report disagree.
    #[error("the report {} is {what}\n  command: {:?}\n  results: {:?}\n  in the log: {}", .entry.command.id, .entry.command, .entry.results, listed(.events))]
    Report {
        /// What is wrong.
        what: &'static str,
        /// The report and its results.
        entry: Box<Entry>,
        /// The events that name it.
        events: Vec<Event>,
    },
    /// 2: the log has a report of this run that no phone created.
    #[error("the log has a report that no phone created: {0:?}")]
    Unexpected(Box<Event>),
    /// 3: two consecutive events of a task contradict each other.
    #[error("the events of a task are inconsistent: {what}\n  before: {}\n  then:   {after:?}", .before.as_ref().map_or("nothing".to_owned(), |event| format!("{event:?}")))]
    Discontinuity {
        /// What is wrong.
        what: &'static str,
        /// The previous event of the task.
        before: Option<Box<Event>>,
        /// The contradicting event.
        after: Box<Event>,
    },
    /// 4: a command has two outcomes.
    #[error("a command has two outcomes: {command}\n  one:   {one:?}\n  other: {other:?}")]
    TwoOutcomes {
        /// The command.
        command: String,
        /// One answer.
        one: Box<CommandResult>,
        /// Another.
        other: Box<CommandResult>,
    },
    /// 4: a command has no final outcome.
    #[error("a command has no final outcome: {0}")]
    NoOutcome(String),
    /// 5: a sequence number is missing from the log.
    #[error("the log has a gap between {before} and {after}")]
    Gap {
        /// The number before; 0 at the beginning.
        before: i64,
        /// The number that follows.
        after: i64,
    },
    /// 6: a session ended without a reason.
    #[error("{person} was signed out ({}) without a revocation, {:.1?} after the session was last renewed", .sign_out.code, .sign_out.at - .sign_out.renewed.sent)]
    SignedOut {
        /// Whose session.
        person: PersonId,
        /// What the device recorded.
        sign_out: Box<SignOut>,
    },
    /// 6: a session was renewed after its idle time.
    #[error(
        "a session of {person} was renewed after {unused:.1?} without use, although it ends after {idle:.1?}"
    )]
    OutlivedIdle {
        /// Whose session.
        person: PersonId,
        /// The time without a renewal.
        unused: Duration,
        /// The setting.
        idle: Duration,
    },
    /// 7: a revoked device was still admitted.
    #[error("a revoked device was still admitted: {0:.1?}")]
    StillIn(Outlasted),
    /// 8: two sign-ins of a device answered different keys of its local storage.
    #[error("a device of {0} got two keys for its local storage")]
    DeviceKey(PersonId),
    /// 9: the log lacks an acknowledged edit of the registers, or has it more than once.
    #[error("an acknowledged edit is in the log {times} times: {edit:?}")]
    Edit {
        /// The edit.
        edit: Edit,
        /// How often the log has it.
        times: u32,
    },
}

fn listed(events: &[Event]) -> String {
    if events.is_empty() {
        return "nothing".to_owned();
    }
    events.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>().join("\n    ")
}
