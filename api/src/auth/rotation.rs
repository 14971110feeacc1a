//! The use of a refresh token: rotation, repetition, or the end of the session.

use chrono::TimeDelta;
use gridward_domain::id::SessionId;
use gridward_domain::session::{Generation, Presented};
use serde_json::json;

use super::access_events::record;
use super::account_notice::AccountNoticeKind;
use super::account_notice_store;
use super::device::EndReason;
use super::proof::ProofError;
use super::session_rules::SessionRules;
use super::session_store::SessionRow;
use crate::db::column::Hash;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;

/// Uses refresh token `number` of the session `id`.
pub(super) fn rotate(
    tx: &mut Tx<'_>,
    rules: &SessionRules,
    id: SessionId,
    number: Generation,
    key: Option<Hash>,
) -> Result<(SessionRow, Presented), Problem> {
    let row = tx.find::<SessionRow>(id)?.ok_or(ProblemCode::SessionEnded)?;
    if row.end_reason == Some(EndReason::TokenReused) {
        return Err(ProblemCode::SessionReused.into());
    }
    if !row.is_live(tx.now, rules.idle) {
        return Err(ProblemCode::SessionEnded.into());
    }
    if row.key_hash.is_some() && row.key_hash != key {
        return Err(if key.is_some() { ProofError::Key } else { ProofError::Missing }.into());
    }
    // Without a key, the token alone cannot tell the device from a thief.
    let grace = if row.key_hash.is_some() { rules.grace } else { TimeDelta::zero() };
    let presented = row.rotation().present(number, tx.now, grace);
    let rotation = match presented {
        Presented::Rotates(next) => next,
        Presented::Repeats => row.rotation(),
        Presented::Reused => {
            tx.replace(&row, row.ended(tx.now, EndReason::TokenReused));
            let (kind, whose) = (AccountNoticeKind::SessionReused, (row.district, row.person));
            let (device, now) = (row.device.clone(), tx.now);
            account_notice_store::add(tx.write_unbatched(), whose, kind, Some(device), now)?;
            record(tx, "session.reuse", row.person, None, json!({ "session": id }))?;
            return Ok((row, presented));
        }
    };
    let used = SessionRow {
        generation: rotation.newest,
        issued_at: rotation.issued_at.naive_utc(),
        used_at: tx.now.naive_utc(),
        version: row.version + 1,
        ..row.clone()
    };
    tx.replace(&row, used.clone());
    Ok((used, presented))
}
