//! Background jobs: the work that a server does without a request.
//!
//! A job is a type that implements [`Job`], in its own file, with one line
//! in [`registry`]. The [`scheduler`] runs each job in every district according to its
//! [`Schedule`]. A job that fails or panics delays neither the other jobs
//! nor its own next run, and one server at a time runs a job in a district
//! ([`lock`]). The last run of each is kept in `job_runs` ([`store`]).

pub mod archive_events;
pub mod campaign_launches;
pub mod casework;
pub mod ended_cases;
pub mod ended_records;
pub mod expired_uploads;
pub mod forget_commands;
pub mod job;
pub mod lock;
pub mod orphaned_tasks;
pub mod overdue_cases;
mod overdue_tasks;
pub mod plan_retention;
pub mod plan_upkeep;
pub mod regimes;
pub mod registry;
pub mod run;
pub mod schedule;
pub mod scheduler;
pub mod seal_passwords;
pub mod store;

pub use job::{Job, JobContext, JobError, RunFuture};
pub use registry::registry;
pub use schedule::Schedule;
