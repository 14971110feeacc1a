//! Instances as other solvers write them, so that anyone can compare.

pub mod neutral;
pub mod solomon;

use thiserror::Error;

use crate::place::{Place, PlaceError};
use crate::routing::Instance;

/// An instance with what its parts are called.
#[derive(Clone, Debug)]
pub struct Named {
    /// The instance.
    pub instance: Instance,
    /// What each volunteer is called.
    pub volunteers: Vec<String>,
    /// What each visit is called.
    pub visits: Vec<String>,
    /// Where homes and visits are, if that is known.
    pub places: Vec<Place>,
    /// How many of the instance's units of time make one of the file's.
    pub per_second: i32,
}

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum FormatError {
    /// Not the JSON that was expected.
    #[error("not the JSON of an instance: {0}")]
    Json(#[from] serde_json::Error),
    /// A place that is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A detour or speed that is no number above nothing.
    #[error("the detour and the speed must be numbers above nothing")]
    Travel,
    /// Not Solomon's format.
    #[error("not an instance in Solomon's format")]
    Solomon,
}
