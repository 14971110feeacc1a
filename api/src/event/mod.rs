//! The public view of a district's log: lists, exports, archives and verification.

pub mod archive;
pub mod model;
pub mod routes;
pub mod verify;
