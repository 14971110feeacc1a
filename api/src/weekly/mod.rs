//! The week of an area on one page: the needs that visits found, the help that followed, and the
//! areas without contact.
//!
//! A need is the follow-up task that a report creates, so that the time from need to help is that
//! of a task. Each figure is the number of the rows of one filter of `GET /v1/tasks`
//! ([`figure::TaskList`]), which the answer links, so that every figure can be checked. No figure
//! and no line belongs to a member of the staff.

pub mod figure;
pub mod model;
mod quiet;
mod read;
pub mod routes;
mod sheet;
pub mod week;
