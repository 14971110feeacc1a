//! Tasks: create, list, claim, start, report, assign.
//!
//! `gridward_domain::task::apply` holds every rule; [`commands`] applies a command with it and writes the
//! result, in one transaction with the district's log. [`creation`] makes tasks, [`assignment`] and [`schedule`]
//! decide who may have them at which time, [`reports`] take what came of them, and [`view`] shows them.

pub mod assignment;
pub mod beneficiary;
pub mod bulk;
pub mod commands;
pub mod creation;
pub mod model;
pub mod reports;
pub mod reveals;
pub mod routes;
pub mod row;
pub mod schedule;
pub mod store;
pub mod view;
pub mod words;

pub use model::Task;
