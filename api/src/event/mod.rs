//! The public view of a district's log: lists, exports, archives and verification.

pub mod actions;
pub mod archive;
pub mod confidential;
pub mod dead_letters;
pub mod model;
pub mod names;
pub mod routes;
pub mod verify;
