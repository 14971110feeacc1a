//! Campaigns: the tasks of one occasion, such as the visits before the Spring Festival, for all
//! members of an audience.
//!
//! A draft is approved by another person and then launched. A launch creates the tasks in chunks,
//! each in one transaction with the place that it has reached, so a server that stops loses
//! nothing, and another one goes on. A beneficiary gets one task of a kind for an occasion, however
//! often and by how many campaigns; the same holds for the items that each member gets.

mod carried;
pub mod closing;
pub mod content;
pub mod create_tasks;
pub mod decide;
mod dry_plan;
pub mod dry_plan_model;
pub mod feasibility;
pub mod from_template;
pub mod launch_queue;
mod members;
pub mod model;
pub mod outcome_model;
pub mod outcome_routes;
pub mod progress;
pub mod remind;
pub mod report;
pub mod routes;
mod shared;
pub mod store;
pub mod template;
pub mod template_routes;
pub mod template_store;
pub mod write;

pub use model::Campaign;
