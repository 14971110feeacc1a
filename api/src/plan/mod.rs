//! Dispatch over the database: assigns visits in an area over a range of days.
//!
//! [`build`] converts rows into the solver's problem, `gridward_dispatch::solve` computes a plan,
//! and [`draft`] stores it: nothing else changes. [`apply`] assigns the tasks of a draft and
//! [`undo`] opens them again, each in one transaction; a task that has changed in the meantime
//! stays as it is.

pub mod apply;
pub mod build;
pub mod commands;
pub mod computed;
pub mod draft;
pub mod earliest;
pub mod model;
pub mod routes;
pub mod run;
pub mod span;
pub mod store;
pub mod undo;
pub mod unserved;
