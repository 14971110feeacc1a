//! Travel times in a file of VROOM: by its matrices, or by great circle.

use super::{FormatError, Input, Vehicle};
use crate::format;
use crate::routing::instance::Seconds;
use crate::routing::travel::Matrix;
use gridward_domain::place::Place;

/// The detour factor where only coordinates are given, as in the neutral format.
const DETOUR: f64 = 1.3;
const METRES_A_SECOND: f64 = 15.0 / 3.6;

/// The modes of travel: profiles, each at each speed.
pub(super) fn ways(vehicles: &[Vehicle]) -> Vec<(&str, f64)> {
    let mut ways: Vec<(&str, f64)> = Vec::new();
    for vehicle in vehicles {
        let way = (vehicle.profile.as_str(), vehicle.speed_factor);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// The locations of homes and jobs, if all have coordinates.
pub(super) fn places(input: &Input) -> Result<Option<Vec<Place>>, FormatError> {
    let homes = input.vehicles.iter().map(|one| ("vehicle", one.id, one.start));
    let all = homes.chain(input.jobs.iter().map(|job| ("job", job.id, job.location)));
    let placed = all.filter_map(|(what, id, at)| {
        at.map(|[lon, lat]| format::place(what, &id.into(), lat, lon))
    });
    let placed: Vec<Place> = placed.collect::<Result<_, _>>()?;
    Ok((placed.len() == input.vehicles.len() + input.jobs.len()).then_some(placed))
}

/// The matrix of a mode of travel.
pub(super) fn matrix(
    input: &Input,
    &(profile, speed): &(&str, f64),
    places: Option<&[Place]>,
) -> Result<Matrix, FormatError> {
    if let Some(given) = input.matrices.get(profile) {
        return given_matrix(input, profile, &given.durations, speed);
    }
    match places {
        _ if !input.matrices.is_empty() => Err(FormatError::Matrix(profile.to_owned())),
        Some(places) => Ok(Matrix::great_circle(places, DETOUR, METRES_A_SECOND * speed)),
        None => {
            let homes = input.vehicles.iter().map(|one| ("vehicle", one.id, "start", one.start));
            let jobs = input.jobs.iter().map(|job| ("job", job.id, "location", job.location));
            let mut all = homes.chain(jobs);
            let lost =
                all.find_map(|(what, id, field, at)| at.is_none().then_some((what, id, field)));
            let (what, id, field) = lost.unwrap_or(("job", 0, "location"));
            Err(FormatError::Nowhere { what, id, field })
        }
    }
}

/// The rows and columns of the file's indices, at a speed.
fn given_matrix(
    input: &Input,
    profile: &str,
    durations: &[Vec<Seconds>],
    speed: f64,
) -> Result<Matrix, FormatError> {
    let fault = || FormatError::Matrix(profile.to_owned());
    if durations.iter().any(|row| row.len() != durations.len()) {
        return Err(fault());
    }
    let homes =
        input.vehicles.iter().map(|one| ("vehicle", one.id, "start_index", one.start_index));
    let jobs = input.jobs.iter().map(|job| ("job", job.id, "location_index", job.location_index));
    let index = |(what, id, field, index): (&'static str, u64, &'static str, Option<usize>)| {
        let index = index.ok_or(FormatError::Nowhere { what, id, field })?;
        if index < durations.len() {
            Ok(index)
        } else {
            Err(FormatError::Outside { what, id, index, profile: profile.to_owned() })
        }
    };
    let indices: Vec<usize> = homes.chain(jobs).map(index).collect::<Result<_, FormatError>>()?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float stops at the ends")]
    let at_speed = |way: Seconds| (f64::from(way) / speed).round() as Seconds;
    let ways = indices.iter().flat_map(|a| indices.iter().map(|b| at_speed(durations[*a][*b])));
    Matrix::new(indices.len(), ways.collect()).ok_or_else(fault)
}
