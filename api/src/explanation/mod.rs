//! Why a task is with its assignee and on its day, and who else could make the visit, in fields and
//! in sentences. Nothing is written.
//!
//! Names and ids of other people are shown only to callers who may read those people.

pub mod candidates;
mod day_sentences;
mod day_words;
pub mod given;
pub mod held;
pub mod hindrance;
mod known;
pub mod model;
mod others;
pub mod read;
pub mod routes;
pub mod sentences;
pub mod share_period;
mod unplanned;
