//! The life of a task.
