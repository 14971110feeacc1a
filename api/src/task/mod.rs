//! Tasks: create, list, claim, start, report, assign.
//!
//! `gridward_domain::task::apply` holds every rule; this module applies a command with it
//! and writes the result, in one transaction with the district's log.

pub mod actions;
pub mod aging;
pub mod assignees;
pub mod beneficiary_change;
pub mod breach;
pub mod bulk;
pub mod command;
pub mod commitments;
pub mod create;
pub mod edit;
pub mod facts;
pub mod filter;
mod finder_notice;
pub mod freed;
pub mod history;
pub mod model;
pub mod names;
pub mod occasion;
pub mod of_beneficiary;
pub mod of_ended;
mod on_behalf;
pub mod origin;
pub mod overlap;
mod pair;
pub mod perform;
pub mod planned_why;
pub mod projection;
pub mod records;
pub mod release;
pub mod report;
pub mod report_amend;
pub mod report_authors;
mod report_consequences;
pub mod report_content;
pub mod report_flag;
pub mod report_list;
pub mod report_row;
pub mod report_sealed;
pub mod report_versions;
mod representation;
mod reschedule;
pub mod responsible;
pub mod reveal;
pub mod reveal_allowance;
pub mod reveal_budget;
pub mod routes;
pub mod row;
pub mod series;
pub mod store;
pub mod summaries;
pub mod summary_cache;
mod summary_row;
pub mod takers;
pub mod task_origin;
pub mod task_tie;
pub mod tie;
pub mod transition;
pub mod unserved_why;
pub mod visits;
pub mod waiting;
pub mod words;
pub mod write;

pub use model::Task;
