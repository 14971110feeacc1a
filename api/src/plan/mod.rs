//! Dispatch over the database: assigns visits in an area over a range of days.
//!
//! [`build`] converts rows into the solver's problem, `gridward_dispatch::solve` computes a
//! plan, [`apply`] writes it, all in one transaction. A task claimed in the meantime keeps
//! its assignee.

pub mod apply;
pub mod build;
pub mod model;
pub mod routes;
pub mod run;
pub mod store;
pub mod unserved;
