//! Gridward as its users meet it: the real binary, over HTTP, on SQLite and on
//! PostgreSQL. Each test is a promise; one with a [`support::Backend`] for an
//! argument is run once on each database.
//!
//! PostgreSQL is the server that `GRIDWARD_TEST_POSTGRES` names; `make test`
//! starts one. Without it those halves fail rather than pass unseen.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop and say where"
)]

mod streaming;
mod support;

mod answers;
mod areas;
mod attachments;
mod beneficiaries;
mod claims;
mod command_line;
mod contract;
mod deadlocks;
mod dispatching;
mod evidence;
mod http_edges;
mod import_whole;
mod importing;
mod jobs;
mod lives;
mod log;
mod operations;
mod outbox_format;
mod outboxes;
mod people;
mod phones;
mod problems;
mod retention;
mod schema;
mod sharding;
mod signing_in;
mod solving;
mod syncing;
mod tasks;
mod upgrade;
