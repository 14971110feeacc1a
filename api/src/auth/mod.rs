//! Authentication: sign-in, sessions, access tokens, and the [`Authenticated`] extractor.
//!
//! A token is an ES256 JWT, valid for ten minutes, with a person id and no personal data.
//! Permissions follow from the person's row, not from the token, so a change of role or
//! area takes effect within seconds. A session of a person on a device renews its access
//! token by rotating refresh tokens; it can be ended at any moment.

pub mod access_events;
pub mod account_notice;
pub mod account_notice_store;
pub mod attempts;
pub mod authenticated;
pub mod authenticator;
pub mod credential;
pub mod device;
pub mod enrolment;
pub mod known_device;
pub mod notify;
pub mod password;
pub mod password_rules;
pub mod proof;
#[cfg(test)]
mod proof_vectors;
pub mod proofs;
pub mod qr;
pub mod refresh_cookie;
pub mod refresh_token;
mod rotation;
pub mod routes;
pub mod second_factor;
pub mod session_ends;
pub mod session_routes;
pub mod session_rules;
pub mod session_store;
pub mod session_tokens;
pub mod sessions;
pub mod sign_in;
pub mod signing;
pub mod store;
pub mod stream_caller;
pub mod sync_state;
pub mod token;

pub use authenticated::{Access, Authenticated, LimitedAccess, RecentAccess};
pub use authenticator::{Authenticator, PrincipalCache};
pub use enrolment::Enrolments;
pub use second_factor::{SecondFactorPolicy, SecondFactors};
pub use session_rules::SessionRules;
pub use sessions::Sessions;
