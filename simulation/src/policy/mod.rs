//! The ways to assign tasks.
//!
//! A policy proposes visits in the evening, from the next day on. It knows the tasks, the hours of
//! people and the illnesses that were reported; it does not know who will decline or be out.

mod dispatch;
mod insert;
mod nearest;
mod random;

#[cfg(test)]
pub(crate) use dispatch::problem;

use gridward_dispatch::solve::PlanError;
use serde::Serialize;

use crate::demand::Day;
use crate::diary::Diary;
use crate::state::World;

/// A way to assign tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The solver plans the next seven days every evening; accepted visits are pinned.
    Dispatch,
    /// Every task goes to the person who lives nearest and has time, on the first possible day.
    NearestFirst,
    /// People look for open tasks now and then and claim some at random: those of their grid, and
    /// those of the village or town that have waited.
    RandomClaims,
}

/// A visit that a person is asked to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The number of the task.
    pub task: usize,
    /// The number of the person.
    pub person: usize,
    /// The day.
    pub day: Day,
}

/// What a policy proposes: the diary with the offers in it.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// The diary if all people accept.
    pub diary: Diary,
    /// The new visits.
    pub offers: Vec<Offer>,
}

impl Policy {
    /// All policies, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Dispatch, Self::NearestFirst, Self::RandomClaims];

    /// The name in tables and plots.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::NearestFirst => "nearest first",
            Self::RandomClaims => "random claims",
        }
    }

    /// Whether people are asked; otherwise they have chosen the visits themselves.
    pub const fn asks(self) -> bool {
        !matches!(self, Self::RandomClaims)
    }

    /// The proposal of this evening.
    ///
    /// # Errors
    /// As [`gridward_dispatch::solve::plan`].
    pub(crate) fn propose(self, world: &World<'_>) -> Result<Proposal, PlanError> {
        match self {
            Self::Dispatch => dispatch::propose(world),
            Self::NearestFirst => Ok(nearest::propose(world)),
            Self::RandomClaims => Ok(random::propose(world)),
        }
    }
}
