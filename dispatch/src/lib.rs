//! Who visits whom: the solver, as pure functions over plain values.
//!
//! Nothing here reads a clock, a file, a socket or a random number that was
//! not handed in.
//!
//! - [`solve`] turns a [`solve::Problem`], in the words of the domain, into a
//!   [`solve::Plan`] that says, for every visit, who goes and when, or what
//!   stands in the way.
//! - [`routing`] solves one part of it, by number.
//! - [`format`] reads the files of other solvers.

pub mod format;
pub mod routing;
pub mod solve;
