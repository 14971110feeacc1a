//! Raises overdue cases to the next level.

use chrono::NaiveDate;
use gridward_domain::case;
use serde_json::json;

use super::entry_store::{self, EntrySealed, NewEntry};
use super::event::event;
use super::store::{self, PlacedCase};
use super::{CaseEntryAction, kind_store};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::tx::Tx;
use crate::workday;

/// The number of cases in one transaction.
const BATCH: i64 = 200;

/// Raises a batch of the cases that are due on `today`; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn escalate(tx: &mut Tx<'_>, key: &SealingKey, today: NaiveDate) -> Result<usize, DbError> {
    let district = tx.district;
    let due = store::due(tx.read()?, district, today, BATCH)?;
    if due.is_empty() {
        return Ok(0);
    }
    let days = workday::store::days(tx.read_unbatched(), district, today, None)?;
    let is_working = |day| days.is_working(day);
    for placed in &due {
        let row = &placed.row;
        let kind = kind_store::at(tx.read_unbatched(), district, &row.kind, row.kind_version)?;
        let kind = kind.ok_or_else(|| DbError::corrupt("case_kinds", "a version is missing"))?;
        let life = row.life(None);
        let Some(raised) = case::escalate(&kind.path(), &life, today, &is_working) else {
            store::never_rises(tx.write_unbatched(), row)?;
            continue;
        };
        let next = row.after(raised, None);
        store::put(tx.write_unbatched(), Some(row), &next)?;
        let entry = NewEntry {
            action: CaseEntryAction::Escalate,
            at: tx.now.naive_utc(),
            person: None,
            from: Some(row.step.clone()),
            to: row.step.clone(),
            taken: None,
            waits_for: next.waits_for,
        };
        let case = (district, row.id);
        entry_store::add(tx.write_unbatched(), key, case, entry, &EntrySealed::default())?;
        let raised = PlacedCase { row: next, ..placed.clone() };
        let current = kind_store::one(tx.read_unbatched(), district, &raised.row.kind)?;
        let is_confidential =
            kind.is_confidential() || current.is_none_or(|kind| kind.is_confidential());
        let more = [("waits_for", json!(raised.row.waits_for))];
        tx.record(event("case.escalate", is_confidential, &raised, more));
    }
    Ok(due.len())
}
