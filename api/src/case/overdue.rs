//! Raises overdue cases to the next level.

use chrono::NaiveDate;
use gridward_domain::case;
use serde_json::json;

use super::entry_store::{self, EntrySealed, NewEntry};
use super::event::event;
use super::row::PlacedCase;
use super::{CaseEntryAction, kind_store, store};
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
        let kind = kind_store::of_case(tx.read_unbatched(), row)?;
        let life = row.life(None);
        let Some(raised) = case::escalate(&kind.own.path(), &life, today, &is_working) else {
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
        let more = [("waits_for", json!(raised.row.waits_for))];
        tx.record(event("case.escalate", kind.is_confidential(), &raised, more));
    }
    Ok(due.len())
}
