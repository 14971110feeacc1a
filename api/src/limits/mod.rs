//! Limits against guessing and overload.
//!
//! A limit never lets one caller shut out another: attempts are counted by the prefix of the
//! client's address ([`address`]) and by account, and a refused attempt counts for nothing; slow
//! bodies ([`body`]) leave half of the connections ([`connections`]) to others, and one address has
//! a share of them ([`peer`]).

pub mod address;
pub mod body;
pub mod bucket;
pub mod connections;
pub mod daily_quota;
pub mod encryption;
pub mod peer;
pub mod searches;
pub mod slow_bodies;
pub mod streams;

pub use address::Prefix;
pub use body::BodyLimits;
pub use bucket::{Buckets, Policy};
pub use connections::Connections;
pub use daily_quota::DailyQuota;
pub use peer::PeerConnections;
pub use searches::Searches;
pub use streams::Streams;

use crate::http::trusted_proxies::TrustedProxies;

/// The limits of a server, for handlers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The proxies whose headers name the client.
    pub proxies: TrustedProxies,
    /// Whether the server itself encrypts.
    pub is_encrypted: bool,
    /// Deadlines and memory of request bodies.
    pub bodies: BodyLimits,
    /// Permits for event streams.
    pub streams: Streams,
}
