//! A regime: a standing duty to visit the members of an audience by a cadence.
//!
//! In a cycle of a fixed length each member has a fixed day, so that the visits of each grid and of
//! the district are spread evenly ([`phase`]), and stay so when members come and go. The visits at a
//! birthday and after a stay in hospital ([`cadence`]) follow a day of the member's entry instead, those after
//! a need the day on which it was found, those at an occasion its days in the district's calendar, which the caller
//! has read. A visit falls due on the member's
//! day, unless a contact shortly before has satisfied it; after a gap one visit makes up for all that were
//! missed, and those of many members are spread again ([`due`]). One visit of a kind is made for several duties that
//! have it in time ([`shared`]).

mod cadence;
mod due;
mod phase;
mod shared;
#[cfg(test)]
mod tests;

pub use cadence::{Cadence, CadenceParts, CadenceType, RegimeSubject, SatisfiedBy, birthday};
pub use due::{Due, MemberDays, OccasionDays, Rule, due, followed};
pub use phase::{Phase, Spread};
pub use shared::VisitDays;
