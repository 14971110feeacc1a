//! The neutral JSON format for the days of a grid: times in seconds, travel by great circle, one
//! shift for each volunteer.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{FormatError, Named};
use crate::routing::instance::{Bar, Instance, Partner, Seconds, Shift, Visit, Volunteer};
use crate::routing::travel::Matrix;
use gridward_domain::place::Place;

/// The largest number of different speeds.
const MOST_SPEEDS: usize = 8;

/// Informative fields are accepted and ignored; any other unknown field may be a mistake and is
/// rejected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    travel: Travel,
    volunteers: Vec<VolunteerRecord>,
    visits: Vec<VisitRecord>,
    #[serde(rename = "name")]
    _name: Option<IgnoredAny>,
    #[serde(rename = "kind")]
    _kind: Option<IgnoredAny>,
    #[serde(rename = "seed")]
    _seed: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Travel {
    detour: f64,
    speed_kmh: f64,
    #[serde(default, rename = "model")]
    _model: Model,
}

/// The travel model.
#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Model {
    #[default]
    Haversine,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VolunteerRecord {
    id: Id,
    lat: f64,
    lon: f64,
    shift: (Seconds, Seconds),
    max_minutes: Option<i32>,
    /// The limit of the load in the week of the day.
    offered_minutes: Option<i32>,
    #[serde(default)]
    workload_minutes: i32,
    #[serde(default)]
    skills: Vec<Id>,
    /// The volunteer's own speed.
    speed_kmh: Option<f64>,
    #[serde(rename = "grid")]
    _grid: Option<IgnoredAny>,
    #[serde(rename = "village")]
    _village: Option<IgnoredAny>,
    #[serde(rename = "role")]
    _role: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VisitRecord {
    id: Id,
    lat: f64,
    lon: f64,
    service_s: Seconds,
    tw: (Seconds, Seconds),
    priority: i32,
    skill: Option<Id>,
    last_volunteer: Option<Id>,
    /// Visits of the same group go to one person.
    group: Option<Id>,
    /// The second visit of a pair.
    second: Option<Second>,
    #[serde(rename = "grid")]
    _grid: Option<IgnoredAny>,
    #[serde(rename = "village")]
    _village: Option<IgnoredAny>,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Second {
    visit: Id,
    /// The least and the most time from the begin of the first to its begin.
    #[serde(default)]
    after_s: (Seconds, Seconds),
}

/// A name.
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
    let visits: Vec<Value> = day.visits.iter().map(|record| (&record.id).into()).collect();
    super::each_once("volunteer", &volunteers)?;
    super::each_once("visit", &visits)?;
    let homes = day.volunteers.iter().zip(&volunteers);
    let homes = homes.map(|(person, id)| super::place("volunteer", id, person.lat, person.lon));
    let records = day.visits.iter().zip(&visits);
    let records = records.map(|(record, id)| super::place("visit", id, record.lat, record.lon));
    let places: Vec<Place> = homes.chain(records).collect::<Result<_, _>>()?;
    let speeds = speeds(&day)?;
    super::fits(places.len(), speeds.len())?;
    let numbers: HashMap<&Id, usize> =
        day.volunteers.iter().enumerate().map(|(number, person)| (&person.id, number)).collect();
    let known = |record: &VisitRecord| match &record.last_volunteer {
        Some(last) => {
            let stranger =
                || FormatError::Stranger { visit: (&record.id).into(), volunteer: last.into() };
            numbers.get(last).copied().map(Some).ok_or_else(stranger)
        }
        None => Ok(None),
    };
    let can = |record: &VisitRecord, person: &VolunteerRecord| {
        if record.skill.as_ref().is_none_or(|skill| person.skills.contains(skill)) {
            Bar::None
        } else {
            Bar::Skill
        }
    };
    let bars = day
        .visits
        .iter()
        .flat_map(|record| day.volunteers.iter().map(move |person| can(record, person)));
    let records = day.visits.iter().map(|record| Ok(visit(record, known(record)?)));
    let mut records = records.collect::<Result<Vec<Visit>, FormatError>>()?;
    tie(&day.visits, &mut records)?;
    let way = |speed: &f64| Matrix::great_circle(&places, day.travel.detour, speed / 3.6);
    Ok(Named {
        instance: Instance {
            bars: bars.collect(),
            volunteers: day.volunteers.iter().map(|who| volunteer(who, &speeds)).collect(),
            visits: records,
            travel: speeds.iter().map(way).collect(),
        },
        volunteers,
        visits,
        points: super::flat(&places),
        per_second: 1,
        first_moment: 0,
    })
}

/// The distinct speeds, the common one first.
fn speeds(day: &Day) -> Result<Vec<f64>, FormatError> {
    let mut speeds = vec![day.travel.speed_kmh];
    for own in day.volunteers.iter().filter_map(|person| person.speed_kmh) {
        if !speeds.contains(&own) {
            speeds.push(own);
        }
    }
    // Each speed has a matrix.
    if speeds.len() > MOST_SPEEDS {
        return Err(FormatError::Unsupported(format!("more than {MOST_SPEEDS} different speeds")));
    }
    let sound = |number: &f64| number.is_finite() && *number > 0.0;
    if sound(&day.travel.detour) && speeds.iter().all(sound) {
        Ok(speeds)
    } else {
        Err(FormatError::Travel)
    }
}

/// Sets groups and pairs.
fn tie(records: &[VisitRecord], visits: &mut [Visit]) -> Result<(), FormatError> {
    let numbers: HashMap<&Id, usize> =
        records.iter().enumerate().map(|(number, record)| (&record.id, number)).collect();
    let mut groups: HashMap<&Id, usize> = HashMap::new();
    for (number, record) in records.iter().enumerate() {
        visits[number].group =
            record.group.as_ref().map(|name| *groups.entry(name).or_insert(number));
        let Some(Second { visit: name, after_s: gap }) = &record.second else { continue };
        let missing =
            || FormatError::UnknownVisit { visit: (&record.id).into(), other: name.into() };
        let second = *numbers.get(name).ok_or_else(missing)?;
        let ends = [(number, second, true), (second, number, false)];
        for (at, other, first) in ends {
            let partner = Partner { visit: other, first, gap: *gap };
            if second == number || visits[at].partner.replace(partner).is_some() {
                return Err(FormatError::PairedTwice((&records[at].id).into()));
            }
        }
    }
    Ok(())
}

fn volunteer(person: &VolunteerRecord, speeds: &[f64]) -> Volunteer {
    let (open, close) = person.shift;
    let shift = Shift { open, close, ..Shift::default() };
    Volunteer {
        shifts: vec![shift],
        offered: person.offered_minutes.map(|minutes| minutes.saturating_mul(60)),
        share_of: person.max_minutes.map(|minutes| minutes.saturating_mul(60)),
        carried: person.workload_minutes.saturating_mul(60),
        matrix: speeds.iter().position(|speed| Some(*speed) == person.speed_kmh).unwrap_or(0),
        ..Volunteer::default()
    }
}

fn visit(record: &VisitRecord, last: Option<usize>) -> Visit {
    Visit {
        service: record.service_s,
        windows: vec![record.tw],
        priority: record.priority,
        known: last.into_iter().collect(),
        ..Visit::default()
    }
}
