//! The solver: assigns visits to volunteers and times, as pure functions over plain values.
//!
//! The crate reads no clock, file or socket, and no random number but those of a given seed.
//!
//! - [`solve`] turns a [`solve::DispatchProblem`], in words of the domain, into a
//!   [`solve::Plan`]: for every visit the volunteer and the time, or why it is unserved.
//! - [`routing`] plans one part, by number.
//! - [`format`] reads the files of other solvers.
//! - [`interrupt`] ends a computation from outside.

pub mod format;
pub mod interrupt;
pub mod routing;
pub mod solve;
