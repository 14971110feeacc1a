//! The append-only log of a district as storage: one event for every change.
//!
//! An event is written in the transaction of the change it records. Its sequence
//! number is assigned last, so that numbers appear in commit order and a reader at
//! number N never misses one. Each event contains the hash of the previous one
//! ([`chain`]), so that tampering is detectable.

pub mod assignees;
pub mod chain;
pub mod event;
pub mod head;
pub mod reason;
pub mod store;

pub use event::{Event, Subject};
