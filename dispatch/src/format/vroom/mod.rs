//! The JSON input of VROOM (API documentation, version 1.14), as far as an instance can express it:
//! jobs, vehicles that return to their start, one dimension of capacity. Other features are
//! rejected by name.
//!
//! Three rules are stricter here, so that a plan is valid in VROOM too: setup takes place even
//! where the previous job was at the same place; a break begins at the earliest time that its
//! windows allow; and no break interrupts a journey.

mod travel;
mod unsupported;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{FormatError, Named};
use crate::routing::instance::{Bar, Instance, MOST_SECONDS, Seconds, Shift, Visit, Volunteer};

/// The capacity of a vehicle without a time window: eight hours.
const WORKDAY: Seconds = 8 * 3_600;

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    jobs: Vec<Job>,
    #[serde(default)]
    vehicles: Vec<Vehicle>,
    #[serde(default)]
    matrices: HashMap<String, Durations>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
struct Durations {
    durations: Vec<Vec<Seconds>>,
    #[serde(flatten)]
    more: Map<String, Value>,
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
    #[serde(default = "one")]
    speed_factor: f64,
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
    #[serde(flatten)]
    more: Map<String, Value>,
}

fn car() -> String {
    "car".to_owned()
}

fn one() -> f64 {
    1.0
}

/// Reads an instance.
///
/// # Errors
/// [`FormatError`] when the text is not such JSON, or uses an unsupported feature.
pub fn read(text: &str) -> Result<Named, FormatError> {
    let input: Input = serde_json::from_str(text)?;
    unsupported::refuse(&input)?;
    let volunteers: Vec<Value> = input.vehicles.iter().map(|vehicle| vehicle.id.into()).collect();
    let visits: Vec<Value> = input.jobs.iter().map(|job| job.id.into()).collect();
    super::each_once("vehicle", &volunteers)?;
    super::each_once("job", &visits)?;
    let places = travel::places(&input)?;
    let ways = travel::ways(&input.vehicles);
    super::fits(input.vehicles.len() + input.jobs.len(), ways.len())?;
    let first_moment = first_moment(&input);
    let can = |job: &Job, vehicle: &Vehicle| {
        let able = job.skills.iter().all(|skill| vehicle.skills.contains(skill));
        if able { Bar::None } else { Bar::Skill }
    };
    let bars =
        input.jobs.iter().flat_map(|job| input.vehicles.iter().map(move |one| can(job, one)));
    let instance = Instance {
        bars: bars.collect(),
        volunteers: input
            .vehicles
            .iter()
            .map(|vehicle| volunteer(vehicle, &ways, first_moment))
            .collect::<Result<_, _>>()?,
        visits: input.jobs.iter().map(|job| visit(job, first_moment)).collect::<Result<_, _>>()?,
        travel: ways
            .iter()
            .map(|way| travel::matrix(&input, way, places.as_deref()))
            .collect::<Result<_, _>>()?,
    };
    let points = places.map(|places| super::flat(&places)).unwrap_or_default();
    Ok(Named { instance, volunteers, visits, points, per_second: 1, first_moment })
}

/// The origin of times: the file's own 0, or, if its times are too large for that, the midnight
/// before the first of them.
fn first_moment(input: &Input) -> i64 {
    let hours = input.vehicles.iter().filter_map(|vehicle| vehicle.time_window);
    let breaks = input.vehicles.iter().flat_map(|vehicle| &vehicle.breaks);
    let windows = input.jobs.iter().flat_map(|job| &job.time_windows);
    let windows = windows.chain(breaks.flat_map(|pause| &pause.time_windows)).copied();
    let times = || hours.clone().chain(windows.clone());
    let (first, last) = (times().map(|span| span.0).min(), times().map(|span| span.1).max());
    match (first, last) {
        (Some(first), Some(last)) if last > MOST_SECONDS.into() && first > 0 => {
            first - first % 86_400
        }
        _ => 0,
    }
}

fn volunteer(
    vehicle: &Vehicle,
    ways: &[(&str, f64)],
    first_moment: i64,
) -> Result<Volunteer, FormatError> {
    let (what, id) = ("vehicle", vehicle.id);
    let always = (first_moment, first_moment.saturating_add(MOST_SECONDS.into()));
    let hours = vehicle.time_window.unwrap_or(always);
    let (open, close) = span(hours, first_moment, (what, id, "time_window"))?;
    let breaks = breaks(vehicle, (open, close), first_moment)?;
    let way = (vehicle.profile.as_str(), vehicle.speed_factor);
    Ok(Volunteer {
        shifts: vec![Shift {
            open,
            close,
            breaks,
            capacity: vehicle.capacity.first().copied(),
            day: 0,
        }],
        share_of: vehicle.time_window.is_none().then_some(WORKDAY),
        matrix: ways.iter().position(|one| *one == way).unwrap_or(0),
        ..Volunteer::default()
    })
}

/// The breaks: each in turn as early as its windows and the shift allow.
fn breaks(
    vehicle: &Vehicle,
    (open, close): (Seconds, Seconds),
    first_moment: i64,
) -> Result<Vec<(Seconds, Seconds)>, FormatError> {
    let id = vehicle.id;
    let mut free = open;
    let mut taken = Vec::new();
    for (pause, number) in vehicle.breaks.iter().zip(1..) {
        let length = seconds(pause.service, 0, ("vehicle", id, "service of a break"))?;
        let windows = pause.time_windows.iter();
        let windows = windows.map(|one| span(*one, first_moment, ("vehicle", id, "break")));
        let mut windows: Vec<_> = windows.collect::<Result<_, _>>()?;
        if windows.is_empty() {
            windows.push((open, close));
        }
        let begins = windows.into_iter().find_map(|(first, last)| {
            let begins = first.max(free);
            (begins <= last && begins.saturating_add(length) <= close).then_some(begins)
        });
        let begins = begins.ok_or(FormatError::Break { vehicle: id, number })?;
        free = begins + length;
        taken.push((begins, free));
    }
    Ok(taken)
}

fn visit(job: &Job, first_moment: i64) -> Result<Visit, FormatError> {
    let (what, id) = ("job", job.id);
    let field = |field: &'static str| (what, id, field);
    let windows = job.time_windows.iter();
    let windows = windows.map(|one| span(*one, first_moment, field("time_windows")));
    if !(0..=100).contains(&job.priority) {
        let value = job.priority.to_string();
        return Err(FormatError::Range { what, id: id.into(), field: "priority", value });
    }
    let amounts = [&job.delivery, &job.pickup, &job.amount];
    Ok(Visit {
        service: seconds(job.setup, 0, field("setup"))?.saturating_add(seconds(
            job.service,
            0,
            field("service"),
        )?),
        windows: windows.collect::<Result<_, _>>()?,
        // VROOM serves a job without priority rather than leaving it.
        priority: job.priority.max(1),
        amount: amounts.into_iter().flatten().copied().max().unwrap_or(0),
        ..Visit::default()
    })
}

/// The origin of a number: kind of item, its id, and the field.
type Field = (&'static str, u64, &'static str);

fn span(
    (first, last): (i64, i64),
    first_moment: i64,
    field: Field,
) -> Result<(Seconds, Seconds), FormatError> {
    Ok((seconds(first, first_moment, field)?, seconds(last, first_moment, field)?))
}

fn seconds(time: i64, first_moment: i64, field: Field) -> Result<Seconds, FormatError> {
    let since = i32::try_from(time.saturating_sub(first_moment)).ok();
    since.filter(|since| time >= 0 && (0..=MOST_SECONDS).contains(since)).ok_or_else(|| {
        let (what, id, field) = field;
        FormatError::Range { what, id: id.into(), field, value: time.to_string() }
    })
}
