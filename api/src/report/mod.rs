//! The register of reports: what visits found, listed and counted by area, day, outcome, kind, need,
//! author and beneficiary.
//!
//! Reports are amended by their writers, and the contents before stay readable.
//!
//! A list shows neither notes, answers, positions nor photos: `GET /v1/tasks/{id}/reports` does, and
//! the log records who read it.

pub mod amendments;
pub mod filter;
pub mod model;
pub mod routes;
pub mod store;
mod totals;
