//! The log: no event is missed, every change to it is detected, and access is limited to the area.

mod archives;
mod events;

use crate::support::Database;
use crate::support::server::{gridward, said};

/// Runs `gridward verify-log`; returns whether the log is valid, and the output.
pub(crate) fn verify(database: &Database, more: &[&str]) -> (bool, String) {
    let args: Vec<&str> = ["verify-log"].iter().chain(more).copied().collect();
    let output = gridward(database, &args).output().expect("it runs");
    (output.status.success(), said(&output))
}
