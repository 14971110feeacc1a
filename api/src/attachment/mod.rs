//! Photos, signatures and voice recordings of reports, and documents of cases.
//!
//! They are uploaded in parts over unreliable networks by the tus protocol (1.0.0: core,
//! creation, expiration, checksum and termination): the phone generates the id, declares
//! length and SHA-256, and sends from the offset that the server returns. A report may name
//! an attachment long before its upload. A document of a case is seen by those who see the case, and
//! deleted after it ([`owner`], [`deletion`]).
//!
//! Each part is encrypted into the blob store ([`blob_store`]) before the row counts it, so
//! a crash at any point loses no acknowledged byte: a part that was written but not counted
//! is deleted, and a late request cannot replace one that was ([`parts`]). With a checksum, parts
//! count together once it is verified. After the last byte the whole file is verified against its
//! hash and type, encrypted as one, and only then available.

pub mod announce;
pub mod blob_store;
pub mod case_list;
pub mod checksum;
pub mod deletion;
pub mod download;
pub mod expiration;
pub mod list;
pub mod metadata;
pub mod model;
pub mod owner;
pub mod parts;
pub mod protocol;
pub mod receive;
pub mod routes;
pub mod store;
pub mod thumbnail;
pub mod uploads;
