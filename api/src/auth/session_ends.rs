//! The end of a session before its time, by the person, a superior, or one device too many.

use gridward_domain::id::{PersonId, SessionId};
use serde_json::json;

use super::access_events::record;
use super::device::EndReason;
use super::session_rules::SessionRules;
use super::session_store::{self, SessionRow};
use super::store;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::tx::Tx;

/// The session `id` of `person`.
///
/// # Errors
/// 404.
pub(super) fn own(tx: &mut Tx<'_>, person: PersonId, id: SessionId) -> Result<SessionRow, Problem> {
    let row = tx.find::<SessionRow>(id)?.filter(|row| row.person == person);
    row.ok_or_else(Problem::not_found)
}

/// Ends the session `id` of a person, as an act of `actor`; an ended one stays so.
///
/// # Errors
/// 404.
pub fn end_one(
    tx: &mut Tx<'_>,
    person: PersonId,
    id: SessionId,
    actor: PersonId,
) -> Result<(), Problem> {
    let row = own(tx, person, id)?;
    if row.ended_at.is_none() {
        tx.replace(&row, row.ended(tx.now, EndReason::Revoked));
        record(tx, "session.end", person, actor, json!({ "session": id }))?;
    }
    Ok(())
}

/// Ends the person's sessions that are too many beside a new one; returns their ids.
pub(super) fn make_room(
    tx: &mut Tx<'_>,
    rules: &SessionRules,
    person: PersonId,
) -> Result<Vec<SessionId>, DbError> {
    let (district, now) = (tx.district, tx.now);
    let rows = session_store::of_person(tx.read()?, district, person, now)?;
    let live = rows.iter().filter(|row| row.is_live(now, rules.idle));
    let displaced: Vec<_> = live.skip(rules.per_person.saturating_sub(1)).collect();
    for row in &displaced {
        tx.replace(*row, row.ended(now, EndReason::Displaced));
    }
    Ok(displaced.into_iter().map(|row| row.id).collect())
}

/// Ends all sessions of a person, as an act of the superior `actor`; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn end_all(tx: &mut Tx<'_>, person: PersonId, actor: PersonId) -> Result<usize, DbError> {
    let (district, now) = (tx.district, tx.now);
    let ended = store::end_access(tx.write()?, district, person, None, EndReason::Revoked, now)?;
    record(tx, "session.end", person, actor, json!({ "sessions": ended }))?;
    Ok(ended)
}
