//! Incremental sync for phones that are offline for hours.
//!
//! A phone stores a copy of its user's scope and an outbox of the user's commands. One
//! call sends the outbox ([`push`]) and returns the changes since the phone's cursor
//! ([`pull`]) or, without a valid cursor, a snapshot in pages ([`snapshot`]).
//! Invariants:
//!
//! - a command takes effect at most once, however often it is sent, and an unreadable
//!   command does not affect the others;
//! - a report is always stored;
//! - after a complete pull the phone's copy equals a fresh snapshot;
//! - the server sends nothing outside the person's scope, and names each row that leaves
//!   the scope so that the phone deletes it.

pub mod availability;
pub mod beneficiaries;
pub mod body;
mod cases;
pub mod change_broadcast;
mod change_set;
mod companions;
pub mod cursor;
pub mod event_store;
pub mod execute;
mod failed_visits;
pub mod gzip_response;
pub mod handouts;
pub mod health;
pub mod invalid_utf8;
pub mod last_change_index;
pub mod model;
pub mod outbox_command;
pub mod outbox_entry;
pub mod pull;
pub mod push;
pub mod read_notice;
pub mod registers;
pub mod routes;
pub mod row_cache;
pub mod row_type;
pub mod scope;
pub mod selection;
pub mod snapshot;
pub mod store;
pub mod stream;
