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
    let district = tx.district;
    let Some((area, version)) = store::area(tx.read_unbatched(), district, person)? else {
        return Ok(());
    };
    tx.record(
        Event::new(action, Subject::Person, person, area, version)
            .by(actor)
            .assignees(Some(person), Some(person))
            .with(details),
    );
    Ok(())
}
