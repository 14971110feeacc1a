//! Gridward's server: the library behind the binary `gridward`.
//!
//! Arrows point one way: a slice's `routes` call its use cases, these call its
//! `store`. A slice may call another slice's use cases and reads, never its
//! tables. Decisions are made in `gridward_dispatch`.

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

// Who may do what, and what is sealed.
pub mod auth;
pub mod seal;

// A whole district at once.
pub mod demo;
pub mod import;
pub mod load;

// What all slices stand on.
pub mod app;
pub mod cli;
pub mod clock;
pub mod clockwork;
pub mod db;
pub mod once;
pub mod openapi;
pub mod ops;
pub mod page;
pub mod problem;
pub mod request;
pub mod settings;
pub mod unchanged;
pub mod words;
