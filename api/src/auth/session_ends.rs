//! The end of a session before its time: by the person, by a superior, by a later session of the
//! same device, or by one device too many.

use gridward_domain::id::{PersonId, SessionId};
use serde_json::json;

use super::access_events::record;
use super::device::EndReason;
use super::session_rules::SessionRules;
use super::session_store::{self, SessionRow};
use super::store;
use crate::db::DbError;
use crate::db::column::Hash;
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

/// Ends the person's sessions that a new one of the device with `key` replaces, and those that are
/// too many beside it; returns their ids. A device thus counts once, however often it signs in.
pub(super) fn make_room(
    tx: &mut Tx<'_>,
    rules: &SessionRules,
    person: PersonId,
    key: Option<Hash>,
) -> Result<Vec<SessionId>, DbError> {
    let (district, now) = (tx.district, tx.now);
    let rows = session_store::of_person(tx.read()?, district, person, now)?;
    let live = rows.iter().filter(|row| row.is_live(now, rules.idle));
    let (same, others): (Vec<_>, Vec<_>) =
        live.partition(|row| key.is_some() && row.key_hash == key);
    let surplus = others.into_iter().skip(rules.per_person.saturating_sub(1));
    let replaced = same.into_iter().map(|row| (row, EndReason::Replaced));
    let displaced = surplus.map(|row| (row, EndReason::Displaced));
    let mut ended = Vec::new();
    for (row, reason) in replaced.chain(displaced) {
        tx.replace(row, row.ended(now, reason));
        ended.push(row.id);
    }
    Ok(ended)
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
