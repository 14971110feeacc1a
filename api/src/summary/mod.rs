//! The summary of an area: the state of the work, by child area.
//!
//! Each register counts its own rows by grid, in one statement over an index that holds only the
//! work at hand; [`model::by_area`] adds them up to any level. The time grows with the unfinished
//! tasks, the active people and the current beneficiaries of the area, not with its history.
//! Areas are ordered by code, and no figure belongs to a person: the summary shows where help
//! is needed, and does not rank people.

pub mod model;
pub mod routes;
pub mod store;
