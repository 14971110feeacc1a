//! Photos, signatures and voice recordings that belong to a task's reports.
//!
//! Phones upload them in parts over unreliable networks by the tus protocol (1.0.0: core,
//! creation, checksum and termination). The phone generates the id, announces the length
//! and the SHA-256, and resumes at the offset that the server reports. A report may
//! reference an attachment long before its upload.
//!
//! The server stores each encrypted part ([`blob_store`]) before it updates the row, so
//! a crash at any point loses no acknowledged byte: a part that was stored but not
//! counted is overwritten by the next attempt. After the last byte the server verifies
//! the hash and the type of the whole file and stores it as one encrypted object; only
//! then can it be downloaded.

pub mod blob_store;
pub mod checksum;
pub mod metadata;
pub mod model;
pub mod receive;
pub mod routes;
pub mod store;
