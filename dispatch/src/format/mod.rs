//! Instances as other solvers write them, so that anyone can compare.

pub mod neutral;
pub mod solomon;
pub mod vroom;

use serde_json::Value;
use thiserror::Error;

use crate::place::{Place, PlaceError};
use crate::routing::Instance;

/// An instance with what its parts are called.
#[derive(Clone, Debug)]
pub struct Named {
    /// The instance.
    pub instance: Instance,
    /// What each volunteer is called: a number or a text.
    pub volunteers: Vec<Value>,
    /// What each visit is called.
    pub visits: Vec<Value>,
    /// Where homes and visits are, to the east and to the north, in one unit for
    /// both; empty where that is not known.
    pub points: Vec<(f64, f64)>,
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
    /// Something is asked for that cannot be had.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// A time below nothing or past all reason.
    #[error("the time {0} is out of range")]
    Time(i64),
    /// No matrix for a profile, or one that lacks a way that is needed.
    #[error("a matrix is missing, or lacks a way between two places, or has one below nothing")]
    Matrix,
    /// Not Solomon's format.
    #[error("not an instance in Solomon's format")]
    Solomon,
}

/// Reads an instance in whichever format it is.
///
/// # Errors
/// [`FormatError`] of the format that it comes nearest to.
pub fn read(text: &str) -> Result<Named, FormatError> {
    if !text.trim_start().starts_with('{') {
        return solomon::read(text);
    }
    let file: serde_json::Map<String, Value> = serde_json::from_str(text)?;
    if file.contains_key("vehicles") { vroom::read(text) } else { neutral::read(text) }
}

/// Degrees as points of a plane, with a degree of longitude as long as it is there.
fn flat(places: &[Place]) -> Vec<(f64, f64)> {
    let shrink = places.first().map_or(1.0, |place| place.lat().to_radians().cos());
    places.iter().map(|place| (place.lon() * shrink, place.lat())).collect()
}
