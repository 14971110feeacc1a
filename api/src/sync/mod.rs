//! Sync: what phones that are offline for hours send, and what they get.
//!
//! A phone keeps a copy of what its person works with and an outbox of what the
//! person did. One call sends the outbox ([`push`]) and gets what has changed
//! since the phone's cursor ([`pull`]), or everything, page by page, if there is
//! no cursor that counts ([`snapshot`]). Promises:
//!
//! - every command has one effect, for ever, however often it is sent, and one that
//!   cannot be read stops no other;
//! - a report is always kept;
//! - a phone that has pulled to the end holds what a fresh snapshot holds;
//! - nothing outside the person's scope is ever sent, and what leaves the scope
//!   is named, so that the phone forgets it.

pub mod beneficiaries;
pub mod body;
pub mod change_broadcast;
pub mod cursor;
pub mod gzip_response;
pub mod last_change_index;
pub mod model;
pub mod outbox_entry;
pub mod pull;
pub mod push;
pub mod routes;
pub mod row_cache;
pub mod scope;
pub mod snapshot;
pub mod store;
pub mod stream;
