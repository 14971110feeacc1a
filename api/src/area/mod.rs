//! The four levels of areas: district, town, village, grid.
//!
//! An area's code begins with its parent's, so an area and all its descendants are one
//! range of codes.

pub mod borders;
pub mod edit;
pub mod known;
pub mod map;
pub mod model;
pub mod outlines;
pub mod routes;
pub mod simplify;
pub mod store;
pub mod successors;

pub use model::{Area, Counts};
