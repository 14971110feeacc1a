//! The neutral JSON in which instances of grid days are exchanged: everything in
//! seconds, journeys by great circle, one shift for each volunteer.

use serde::Deserialize;

use super::{FormatError, Named};
use crate::place::Place;
use crate::routing::instance::{Bar, Instance, Seconds, Shift, Visit, Volunteer};
use crate::routing::travel::Matrix;

#[derive(Deserialize)]
struct Day {
    travel: Travel,
    volunteers: Vec<Person>,
    visits: Vec<Call>,
}

#[derive(Deserialize)]
struct Travel {
    detour: f64,
    speed_kmh: f64,
}

#[derive(Deserialize)]
struct Person {
    id: i64,
    lat: f64,
    lon: f64,
    shift: (Seconds, Seconds),
    max_minutes: Option<i32>,
    #[serde(default)]
    workload_minutes: i32,
    #[serde(default)]
    skills: Vec<i64>,
}

#[derive(Deserialize)]
struct Call {
    id: i64,
    lat: f64,
    lon: f64,
    service_s: Seconds,
    tw: (Seconds, Seconds),
    priority: i32,
    skill: Option<i64>,
    last_volunteer: Option<i64>,
}

/// Reads an instance.
///
/// # Errors
/// [`FormatError`] when the text is not such JSON, or a place is none.
pub fn read(text: &str) -> Result<Named, FormatError> {
    let day: Day = serde_json::from_str(text)?;
    let places = day.volunteers.iter().map(|p| Place::new(p.lat, p.lon));
    let places = places.chain(day.visits.iter().map(|v| Place::new(v.lat, v.lon)));
    let places: Vec<Place> = places.collect::<Result<_, _>>()?;
    let speed = day.travel.speed_kmh / 3.6;
    if !(speed.is_finite() && speed > 0.0 && day.travel.detour.is_finite()) {
        return Err(FormatError::Travel);
    }
    let who = |id: i64| day.volunteers.iter().position(|person| person.id == id);
    let can = |call: &Call, person: &Person| {
        if call.skill.is_none_or(|skill| person.skills.contains(&skill)) {
            Bar::None
        } else {
            Bar::Skill
        }
    };
    let bars = day
        .visits
        .iter()
        .flat_map(|call| day.volunteers.iter().map(move |person| can(call, person)));
    Ok(Named {
        instance: Instance {
            bars: bars.collect(),
            volunteers: day.volunteers.iter().map(volunteer).collect(),
            visits: day
                .visits
                .iter()
                .map(|call| visit(call, call.last_volunteer.and_then(who)))
                .collect(),
            travel: vec![Matrix::great_circle(&places, day.travel.detour, speed)],
        },
        volunteers: day.volunteers.iter().map(|person| person.id.into()).collect(),
        visits: day.visits.iter().map(|call| call.id.into()).collect(),
        points: super::flat(&places),
        per_second: 1,
    })
}

fn volunteer(person: &Person) -> Volunteer {
    let (open, close) = person.shift;
    let shift = Shift { open, close, ..Shift::default() };
    Volunteer {
        shifts: vec![shift],
        share_of: person.max_minutes.map(|minutes| minutes.saturating_mul(60)),
        carried: person.workload_minutes.saturating_mul(60),
        ..Volunteer::default()
    }
}

fn visit(call: &Call, last: Option<usize>) -> Visit {
    Visit {
        service: call.service_s,
        windows: vec![call.tw],
        priority: call.priority,
        known: last.into_iter().collect(),
        ..Visit::default()
    }
}
