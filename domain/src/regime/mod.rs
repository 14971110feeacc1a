//! A regime: a standing duty to visit the members of an audience every so many days.
//!
//! Each member has a fixed day in the cycle of the regime, so that the visits of each grid and of
//! the district are spread evenly ([`phase`]), and stay so when members come and go. A visit falls
//! due on the member's day of each cycle, unless a contact shortly before has satisfied it; after
//! a gap one visit makes up for all that were missed, and those of many members are spread again
//! ([`due`]).

mod due;
mod phase;
#[cfg(test)]
mod tests;

pub use due::{Due, Rule, due};
pub use phase::{Phase, Spread};
