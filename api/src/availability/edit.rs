//! Changes the hours of a person.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::authority::Principal;
use serde_json::json;

use super::model::{AvailabilityContent, DatedHours, PersonAvailability, WeeklyHours};
use super::store;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::person;
use crate::person::store::PersonRow;
use crate::person::{Availability, PersonState, content_check};
use crate::tx::Tx;

/// The maximum number of days with other hours.
const MOST_EXCEPTIONS: usize = 366;

/// The person's present availability.
///
/// # Errors
/// [`DbError`].
pub fn shown(
    conn: &mut Conn,
    row: &PersonRow,
    today: chrono::NaiveDate,
) -> Result<PersonAvailability, DbError> {
    let shown = store::of(conn, std::slice::from_ref(row), today)?.pop();
    shown.ok_or_else(|| DbError::corrupt("people", "a person without availability"))
}

/// Checks that the person works here.
///
/// # Errors
/// 409 for a person who left.
pub fn works_here(row: &PersonRow) -> Result<(), Problem> {
    match row.state {
        PersonState::Left => Err(ProblemCode::PersonLeft.into()),
        PersonState::Active | PersonState::Suspended => Ok(()),
    }
}

/// Replaces the person's weekly hours and the coming days with other hours. The same hours again
/// change nothing, whatever version the caller read.
///
/// # Errors
/// 412 or 428 if the decision is not based on the current version; 409 for a person who left; 422.
pub fn put(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &PersonRow,
    content: &AvailabilityContent,
    base: &IfMatch,
) -> Result<PersonAvailability, Problem> {
    works_here(row)?;
    let today = clock::day(tx.now);
    let weekly = weekly(content)?;
    let minutes = content.weekly_minutes.unwrap_or(row.weekly_minutes);
    let exceptions: Vec<DatedHours> = dated(content)?.range(today..).map(|(_, one)| *one).collect();
    let before = shown(tx.read_unbatched(), row, today)?;
    let same_offer = row.availability == weekly && row.weekly_minutes == minutes;
    if same_offer && before.exceptions == exceptions {
        return Ok(before);
    }
    if let Some(excess) = content_check::excess(minutes, &weekly).filter(|_| !same_offer) {
        return Err(Problem::from(ProblemCode::Invalid).with(excess));
    }
    base.check(row.version, &before)?;
    store::replace_exceptions(tx.write_unbatched(), row.district, row.id, &exceptions)?;
    let event = |version| {
        Event::new("person.availability", Subject::Person, row.id, row.area, version)
            .with(json!({ "exceptions": exceptions.len() }))
    };
    let offer = PersonRow { availability: weekly, weekly_minutes: minutes, ..row.clone() };
    let offer = changed(tx, principal, offer, event)?;
    Ok(shown(tx.read_unbatched(), &offer, today)?)
}

/// Stores the offer of `row` under the next version of the person, with the event; returns the row
/// with that version.
///
/// # Errors
/// [`Problem`] of the database.
pub fn changed(
    tx: &mut Tx<'_>,
    principal: &Principal,
    mut row: PersonRow,
    event: impl FnOnce(i64) -> Event,
) -> Result<PersonRow, Problem> {
    row.version = person::write::set_availability(tx.write_unbatched(), &row)?;
    tx.record(event(row.version).by(principal.person).assignees(Some(row.id), Some(row.id)));
    Ok(row)
}

fn weekly(content: &AvailabilityContent) -> Result<Availability, Problem> {
    let mut seen = BTreeSet::new();
    for (n, WeeklyHours { weekday, .. }) in content.weekly.iter().enumerate() {
        if !seen.insert(*weekday) {
            return Err(Problem::invalid(&format!("/weekly/{n}/weekday"), "is listed twice"));
        }
    }
    Ok(content.weekly.iter().map(|one| (one.weekday, one.window)).collect())
}

fn dated(
    content: &AvailabilityContent,
) -> Result<BTreeMap<chrono::NaiveDate, DatedHours>, Problem> {
    if content.exceptions.len() > MOST_EXCEPTIONS {
        let detail = format!("must have at most {MOST_EXCEPTIONS} items");
        return Err(Problem::invalid("/exceptions", detail));
    }
    let mut days = BTreeMap::new();
    for (n, one) in content.exceptions.iter().enumerate() {
        let wrong = |detail: String| {
            let error = FieldError::new(format!("/exceptions/{n}/day"), detail);
            Problem::from(ProblemCode::Invalid).with(error)
        };
        clock::within_reach(&one.day).map_err(|error| wrong(error.to_string()))?;
        if days.insert(one.day, *one).is_some() {
            return Err(wrong("is listed twice".to_owned()));
        }
    }
    Ok(days)
}
