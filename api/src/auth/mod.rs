//! Authentication: sign-in, access tokens, and the [`Authenticated`] extractor.
//!
//! A token is an ES256 JWT, valid for ten minutes, with a person id and no personal data.
//! Permissions follow from the person's row, not from the token, so a change of role or
//! area takes effect within seconds.

pub mod attempts;
pub mod authenticated;
pub mod authenticator;
pub mod credential;
pub mod password;
pub mod password_rules;
pub mod routes;
pub mod sign_in;
pub mod signing;
pub mod store;
pub mod token;

pub use authenticated::Authenticated;
pub use authenticator::{Authenticator, PrincipalCache};
