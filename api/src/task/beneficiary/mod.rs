//! The tasks and the visits of a beneficiary, and what a change of the entry does to them.

pub mod beneficiary_change;
pub mod last_visits;
pub mod of_beneficiary;
pub mod of_ended;
pub mod visitors;
pub mod visits;
