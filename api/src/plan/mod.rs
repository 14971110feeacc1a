//! Dispatch over the database: who visits whom in an area and a span of days.
//!
//! [`build`] turns rows into the solver's problem, `gridward_dispatch::solve`
//! answers with a plan, [`apply`] writes it, all in one transaction. A task that
//! somebody took meanwhile stays with them.

pub mod apply;
pub mod build;
pub mod model;
pub mod routes;
pub mod run;
pub mod store;
