//! The JSON input of VROOM (its API documentation, version 1.14), as far as it says
//! the same as an instance: jobs, vehicles that come back to where they start,
//! one dimension of capacity. What else a file asks for is refused by name.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{FormatError, Named};
use crate::place::Place;
use crate::routing::instance::{Bar, Instance, MOST_SECONDS, Seconds, Shift, Visit, Volunteer};
use crate::routing::travel::Matrix;

/// How far roads are where only coordinates are given: as in the neutral format.
const DETOUR: f64 = 1.3;
const METRES_A_SECOND: f64 = 15.0 / 3.6;
/// How long a vehicle has that names no hours: thirty days.
const LONG: i64 = 30 * 86_400;

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    jobs: Vec<Job>,
    vehicles: Vec<Vehicle>,
    #[serde(default)]
    matrices: HashMap<String, Durations>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
struct Durations {
    durations: Vec<Vec<Seconds>>,
}

#[derive(Deserialize)]
struct Job {
    id: u64,
    location: Option<[f64; 2]>,
    location_index: Option<usize>,
    #[serde(default)]
    setup: i64,
    #[serde(default)]
    service: i64,
    #[serde(default)]
    delivery: Vec<i32>,
    #[serde(default)]
    pickup: Vec<i32>,
    #[serde(default)]
    amount: Vec<i32>,
    #[serde(default)]
    skills: Vec<i64>,
    #[serde(default)]
    priority: i32,
    #[serde(default)]
    time_windows: Vec<(i64, i64)>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
struct Vehicle {
    id: u64,
    #[serde(default = "car")]
    profile: String,
    start: Option<[f64; 2]>,
    end: Option<[f64; 2]>,
    start_index: Option<usize>,
    end_index: Option<usize>,
    #[serde(default)]
    capacity: Vec<i32>,
    #[serde(default)]
    skills: Vec<i64>,
    time_window: Option<(i64, i64)>,
    #[serde(default)]
    breaks: Vec<Break>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
struct Break {
    #[serde(default)]
    service: i64,
    #[serde(default)]
    time_windows: Vec<(i64, i64)>,
}

fn car() -> String {
    "car".to_owned()
}

/// Reads an instance.
///
/// # Errors
/// [`FormatError`] when the text is not such JSON, or asks for what cannot be had.
pub fn read(text: &str) -> Result<Named, FormatError> {
    let input: Input = serde_json::from_str(text)?;
    refuse_more(&input)?;
    let profiles = profiles(&input);
    let base = base(&input);
    let volunteers: Result<Vec<_>, _> =
        input.vehicles.iter().map(|vehicle| volunteer(vehicle, &profiles, base)).collect();
    let visits: Result<Vec<_>, _> = input.jobs.iter().map(|job| visit(job, base)).collect();
    let can = |job: &Job, vehicle: &Vehicle| {
        let able = job.skills.iter().all(|skill| vehicle.skills.contains(skill));
        if able { Bar::None } else { Bar::Skill }
    };
    let bars =
        input.jobs.iter().flat_map(|job| input.vehicles.iter().map(move |one| can(job, one)));
    let places = places(&input)?;
    Ok(Named {
        instance: Instance {
            bars: bars.collect(),
            volunteers: volunteers?,
            visits: visits?,
            travel: travel(&input, &profiles, places.as_deref())?,
        },
        volunteers: input.vehicles.iter().map(|vehicle| vehicle.id.into()).collect(),
        visits: input.jobs.iter().map(|job| job.id.into()).collect(),
        points: places.map(|places| super::flat(&places)).unwrap_or_default(),
        per_second: 1,
    })
}

/// Names the first thing asked for that cannot be had.
fn refuse_more(input: &Input) -> Result<(), FormatError> {
    let harmless = ["description", "id", "distances"];
    let mores = std::iter::once(&input.more)
        .chain(input.jobs.iter().map(|job| &job.more))
        .chain(input.vehicles.iter().map(|vehicle| &vehicle.more));
    for (word, value) in mores.flatten() {
        let empty = value.as_array().is_some_and(Vec::is_empty) || value.is_null();
        if !empty && !harmless.contains(&word.as_str()) {
            return Err(FormatError::Unsupported(word.clone()));
        }
    }
    let amounts = input.jobs.iter().flat_map(|job| [&job.delivery, &job.pickup, &job.amount]);
    let capacities = input.vehicles.iter().map(|vehicle| &vehicle.capacity);
    if amounts.chain(capacities).any(|dimensions| dimensions.len() > 1) {
        return Err(FormatError::Unsupported("capacity of several dimensions".to_owned()));
    }
    if input.jobs.iter().any(|job| !job.pickup.is_empty() && !job.delivery.is_empty()) {
        return Err(FormatError::Unsupported("pickup and delivery in one job".to_owned()));
    }
    let back = |one: &Vehicle| one.start == one.end && one.start_index == one.end_index;
    if !input.vehicles.iter().all(back) {
        return Err(FormatError::Unsupported("an end that is not the start".to_owned()));
    }
    Ok(())
}

fn profiles(input: &Input) -> Vec<&str> {
    let mut profiles: Vec<&str> = Vec::new();
    for vehicle in &input.vehicles {
        if !profiles.contains(&vehicle.profile.as_str()) {
            profiles.push(&vehicle.profile);
        }
    }
    profiles
}

/// The first moment that the file names: its times may count from anywhere.
fn base(input: &Input) -> i64 {
    let hours = input.vehicles.iter().filter_map(|vehicle| vehicle.time_window);
    let windows = input.jobs.iter().flat_map(|job| job.time_windows.iter().copied());
    hours.chain(windows).map(|(first, _)| first).min().unwrap_or(0)
}

fn volunteer(vehicle: &Vehicle, profiles: &[&str], base: i64) -> Result<Volunteer, FormatError> {
    let (open, close) = span(vehicle.time_window.unwrap_or((base, base + LONG)), base)?;
    let breaks = vehicle.breaks.iter().map(|pause| match pause.time_windows.as_slice() {
        &[(first, last)] if first == last => span((first, first + pause.service), base),
        _ => Err(FormatError::Unsupported("a break at no fixed time".to_owned())),
    });
    let breaks = breaks.collect::<Result<_, _>>()?;
    let capacity = vehicle.capacity.first().copied();
    let matrix = profiles.iter().position(|name| *name == vehicle.profile).unwrap_or(0);
    let shifts = vec![Shift { day: 0, open, close, breaks, capacity }];
    Ok(Volunteer { shifts, matrix, ..Volunteer::default() })
}

fn visit(job: &Job, base: i64) -> Result<Visit, FormatError> {
    let windows = job.time_windows.iter().map(|window| span(*window, base));
    let amounts = [&job.delivery, &job.pickup, &job.amount];
    Ok(Visit {
        service: seconds(job.setup.saturating_add(job.service))?,
        windows: windows.collect::<Result<_, _>>()?,
        priority: job.priority.max(1),
        amount: amounts.into_iter().flatten().copied().max().unwrap_or(0),
        ..Visit::default()
    })
}

fn span((first, last): (i64, i64), base: i64) -> Result<(Seconds, Seconds), FormatError> {
    Ok((seconds(first.saturating_sub(base))?, seconds(last.saturating_sub(base))?))
}

fn seconds(time: i64) -> Result<Seconds, FormatError> {
    let fits = i32::try_from(time).ok().filter(|time| (0..=MOST_SECONDS).contains(time));
    fits.ok_or(FormatError::Time(time))
}

/// Homes and jobs on the map, where every one has coordinates.
fn places(input: &Input) -> Result<Option<Vec<Place>>, FormatError> {
    let homes = input.vehicles.iter().map(|vehicle| vehicle.start);
    let all: Option<Vec<[f64; 2]>> =
        homes.chain(input.jobs.iter().map(|job| job.location)).collect();
    let Some(all) = all else { return Ok(None) };
    Ok(Some(all.into_iter().map(|[lon, lat]| Place::new(lat, lon)).collect::<Result<_, _>>()?))
}

fn travel(
    input: &Input,
    profiles: &[&str],
    places: Option<&[Place]>,
) -> Result<Vec<Matrix>, FormatError> {
    let by_profile = |profile: &&str| match (input.matrices.get(*profile), places) {
        (Some(given), _) => given_matrix(input, &given.durations),
        (None, Some(places)) if input.matrices.is_empty() => {
            Ok(Matrix::great_circle(places, DETOUR, METRES_A_SECOND))
        }
        _ => Err(FormatError::Matrix),
    };
    profiles.iter().map(by_profile).collect()
}

/// The rows and columns that the file's indices name.
fn given_matrix(input: &Input, durations: &[Vec<Seconds>]) -> Result<Matrix, FormatError> {
    let homes = input.vehicles.iter().map(|vehicle| vehicle.start_index);
    let indices: Option<Vec<usize>> =
        homes.chain(input.jobs.iter().map(|job| job.location_index)).collect();
    let indices = indices.ok_or(FormatError::Matrix)?;
    let way = |a: &usize, b: &usize| durations.get(*a).and_then(|row| row.get(*b)).copied();
    let ways: Option<Vec<Seconds>> =
        indices.iter().flat_map(|a| indices.iter().map(move |b| way(a, b))).collect();
    let matrix = ways.and_then(|ways| Matrix::new(indices.len(), ways));
    matrix.ok_or(FormatError::Matrix)
}
