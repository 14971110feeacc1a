//! The transition table: the verbs, the phases they connect, and the roles that may send
//! them. [`super::apply`] and [`super::apply_automatic`] enforce it, and the diagram is
//! generated from it.

use crate::word::VariantArray as _;
use crate::word::Word as _;
use crate::word::{UnknownWord, unknown};
use std::fmt::Write as _;

use super::state::Phase;
use crate::authority::{Action, Role, permits};

/// The verbs of the commands, without arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Verb>)]
pub enum Verb {
    /// Assigns an open task to a person, as a plan does.
    Assign,
    /// Claims an open task.
    Claim,
    /// Accepts an assigned task.
    Accept,
    /// Declines an assigned task.
    Decline,
    /// Releases the task.
    Release,
    /// Starts the task.
    Start,
    /// Reports the outcome.
    Report,
    /// Assigns the task to a person, whether or not it has an assignee. The system does so only with a task
    /// that is not accepted yet.
    Reassign,
    /// Takes the task from its assignee.
    Unassign,
    /// Moves the days or the window of the task; the system makes it due earlier, for another duty.
    Reschedule,
    /// Escalates the task by one level.
    Escalate,
    /// Cancels the task.
    Cancel,
    /// Reopens a finished task.
    Reopen,
    /// Expires an overdue task.
    Expire,
    /// Moves the task to another grid or home, along with its beneficiary.
    Move,
}

use Phase::{Accepted, Assigned, Cancelled, Done, Expired, Failed, InProgress, Open};

/// Every transition: verb, source phase, target phase.
pub const TRANSITIONS: &[(Verb, &[Phase], &[Phase])] = &[
    (Verb::Assign, &[Open], &[Assigned]),
    (Verb::Claim, &[Open, Assigned], &[Accepted]),
    (Verb::Accept, &[Assigned], &[Accepted]),
    (Verb::Decline, &[Assigned], &[Open]),
    (Verb::Release, &[Assigned, Accepted, InProgress], &[Open]),
    (Verb::Start, &[Assigned, Accepted], &[InProgress]),
    (Verb::Report, &[Assigned, Accepted, InProgress], &[Done, Failed, Open]),
    // Only by the assignee at the time of the report, from a phone that was offline.
    (Verb::Report, &[Open], &[Done]),
    (Verb::Reassign, &[Open, Assigned, Accepted, InProgress], &[Assigned]),
    (Verb::Unassign, &[Assigned, Accepted, InProgress], &[Open]),
    (Verb::Reschedule, &[Open], &[Open]),
    (Verb::Reschedule, &[Assigned], &[Assigned]),
    (Verb::Reschedule, &[Accepted], &[Accepted]),
    (Verb::Escalate, &[Open], &[Open]),
    (Verb::Escalate, &[Assigned], &[Assigned]),
    (Verb::Escalate, &[Accepted], &[Accepted]),
    (Verb::Escalate, &[InProgress], &[InProgress]),
    (Verb::Escalate, &[Failed], &[Failed]),
    (Verb::Cancel, &[Open, Assigned, Accepted, InProgress, Failed], &[Cancelled]),
    (Verb::Reopen, &[Done, Failed, Cancelled, Expired], &[Open]),
    (Verb::Expire, &[Open, Assigned, Accepted], &[Expired]),
    (Verb::Move, &[Open], &[Open]),
    (Verb::Move, &[Assigned], &[Assigned, Open]),
    (Verb::Move, &[Accepted], &[Accepted]),
    (Verb::Move, &[InProgress], &[InProgress]),
];

impl Verb {
    /// Whether a person of `role` may ever send it; some verbs are only automatic.
    pub const fn is_for(self, role: Role) -> bool {
        match self {
            Self::Claim
            | Self::Accept
            | Self::Decline
            | Self::Release
            | Self::Start
            | Self::Report => permits(role, Action::WorkTask),
            Self::Reassign | Self::Unassign | Self::Reschedule | Self::Escalate | Self::Cancel => {
                permits(role, Action::DirectTask)
            }
            Self::Reopen => permits(role, Action::ReopenTask),
            Self::Assign | Self::Expire | Self::Move => false,
        }
    }

    /// Whether it is a decision about a task, with or without an assignee, rather than a
    /// command of the assignee.
    pub const fn decides_for_others(self) -> bool {
        matches!(
            self,
            Self::Reassign
                | Self::Unassign
                | Self::Reschedule
                | Self::Escalate
                | Self::Cancel
                | Self::Reopen
        )
    }

    /// Whether an automatic command has it; some are also for people.
    pub const fn is_automatic(self) -> bool {
        matches!(
            self,
            Self::Assign
                | Self::Reassign
                | Self::Reschedule
                | Self::Escalate
                | Self::Expire
                | Self::Move
                | Self::Release
                | Self::Cancel
                | Self::Reopen
        )
    }

    /// Whether it is valid in `phase`.
    pub fn starts_at(self, phase: Phase) -> bool {
        TRANSITIONS.iter().any(|(verb, from, _)| *verb == self && from.contains(&phase))
    }

    /// Whether it leads from one phase to the other.
    pub fn leads(self, from: Phase, to: Phase) -> bool {
        let goes = |(verb, starts, ends): &&(Self, &[Phase], &[Phase])| {
            *verb == self && starts.contains(&from) && ends.contains(&to)
        };
        TRANSITIONS.iter().any(|one| goes(&one))
    }
}

/// The life cycle as a mermaid state diagram, with one arrow for each pair of phases that a
/// verb connects.
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> open\n");
    for from in Phase::VARIANTS.iter().copied() {
        for to in Phase::VARIANTS.iter().copied() {
            let verbs = Verb::VARIANTS.iter().copied().filter(|verb| verb.leads(from, to));
            let words: Vec<&str> = verbs.map(Verb::as_str).collect();
            if !words.is_empty() {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "    {from} --> {to}: {}", words.join(", "));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diagram_in_the_architecture_is_the_tables() {
        let page = include_str!("../../../ARCHITECTURE.md");
        assert!(page.contains(&diagram()), "ARCHITECTURE.md must show:\n{}", diagram());
    }

    #[test]
    fn every_verb_has_a_transition() {
        for verb in Verb::VARIANTS.iter().copied() {
            assert!(TRANSITIONS.iter().any(|(one, ..)| *one == verb), "{}", verb.as_str());
        }
    }
}
