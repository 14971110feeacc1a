//! The events about a person's sessions and second factors.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use serde_json::Value;

use super::store;
use crate::db::{Conn, DbError};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Records an event about a person's sessions or factors.
///
/// # Errors
/// [`DbError`].
pub fn record(
    tx: &mut Tx<'_>,
    action: &'static str,
    person: PersonId,
    actor: impl Into<Option<PersonId>>,
    details: Value,
) -> Result<(), DbError> {
    let whose = (tx.district, person);
    if let Some(event) = event(tx.read_unbatched(), whose, action, actor, details)? {
        tx.record(event);
    }
    Ok(())
}

/// The event of [`record`]; `None` if the person does not exist.
///
/// # Errors
/// [`DbError`].
pub fn event(
    conn: &mut Conn,
    (district, person): (AreaCode, PersonId),
    action: &'static str,
    actor: impl Into<Option<PersonId>>,
    details: Value,
) -> Result<Option<Event>, DbError> {
    let found = store::area(conn, district, person)?;
    Ok(found.map(|(area, version)| {
        Event::new(action, Subject::Person, person, area, version)
            .by(actor)
            .assignees(Some(person), Some(person))
            .with(details)
    }))
}
