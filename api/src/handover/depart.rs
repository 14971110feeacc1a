//! The departure of a person: the work is handed over, and the access ends.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use serde_json::{Value, json};

use super::apply::apply;
use super::decide::Outcome;
use super::model::{Departure, Handover};
use super::situation::{Decided, Decider, decided};
use super::{ASSIGNEE_LEFT, loads, regimes, repeat, rules, spread};
use crate::absence::takers::one_wish;
use crate::auth;
use crate::auth::device::EndReason;
use crate::crypto::SealingKey;
use crate::db::Conn;
use crate::http::problem::Problem;
use crate::log::{Event, Subject, reason};
use crate::person;
use crate::person::PersonState;
use crate::person::store::PersonRow;
use crate::tx::Tx;

/// The person's work after a departure of the person of `row` at `now` that spreads no tasks, without
/// changing anything.
///
/// # Errors
/// As [`decided`].
pub fn preview(
    conn: &mut Conn,
    key: &SealingKey,
    (by, now): (Decider, DateTime<Utc>),
    row: &PersonRow,
    departure: &Departure,
) -> Result<Handover, Problem> {
    if row.state == PersonState::Left {
        return Ok(Handover { preview: true, ..repeat::shown(conn, by, row)? });
    }
    let decided = decided(conn, key, (by, now), row, None, &departure.wishes())?;
    let next = PersonRow { state: PersonState::Left, ..left(row, &decided) };
    let regimes = regimes::of(conn, by, row)?;
    let loads = loads::of(conn, row, &decided, &[])?;
    Ok(Handover { regimes, loads, ..decided.shown(&next, row.area, true) })
}

/// The row of the person, who is a volunteer after a succession.
fn left(row: &PersonRow, decided: &Decided) -> PersonRow {
    let role = match decided.decision.successor {
        Some(_) => person::Role::Volunteer,
        None => row.role,
    };
    PersonRow { role, ..row.clone() }
}

/// Ends the work and the access of the person of `row`, which is locked. Tasks that are spread go to none of
/// the people of `excluded`, who leave or follow a manager by the same call. The answer for a person
/// who has left is that of the departure, as far as the log still has it.
///
/// # Errors
/// As [`decided`].
pub fn depart(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    by: Decider,
    row: &PersonRow,
    (departure, excluded): (&Departure, &BTreeSet<PersonId>),
) -> Result<Handover, Problem> {
    if row.state == PersonState::Left {
        return repeat::shown(tx.read()?, by, row);
    }
    one_wish(departure.spread, departure.give_to)?;
    let (wishes, now) = (departure.wishes(), tx.now);
    rules::lock_ties(tx, row, &wishes)?;
    let mut decided = decided(tx.read()?, key, (by, now), row, None, &wishes)?;
    let spread = if departure.spread {
        spread::give(tx, row, (&departure.tasks, excluded, ASSIGNEE_LEFT), &mut decided)?
    } else {
        Vec::new()
    };
    let loads = loads::of(tx.read()?, row, &decided, &spread)?;
    let before = row.area;
    let row = apply(tx, row, &decided, ASSIGNEE_LEFT)?;
    let next = PersonRow {
        state: PersonState::Left,
        version: row.version + 1,
        phone_index: person::row::no_phone(key, row.id),
        ..row.clone()
    };
    let district = tx.district;
    auth::store::end_access(tx.write()?, district, row.id, None, EndReason::Left, now)?;
    person::write::set_state(tx.write()?, &row, &next)?;
    let mut about = json!({
        "state": PersonState::Left,
        "because": departure.reason,
        "given": count(&decided, |outcome| matches!(outcome, Outcome::Given(_))),
        "opened": count(&decided, |outcome| matches!(outcome, Outcome::Opened(_))),
        "cancelled": count(&decided, |outcome| matches!(outcome, Outcome::Cancelled)),
    });
    if let Some(successor) = decided.decision.successor {
        about["successor"] = json!(successor);
    }
    add_note(&mut about, key, &row, departure.note.as_ref())?;
    let event = Event::new("person.leave", Subject::Person, row.id, row.area, next.version);
    tx.record(event.by(by.person()).assignees(Some(row.id), None).with(about));
    // The suspension of a person has announced it already.
    if row.state == PersonState::Active {
        for event in regimes::announce(tx.write_unbatched(), &row, now)? {
            tx.record(event);
        }
    }
    let regimes = regimes::of(tx.read_unbatched(), by, &row)?;
    Ok(Handover { regimes, loads, ..decided.shown(&next, before, false) })
}

/// What [`depart`] would do, where it spreads tasks: it is carried out and rolled back.
///
/// # Errors
/// As [`decided`].
pub fn rehearse(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    by: Decider,
    row: &PersonRow,
    departure: (&Departure, &BTreeSet<PersonId>),
) -> Result<Handover, Problem> {
    tx.preview(|tx| tried(tx, key, by, row, departure))?
}

/// Carries the departure out as one of several, all of which the caller rolls back; answers as
/// [`rehearse`].
///
/// # Errors
/// As [`decided`].
pub fn tried(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    by: Decider,
    row: &PersonRow,
    departure: (&Departure, &BTreeSet<PersonId>),
) -> Result<Handover, Problem> {
    let done = depart(tx, key, by, row, departure)?;
    Ok(Handover { preview: true, version: row.version, ..done })
}

/// The number of tasks with such an outcome.
pub(super) fn count(decided: &Decided, is: impl Fn(&Outcome) -> bool) -> usize {
    decided.decision.tasks.values().filter(|outcome| is(outcome)).count()
}

/// Adds the encrypted note to the details of an event about the person.
pub(super) fn add_note(
    about: &mut Value,
    key: &SealingKey,
    row: &PersonRow,
    note: Option<&CommandReason>,
) -> Result<(), Problem> {
    if let Some(note) = note {
        about["reason"] = json!(reason::sealed(key, row.district, row.id, note)?);
    }
    Ok(())
}
