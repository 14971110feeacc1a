//! Many commands to tasks in one call, with an outcome for each and ten minutes to undo them.

mod model;
pub mod routes;
mod run;
mod store;
mod undo;

use chrono::TimeDelta;

/// The most tasks of a call, and so the most commands, each of which is for one task at least.
const MOST_TASKS: usize = 2_000;

/// How long a bulk can be undone.
const UNDOABLE_FOR: TimeDelta = TimeDelta::minutes(10);
