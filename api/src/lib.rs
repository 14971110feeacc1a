//! Gridward's server: the library behind the binary `gridward`.
//!
//! A module imports only from modules declared above it; slices may call one
//! another as long as there is no cycle. `tests/architecture` checks that order.
//! Decisions are made in `gridward_domain` and `gridward_dispatch`.

// Foundations: the clock, the database, encryption, the log, transactions.
mod clock;
mod crypto;
mod db;
mod log;
mod tx;

// Requests: problems, extractors, authentication, idempotency.
mod auth;
mod http;
mod idempotency;
mod limits;

// The slices: one for each noun of the domain.
mod absence;
mod area;
mod attachment;
mod audience;
mod availability;
mod beneficiary;
mod campaign;
mod case;
mod casework;
mod catalogue;
mod correction;
mod decision;
mod event;
mod explanation;
mod export;
mod feedback;
mod goods;
mod handover;
mod history;
mod holiday;
mod measures;
mod memorial;
mod notice;
mod person;
mod plan;
mod proposal;
mod redistricting;
mod regime;
mod report;
mod secondment;
mod service;
mod station;
mod summary;
mod sync;
mod task;
mod vocabulary;
mod web;
mod weekly;
mod workday;
mod workload;

// Operations on a whole district.
mod demo;
mod import;
mod load;

// Background jobs, operation and wiring; only the command line is public.
pub mod cli;
mod jobs;
mod ops;
mod server;
