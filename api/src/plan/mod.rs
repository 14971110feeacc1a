//! Dispatch over the database: assigns visits in an area over a range of days.
//!
//! A [`request`] waits in the [`queue`](compute::queue) until the [`planner`](compute::planner) of a server takes
//! it. [`run`](compute::run) reads the rows, [`build`](problem::build) converts them into the solver's problem,
//! `gridward_dispatch::solve` computes a plan, and [`draft`](drafts::draft) stores it: nothing else changes.
//! [`apply`](execution::apply) assigns the tasks of a draft and [`undo`](execution::undo) opens them again, each in
//! one transaction, or in several if there are many; a task that has changed in the meantime stays as it is. The
//! job `plan_upkeep` orders the plans of the nights, those of tasks that lost their assignee and of urgent new
//! ones, and takes back what was not accepted in time or is held up by an earlier visit ([`upkeep`]).

pub mod commands;
pub mod compute;
pub mod drafts;
pub mod execution;
pub mod initial_settings;
pub mod model;
pub mod plan_row;
pub mod problem;
pub mod request;
pub mod routes;
pub mod settings;
pub mod settings_routes;
pub mod store;
pub mod upkeep;
