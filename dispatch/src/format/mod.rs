//! Reads instances in the formats of other solvers, for comparison.

pub mod neutral;
pub mod solomon;
pub mod vroom;

use std::collections::HashSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use thiserror::Error;

use crate::routing::Instance;
use gridward_domain::place::{Place, PlaceError};

/// An instance with the names of its parts.
#[derive(Clone, Debug)]
pub struct Named {
    /// The instance.
    pub instance: Instance,
    /// The name of each volunteer: a number or a text.
    pub volunteers: Vec<Value>,
    /// The name of each visit.
    pub visits: Vec<Value>,
    /// The locations of homes and visits, to the east and to the north, in one unit for both; empty
    /// if unknown.
    pub points: Vec<(f64, f64)>,
    /// The number of the instance's time units in one of the file's.
    pub per_second: i32,
    /// The file's time of the instance's moment 0.
    pub first_moment: i64,
}

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum FormatError {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The travel times would not fit into memory.
    #[error("{places} homes and visits are too many to plan at once; split the file by area")]
    TooLarge {
        /// The number of homes and visits.
        places: usize,
    },
    /// The JSON is of another kind.
    #[error("not an instance: neither volunteers and visits nor vehicles and jobs")]
    Neither,
    /// The JSON does not have the expected structure.
    #[error("not the JSON of an instance: {0}")]
    Json(#[from] serde_json::Error),
    /// A location is invalid.
    #[error("{what} {id}: {source}")]
    Place {
        /// The file's word for the kind of item.
        what: &'static str,
        /// The item.
        id: Value,
        /// The cause.
        source: PlaceError,
    },
    /// Two items have the same name.
    #[error("{what} {id} is listed twice")]
    Twice {
        /// The file's word for the kind of item.
        what: &'static str,
        /// The item.
        id: Value,
    },
    /// A volunteer is not in the file.
    #[error("visit {visit} names volunteer {volunteer}, who is not in the file")]
    Stranger {
        /// The visit.
        visit: Value,
        /// The unknown volunteer.
        volunteer: Value,
    },
    /// The second visit of a pair is not in the file.
    #[error("visit {visit} names visit {other} as its second, which is not in the file")]
    UnknownVisit {
        /// The visit.
        visit: Value,
        /// The unknown visit.
        other: Value,
    },
    /// A visit is in two pairs, or paired with itself.
    #[error("visit {0} is paired with itself or with two other visits")]
    PairedTwice(Value),
    /// A detour or speed is not a positive number.
    #[error("the detour and the speed must be positive numbers")]
    Travel,
    /// The file requires an unsupported feature.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// A number is out of range.
    #[error("{what} {id}: {field} {value} is out of range")]
    Range {
        /// The file's word for the kind of item.
        what: &'static str,
        /// The item.
        id: Value,
        /// The name of the field.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// A break does not fit into the shift.
    #[error("vehicle {vehicle}: break {number} does not fit into the time window")]
    Break {
        /// The vehicle.
        vehicle: u64,
        /// The number of the break, from 1.
        number: usize,
    },
    /// A location is missing, so travel times are unknown.
    #[error("{what} {id} has no {field}")]
    Nowhere {
        /// The file's word for the kind of item.
        what: &'static str,
        /// The item.
        id: u64,
        /// The missing field.
        field: &'static str,
    },
    /// An index is outside the matrix.
    #[error("{what} {id}: index {index} is outside the matrix of {profile:?}")]
    Outside {
        /// The file's word for the kind of item.
        what: &'static str,
        /// The item.
        id: u64,
        /// The index.
        index: usize,
        /// The profile of the matrix.
        profile: String,
    },
    /// A matrix is missing, not square, or has an entry out of range.
    #[error("the matrix of {0:?} is missing, not square, or has an entry out of range")]
    Matrix(String),
    /// The text is not in Solomon's format.
    #[error("not an instance in Solomon's format: {0}")]
    Solomon(#[from] solomon::SolomonError),
}

/// Reads an instance; the format is detected from the content.
///
/// # Errors
/// [`FormatError`] of the detected format.
pub fn read(text: &str) -> Result<Named, FormatError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(FormatError::Empty);
    }
    if text.starts_with(['[', '"']) {
        return Err(FormatError::Neither);
    }
    if !text.starts_with('{') {
        return solomon::read(text);
    }
    let file: Outline = serde_json::from_str(text)?;
    match file {
        Outline { vehicles: Some(_), .. } | Outline { jobs: Some(_), .. } => vroom::read(text),
        Outline { volunteers: None, visits: None, .. } => Err(FormatError::Neither),
        Outline { .. } => neutral::read(text),
    }
}

/// The top-level fields of a file, without their values.
#[derive(Deserialize)]
struct Outline {
    vehicles: Option<IgnoredAny>,
    jobs: Option<IgnoredAny>,
    volunteers: Option<IgnoredAny>,
    visits: Option<IgnoredAny>,
}

/// The maximum number of travel times of an instance, which take four bytes each.
const MOST_WAYS: usize = 20_000 * 20_000;

/// Checks that the travel times between these places, by this many modes, fit into memory.
fn fits(places: usize, modes: usize) -> Result<(), FormatError> {
    let ways = places.checked_mul(places).and_then(|ways| ways.checked_mul(modes));
    match ways {
        Some(ways) if ways <= MOST_WAYS => Ok(()),
        _ => Err(FormatError::TooLarge { places }),
    }
}

/// Fails on the first name that occurs twice.
fn each_once(what: &'static str, names: &[Value]) -> Result<(), FormatError> {
    let mut seen = HashSet::with_capacity(names.len());
    match names.iter().find(|name| !seen.insert(*name)) {
        Some(id) => Err(FormatError::Twice { what, id: id.clone() }),
        None => Ok(()),
    }
}

/// The location of an item, or an error that names it.
fn place(what: &'static str, id: &Value, lat: f64, lon: f64) -> Result<Place, FormatError> {
    Place::new(lat, lon).map_err(|source| FormatError::Place { what, id: id.clone(), source })
}

/// Projects degrees onto a plane, with longitude scaled by the latitude.
fn flat(places: &[Place]) -> Vec<(f64, f64)> {
    let shrink = places.first().map_or(1.0, |place| place.lat().to_radians().cos());
    places.iter().map(|place| (place.lon() * shrink, place.lat())).collect()
}

#[cfg(test)]
mod tests;
