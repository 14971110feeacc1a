//! What becomes of a person's work when the person leaves, moves or gets another role.
//!
//! [`decide`] gives each unfinished task one outcome, as a pure function: it is given to a named
//! person, opened for the next plan, or, if it can, stays; `rules` opens what the person may not have by
//! the rules of an assignment. A manager goes only with a successor, so a grid is never without a manager.
//! A preview stops there; otherwise the person and the tasks change in one transaction, and every event
//! says why.

pub mod apply;
pub mod appoint;
pub mod candidates;
pub mod decide;
pub mod depart;
pub mod departure_entry;
pub mod departures;
mod loads;
pub mod model;
pub mod orphaned;
pub mod person_state;
pub mod regimes;
pub mod relocate;
pub mod repeat;
pub mod routes;
mod rules;
pub mod situation;
mod spread;

use gridward_domain::task::Phase;

#[cfg(test)]
mod tests;

/// The word in the events of tasks whose assignee has left.
pub const ASSIGNEE_LEFT: &str = "assignee_left";
/// The word in the events of tasks whose assignee is suspended.
pub const ASSIGNEE_SUSPENDED: &str = "assignee_suspended";
/// The phases of the tasks that a suspended person gives back: a visit that has started stays.
const GIVEN_BACK: [Phase; 2] = [Phase::Assigned, Phase::Accepted];
/// The word in the events of tasks whose assignee works elsewhere, or visits no longer.
pub const ASSIGNEE_MOVED: &str = "assignee_moved";
