//! The application of a draft and its undo, in one transaction or in batches.

pub mod applied;
pub mod apply;
pub(super) mod assignment;
pub(super) mod batches;
mod free_minutes;
mod known_visits;
pub(super) mod left;
pub(super) mod left_open;
pub(super) mod moves;
pub(super) mod other_drafts;
pub mod plan_state;
pub(super) mod premises;
pub mod undo;
pub(super) mod work;
