//! The table of the life: which command moves a task from where to where, and
//! who may send it. [`super::apply`] keeps to it, and the diagram is drawn from it.

use crate::word::VariantArray as _;
use crate::word::Word as _;
use crate::word::{UnknownWord, unknown};
use std::fmt::Write as _;

use super::state::Phase;
use crate::authority::{Action, Role, permits};

/// The words of the commands, without what they carry.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Verb>)]
pub enum Verb {
    /// Give an open task to somebody, as dispatch does.
    Assign,
    /// Take it on oneself.
    Claim,
    /// Say yes to one that was given.
    Accept,
    /// Say no to one that was given.
    Decline,
    /// Give it back.
    Release,
    /// Begin.
    Start,
    /// Say how it ended.
    Report,
    /// Give it to somebody, whoever has it now.
    Reassign,
    /// Move its days or its window.
    Reschedule,
    /// Put it on the escalation_level one level up.
    Escalate,
    /// Call it off.
    Cancel,
    /// Begin again with one that is over.
    Reopen,
    /// End one whose time ran out.
    Expire,
}

use Phase::{Accepted, Assigned, Cancelled, Done, Expired, Failed, InProgress, Open};

/// Every move there is: verb, from where, to where.
pub const MOVES: &[(Verb, &[Phase], &[Phase])] = &[
    (Verb::Assign, &[Open], &[Assigned]),
    (Verb::Claim, &[Open, Assigned], &[Accepted]),
    (Verb::Accept, &[Assigned], &[Accepted]),
    (Verb::Decline, &[Assigned], &[Open]),
    (Verb::Release, &[Assigned, Accepted, InProgress], &[Open]),
    (Verb::Start, &[Assigned, Accepted], &[InProgress]),
    (Verb::Report, &[Assigned, Accepted, InProgress], &[Done, Failed, Open]),
    // Only by who held it when the report was made, on a phone without a network.
    (Verb::Report, &[Open], &[Done]),
    (Verb::Reassign, &[Open, Assigned, Accepted, InProgress], &[Assigned]),
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
];

impl Verb {
    /// Whether a person of `role` may ever send it; only a background job expires tasks.
    pub const fn is_for(self, role: Role) -> bool {
        match self {
            Self::Claim
            | Self::Accept
            | Self::Decline
            | Self::Release
            | Self::Start
            | Self::Report => permits(role, Action::WorkTask),
            Self::Assign | Self::Reassign | Self::Reschedule | Self::Escalate | Self::Cancel => {
                permits(role, Action::DirectTask)
            }
            Self::Reopen => permits(role, Action::ReopenTask),
            Self::Expire => false,
        }
    }

    /// Whether it decides over a task whoever has it, rather than tells what its holder does.
    pub const fn decides_for_others(self) -> bool {
        matches!(
            self,
            Self::Assign
                | Self::Reassign
                | Self::Reschedule
                | Self::Escalate
                | Self::Cancel
                | Self::Reopen
        )
    }

    /// Whether Gridward itself sends it: dispatch and background jobs.
    pub const fn is_automatic(self) -> bool {
        matches!(self, Self::Assign | Self::Escalate | Self::Expire)
    }

    /// Whether it can move a task from `phase` at all.
    pub fn starts_at(self, phase: Phase) -> bool {
        MOVES.iter().any(|(verb, from, _)| *verb == self && from.contains(&phase))
    }

    /// Whether it can move a task from one phase to the other.
    pub fn moves(self, from: Phase, to: Phase) -> bool {
        let goes = |(verb, starts, ends): &&(Self, &[Phase], &[Phase])| {
            *verb == self && starts.contains(&from) && ends.contains(&to)
        };
        MOVES.iter().any(|one| goes(&one))
    }
}

/// The life of a task as a mermaid state diagram, one arrow for each pair of
/// phases that some verb joins.
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> open\n");
    for from in Phase::VARIANTS.iter().copied() {
        for to in Phase::VARIANTS.iter().copied() {
            let verbs = Verb::VARIANTS.iter().copied().filter(|verb| verb.moves(from, to));
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
    fn every_verb_moves_something_and_is_somebodys() {
        for verb in Verb::VARIANTS {
            assert!(MOVES.iter().any(|(one, ..)| *one == verb), "{}", verb.as_str());
            let somebodys = Role::VARIANTS.iter().copied().any(|role| verb.is_for(role));
            assert!(somebodys || verb.is_automatic(), "{}", verb.as_str());
        }
    }
}
