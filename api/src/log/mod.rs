//! The append-only log of a district as storage: one event for every change.
//!
//! An event is written in the transaction of the change it records. Its number
//! is taken last, so that numbers appear in the order of commit and a reader at
//! number N never misses one. Each carries the hash of the one before
//! ([`chain`]), so that tampering shows.

pub mod chain;
pub mod event;
pub mod head;
pub mod store;

pub use event::{Event, Subject};
