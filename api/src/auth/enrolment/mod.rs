//! Enrolment: a person proves a one-time code, chooses a password, and binds the device.
//!
//! Guarantees: a code is stored as a MAC and accepted once; a code by message has five tries in all;
//! wrong codes delay only the address prefix that they come from ([`attempts`]), and known and unknown
//! numbers are answered alike; a new invitation voids the previous.

pub mod attempts;
pub mod code;
pub mod code_requests;
pub mod enrol;
pub mod invitations;
pub mod routes;
pub mod sms;

pub use enrol::Enrolments;
