//! Gridward's decisions, as pure functions over plain values.
//!
//! Nothing here reads a clock, a file, a socket or a random number that was
//! not handed in. The crate has three parts, each readable alone:
//!
//! - **The words of the domain**: [`area`] (the four levels and their codes),
//!   [`place`] (WGS-84 points), [`time`] (minutes, times of day, windows),
//!   [`id`] and [`skill`].
//! - **Who may do what**: [`authority`] holds the one table of role by action;
//!   [`task`] holds the life of a task, every rule in one function.
//! - **Who visits whom**: [`solve`] turns a [`solve::Problem`] into a
//!   [`solve::Plan`] that says, for every visit, who goes and when, or what
//!   stands in the way.

pub mod area;
pub mod authority;
pub mod format;
pub mod id;
pub mod place;
pub mod routing;
#[cfg(feature = "schema")]
mod schema;
pub mod skill;
pub mod solve;
pub mod task;
pub mod time;
