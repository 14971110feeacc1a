//! Instances as other solvers write them, so that anyone can compare.

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
    /// What the file calls the instance's moment 0.
    pub first_moment: i64,
}

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum FormatError {
    /// Nothing at all.
    #[error("the file is empty")]
    Empty,
    /// JSON of something else.
    #[error("no instance: it names neither volunteers and visits nor vehicles and jobs")]
    Neither,
    /// Not the JSON that was expected.
    #[error("not the JSON of an instance: {0}")]
    Json(#[from] serde_json::Error),
    /// A place that is none.
    #[error("{what} {id}: {source}")]
    Place {
        /// What the file calls such things.
        what: &'static str,
        /// Which.
        id: Value,
        /// What is wrong with it.
        source: PlaceError,
    },
    /// Two things of one name.
    #[error("{what} {id} is there twice")]
    Twice {
        /// What the file calls such things.
        what: &'static str,
        /// Which.
        id: Value,
    },
    /// A volunteer who is not in the file.
    #[error("visit {visit} names volunteer {volunteer}, who is not there")]
    Stranger {
        /// The visit.
        visit: Value,
        /// Whom it names.
        volunteer: Value,
    },
    /// A second person's visit that is not in the file.
    #[error("visit {visit} names visit {other} as its second, which is not there")]
    UnknownVisit {
        /// The visit.
        visit: Value,
        /// Which it names.
        other: Value,
    },
    /// A visit of two pairs, or of one with itself.
    #[error("visit {0} is one of a pair with itself or with two others")]
    PairedTwice(Value),
    /// A detour or speed that is no number above nothing.
    #[error("the detour and the speed must be numbers above nothing")]
    Travel,
    /// Something is asked for that cannot be had.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// A number that is out of its range.
    #[error("{what} {id}: {field} {value} is out of range")]
    Range {
        /// What the file calls such things.
        what: &'static str,
        /// Which.
        id: Value,
        /// The field's name.
        field: &'static str,
        /// What it says.
        value: String,
    },
    /// Breaks that do not all fit into the hours.
    #[error("vehicle {vehicle}: break {number} does not fit into its hours")]
    Break {
        /// Whose.
        vehicle: u64,
        /// Which of them, counted from 1.
        number: usize,
    },
    /// No way to tell how long journeys take.
    #[error("{what} {id} has no {field}")]
    Nowhere {
        /// What the file calls such things.
        what: &'static str,
        /// Which.
        id: u64,
        /// What it should have.
        field: &'static str,
    },
    /// A row or column that the matrix does not have.
    #[error("{what} {id} is at place {index}, which the matrix of {profile:?} does not have")]
    Outside {
        /// What the file calls such things.
        what: &'static str,
        /// Which.
        id: u64,
        /// The place it names.
        index: usize,
        /// Whose matrix.
        profile: String,
    },
    /// A matrix that is missing, not square or has a way below nothing.
    #[error("the matrix of {0:?} is missing, not square, or has a way that is out of range")]
    Matrix(String),
    /// Not Solomon's format.
    #[error("not an instance in Solomon's format: {0}")]
    Solomon(#[from] solomon::SolomonError),
}

/// Reads an instance in whichever format it is, by what it holds.
///
/// # Errors
/// [`FormatError`] of the format that it comes nearest to.
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

/// What a file has, without reading what that says.
#[derive(Deserialize)]
struct Outline {
    vehicles: Option<IgnoredAny>,
    jobs: Option<IgnoredAny>,
    volunteers: Option<IgnoredAny>,
    visits: Option<IgnoredAny>,
}

/// Finds the first name that is given twice.
fn each_once(what: &'static str, names: &[Value]) -> Result<(), FormatError> {
    let mut seen = HashSet::with_capacity(names.len());
    match names.iter().find(|name| !seen.insert(*name)) {
        Some(id) => Err(FormatError::Twice { what, id: id.clone() }),
        None => Ok(()),
    }
}

/// The place of what the file calls `what` `id`.
fn place(what: &'static str, id: &Value, lat: f64, lon: f64) -> Result<Place, FormatError> {
    Place::new(lat, lon).map_err(|source| FormatError::Place { what, id: id.clone(), source })
}

/// Degrees as points of a plane, with a degree of longitude as long as it is there.
fn flat(places: &[Place]) -> Vec<(f64, f64)> {
    let shrink = places.first().map_or(1.0, |place| place.lat().to_radians().cos());
    places.iter().map(|place| (place.lon() * shrink, place.lat())).collect()
}

#[cfg(test)]
mod tests;
