//! Tasks: made, listed, claimed, started, reported, given to others.
//!
//! Every rule of a task's life is `gridward_domain::task::apply`; here a
//! command is carried to it and what it says is carried back, in one
//! transaction with the district's log.

pub mod actions;
pub mod command;
pub mod create;
pub mod model;
pub mod origin;
pub mod perform;
pub mod records;
pub mod report;
pub mod report_content;
pub mod report_flag;
pub mod report_row;
pub mod reveal;
pub mod routes;
pub mod row;
pub mod store;
pub mod summary_cache;
pub mod write;

pub use model::Task;
