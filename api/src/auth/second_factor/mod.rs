//! The second factor: an enrolled device that proves its key, or an authenticator app.
//!
//! Where the installation requires one, a password alone opens nothing: a sign-in without a
//! second factor is refused, or its session can only set one up. Exports and changes of factors
//! also require that the person was authenticated a short time ago (step-up).

pub mod admission;
pub mod device_keys;
pub mod factors;
pub mod policy;
pub mod totp;
pub mod totp_store;

pub use factors::SecondFactors;
pub use policy::SecondFactorPolicy;
