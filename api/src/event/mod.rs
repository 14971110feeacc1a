//! The log of a district as its readers see it: lists, exports, archives, and
//! the proof that it is whole.

pub mod archive;
pub mod model;
pub mod routes;
pub mod verify;
