//! Who makes a visit: what an assignment breaks, visits that are tied to others, and those that lost their assignee.

pub mod assignee_away;
pub mod assignees;
pub mod breach;
pub mod freed;
pub mod given;
mod group_breaches;
pub(super) mod pair;
pub mod recipients;
pub mod refusals;
pub mod takers;
pub mod task_tie;
pub mod tie;
mod tie_members;
