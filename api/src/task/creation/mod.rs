//! New tasks: one by a person, many alike by the system, and what they follow from.

pub mod create;
pub mod occasion;
pub mod responsible;
pub mod series;
pub mod task_origin;
