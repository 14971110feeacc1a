//! The moves of cases: people decide, return and refer them, step by step.
//!
//! The rules are those of the path (`gridward_domain::case`): a step that is not next is refused with
//! what may come. A move that was sent before gets the same answer. A step may await a task, which is
//! created with the move to it; the finder of a matter has a notice when its case is closed.

mod added_category;
mod closing_notice;
mod content;
pub mod move_case;
pub mod routes;
mod step_task;

pub use content::CaseMoveSent;
