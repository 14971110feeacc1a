//! Enrolment: a person proves a one-time code, chooses a password, and binds the device.
//!
//! Guarantees: a code is stored as a MAC and accepted once; five wrong codes for a phone number
//! delay further ones, whether or not the number is known; a new invitation voids the previous.

pub mod attempts;
pub mod code;
pub mod code_requests;
pub mod enrol;
pub mod invitations;
pub mod routes;
pub mod sms;

pub use enrol::Enrolments;
