//! The four levels of areas: district, town, village, grid.
//!
//! An area's code contains its parent's, so "all below" is a range of codes.

pub mod map;
pub mod model;
pub mod routes;
pub mod store;

pub use model::{Area, Counts};
