//! The workload of visitors: minutes offered, planned, held and carried.
//!
//! It answers who has room for a visit and who has carried much. People are ordered by area and id; work
//! that is done counts in minutes alone, so no figure counts visits or ranks people.

pub mod days;
pub mod routes;
