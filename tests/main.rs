//! Black-box tests: the real binary, over HTTP, on SQLite and on PostgreSQL. A test
//! with an argument of type [`support::Backend`] runs once on each database.
//!
//! `GRIDWARD_TEST_POSTGRES` names the PostgreSQL server; `make test` starts one.
//! Without it these tests fail instead of being skipped.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation ends the test and shows its place"
)]

mod support;

mod absence;
mod area;
mod attachment;
mod audience;
mod auth;
mod beneficiary;
mod campaign;
mod case;
mod casework;
mod catalogue;
mod cli;
mod contract;
mod db;
mod docs;
mod explanation;
mod export;
mod goods;
mod http;
mod idempotency;
mod import;
mod limits;
mod log;
mod notice;
mod operation;
mod person;
mod plan;
mod proposal;
mod regime;
mod report;
mod services;
mod sync;
mod task;
