//! Why a task is with its assignee and on its day, and who else could make the visit, in fields and
//! in sentences. Nothing is written.
//!
//! Names and ids of other people are shown only to callers who may read those people.

pub mod candidate_sentences;
pub mod candidates;
mod day_sentences;
pub mod day_words;
#[cfg(test)]
mod fixture;
pub mod given;
pub mod held;
pub mod hindrance;
mod known;
pub mod model;
mod others;
pub mod planned_sentences;
pub mod read;
pub mod routes;
pub mod sentence;
pub mod share_period;
mod task_log;
pub mod time_sentences;
mod unplanned;
