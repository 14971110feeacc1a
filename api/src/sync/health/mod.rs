//! Sync health: what a direct superior sees of the phones of the own people, to help them: whether
//! the visits in hand have arrived, the last error, and a wrong clock.
//!
//! It is no control of people: no time of use is stored or shown, and people are ordered by name.

pub mod note;
mod read;
pub mod routes;
