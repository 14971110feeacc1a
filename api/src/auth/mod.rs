//! Who is calling: sign-in, access tokens, and the [`Caller`] every handler gets.
//!
//! Promises: a token is an ES256 JWT of ten minutes that says who and nothing
//! personal; what the caller may do follows from the person's row, not from the
//! token, so a change of role or area takes effect within seconds.

pub mod authenticator;
pub mod caller;
pub mod password;
pub mod routes;
pub mod sign_in;
pub mod signing;
pub mod store;
pub mod token;

pub use authenticator::{ActorCache, Authenticator};
pub use caller::Caller;
