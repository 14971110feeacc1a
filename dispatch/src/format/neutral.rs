//! The neutral JSON in which instances of grid days are exchanged: everything in
//! seconds, journeys by great circle, one shift for each volunteer.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

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
    id: Id,
    lat: f64,
    lon: f64,
    shift: (Seconds, Seconds),
    max_minutes: Option<i32>,
    #[serde(default)]
    workload_minutes: i32,
    #[serde(default)]
    skills: Vec<Id>,
}

#[derive(Deserialize)]
struct Call {
    id: Id,
    lat: f64,
    lon: f64,
    service_s: Seconds,
    tw: (Seconds, Seconds),
    priority: i32,
    skill: Option<Id>,
    last_volunteer: Option<Id>,
}

/// What something is called.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged, expecting = "expected a whole number or a text")]
enum Id {
    Number(i64),
    Text(String),
}

impl From<&Id> for Value {
    fn from(id: &Id) -> Self {
        match id {
            Id::Number(number) => (*number).into(),
            Id::Text(text) => text.as_str().into(),
        }
    }
}

/// Reads an instance.
///
/// # Errors
/// [`FormatError`] when the text is not such JSON, or a place is none.
pub fn read(text: &str) -> Result<Named, FormatError> {
    let day: Day = serde_json::from_str(text)?;
    let volunteers: Vec<Value> = day.volunteers.iter().map(|person| (&person.id).into()).collect();
    let visits: Vec<Value> = day.visits.iter().map(|call| (&call.id).into()).collect();
    super::each_once("volunteer", &volunteers)?;
    super::each_once("visit", &visits)?;
    let homes = day.volunteers.iter().zip(&volunteers);
    let homes = homes.map(|(person, id)| super::place("volunteer", id, person.lat, person.lon));
    let calls = day.visits.iter().zip(&visits);
    let calls = calls.map(|(call, id)| super::place("visit", id, call.lat, call.lon));
    let places: Vec<Place> = homes.chain(calls).collect::<Result<_, _>>()?;
    let (detour, speed) = (day.travel.detour, day.travel.speed_kmh / 3.6);
    if ![detour, speed].iter().all(|number| number.is_finite() && *number > 0.0) {
        return Err(FormatError::Travel);
    }
    let numbers: HashMap<&Id, usize> =
        day.volunteers.iter().enumerate().map(|(number, person)| (&person.id, number)).collect();
    let known = |call: &Call| match &call.last_volunteer {
        Some(last) => {
            let stranger =
                || FormatError::Stranger { visit: (&call.id).into(), volunteer: last.into() };
            numbers.get(last).copied().map(Some).ok_or_else(stranger)
        }
        None => Ok(None),
    };
    let can = |call: &Call, person: &Person| {
        if call.skill.as_ref().is_none_or(|skill| person.skills.contains(skill)) {
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
                .map(|call| Ok(visit(call, known(call)?)))
                .collect::<Result<_, FormatError>>()?,
            travel: vec![Matrix::great_circle(&places, detour, speed)],
        },
        volunteers,
        visits,
        points: super::flat(&places),
        per_second: 1,
        first_moment: 0,
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
