//! The events about a person's sessions and second factors.

use gridward_domain::id::PersonId;
use serde_json::Value;

use super::store;
use crate::db::DbError;
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
    if let Some(event) = event(tx, action, person, actor, details)? {
        tx.record(event);
    }
    Ok(())
}

/// The event of [`record`]; `None` if the person does not exist.
///
/// # Errors
/// [`DbError`].
pub fn event(
    tx: &mut Tx<'_>,
    action: &'static str,
    person: PersonId,
    actor: impl Into<Option<PersonId>>,
    details: Value,
) -> Result<Option<Event>, DbError> {
    let district = tx.district;
    let found = store::area(tx.read_unbatched(), district, person)?;
    Ok(found.map(|(area, version)| {
        Event::new(action, Subject::Person, person, area, version)
            .by(actor)
            .assignees(Some(person), Some(person))
            .with(details)
    }))
}
