//! Gridward as its users meet it: the real binary, over HTTP, on SQLite and on
//! PostgreSQL. Each test is a promise; `on_both!` makes it one for each database.
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

mod areas;
mod attachments;
mod beneficiaries;
mod claims;
mod contract;
mod dispatching;
mod evidence;
mod http_edges;
mod importing;
mod lives;
mod log;
mod operations;
mod outboxes;
mod people;
mod phones;
mod problems;
mod retention;
mod signing_in;
mod solving;
mod syncing;
mod tasks;
