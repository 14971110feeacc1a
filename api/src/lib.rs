//! Gridward's server: the library behind the binary `gridward`.
//!
//! A module imports only from those declared above it; slices may call one
//! another where no circle comes of it. `tests/architecture.rs` holds the code
//! against that order. Decisions are made in `gridward_domain` and
//! `gridward_dispatch`.

// The ground: the clock, the database, sealing, the log, transactions.
pub mod clock;
pub mod crypto;
pub mod db;
pub mod log;
pub mod tx;

// A request: problems, extractors, who asks, and that a command happens once.
pub mod auth;
pub mod http;
pub mod idempotency;

// The words of the domain, a slice each.
pub mod area;
pub mod attachment;
pub mod beneficiary;
pub mod catalogue;
pub mod event;
pub mod notice;
pub mod person;
pub mod plan;
pub mod sync;
pub mod task;

// A whole district at once.
pub mod demo;
pub mod import;
pub mod load;

// What runs by itself, and how it is put together.
pub mod cli;
pub mod jobs;
pub mod ops;
pub mod server;
