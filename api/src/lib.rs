//! Gridward's server: the library behind the binary `gridward`.
//!
//! A module imports only from modules declared above it; slices may call one
//! another as long as there is no cycle. `tests/architecture` checks that order.
//! Decisions are made in `gridward_domain` and `gridward_dispatch`.

// Foundations: the clock, the database, encryption, the log, transactions.
pub mod clock;
pub mod crypto;
pub mod db;
pub mod log;
pub mod tx;

// Requests: problems, extractors, authentication, idempotency.
pub mod audience;
pub mod auth;
pub mod http;
pub mod idempotency;
pub mod limits;

// The slices: one for each noun of the domain.
pub mod absence;
pub mod area;
pub mod attachment;
pub mod availability;
pub mod beneficiary;
pub mod campaign;
pub mod case;
pub mod casework;
pub mod catalogue;
pub mod correction;
pub mod decision;
pub mod event;
pub mod explanation;
pub mod export;
pub mod feedback;
pub mod goods;
pub mod handover;
pub mod history;
pub mod holiday;
pub mod measures;
pub mod memorial;
pub mod notice;
pub mod person;
pub mod plan;
pub mod proposal;
pub mod redistricting;
pub mod regime;
pub mod report;
pub mod service;
pub mod station;
pub mod summary;
pub mod sync;
pub mod task;
pub mod vocabulary;
pub mod web;
pub mod weekly;
pub mod workday;
pub mod workload;

// Operations on a whole district.
pub mod demo;
pub mod import;
pub mod load;

// Background jobs, operation and wiring.
pub mod cli;
pub mod jobs;
pub mod ops;
pub mod secondment;
pub mod server;
