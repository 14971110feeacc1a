//! The workload of visitors: minutes offered, planned and held, by day.
//!
//! It answers who has room for a visit, and deliberately nothing about work that is done: people
//! are ordered by area and id, and no figure ranks them.

pub mod days;
pub mod routes;
