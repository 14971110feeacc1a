//! Limits against guessing and overload.
//!
//! A limit never lets one caller shut out another: attempts are counted by the prefix of the
//! client's address ([`address`]) and by account, and a refused attempt counts for nothing.

pub mod address;
pub mod bucket;

pub use address::{Prefix, TrustedProxies};
pub use bucket::{Buckets, Policy};

/// The limits of a server, for handlers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The proxies whose headers name the client.
    pub proxies: TrustedProxies,
}
