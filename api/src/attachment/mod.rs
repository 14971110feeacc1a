//! Photos, signatures and voices that belong to a task's reports.
//!
//! They come over bad networks, in parts, by the tus protocol (1.0.0: core,
//! creation, checksum and termination): the phone makes the id, says how long it is and what its SHA-256
//! is, and sends from where the server says it stands. A report may name an
//! attachment long before it has arrived.
//!
//! Every part lies sealed in the store ([`blob_store`]) before the row says that it is
//! there, so a kill at any point loses no byte that was acknowledged: what was
//! put and not yet counted is put again over itself. When the last byte is there
//! the whole is held against its hash and its type, sealed as one, and only then
//! to be had.

pub mod blob_store;
pub mod checksum;
pub mod metadata;
pub mod model;
pub mod receive;
pub mod routes;
pub mod store;
