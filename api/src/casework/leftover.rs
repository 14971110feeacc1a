//! Closes the tasks that the end of a beneficiary has left, and returns its planned hand-outs: those created or
//! given back at the moment of the end, for instance on another server.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::task::AutomaticCommand;

use super::affected_tasks::{Destination, apply, move_to};
use super::closing::{Closing, closing};
use crate::beneficiary::store::{self, BeneficiaryRow};
use crate::beneficiary::{EndCause, ends};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::goods;
use crate::task::beneficiary::of_beneficiary;
use crate::tx::Tx;

/// How long after an end a task may appear whose creation began before it.
const LATE: TimeDelta = TimeDelta::minutes(10);

/// Closes the tasks of those of these beneficiaries that have ended, returns their planned hand-outs, and moves
/// those of merged duplicates; returns their number.
///
/// # Errors
/// [`DbError`].
pub(super) fn settle(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    ids: &[BeneficiaryId],
) -> Result<usize, DbError> {
    let district = tx.district;
    let mut changed = 0;
    for (id, ended_at) in ends::unsettled_of(tx.read_unbatched(), district, ids)? {
        let row = store::row(tx.read_unbatched(), &district.range(), id)?;
        let mut left = Left::default();
        if let Some(row) = row.filter(|row| !row.is_current()) {
            left = close(tx, key, &row)?;
        }
        changed += left.closed;
        if left.under_way == 0 && tx.now.naive_utc() - ended_at > LATE {
            ends::settled(tx.write_unbatched(), district, id)?;
        }
    }
    Ok(changed)
}

/// The numbers of tasks and hand-outs that an end has left.
#[derive(Default)]
struct Left {
    /// Those that are closed, returned or moved now.
    closed: usize,
    /// The visits that are not reported yet.
    under_way: usize,
}

/// Closes the unfinished tasks of the ended beneficiary and returns its planned hand-outs, or moves them to the
/// entry that took over.
fn close(tx: &mut Tx<'_>, key: &SealingKey, row: &BeneficiaryRow) -> Result<Left, DbError> {
    let rows = of_beneficiary::unfinished(tx.read()?, row.district, row.id)?;
    if let Some((merged, heir)) = heir(tx, row)? {
        // Without a task no visit goes over, and the events of the hand-outs name no visitor.
        let visitors = match rows.as_slice() {
            [] => BTreeSet::new(),
            _ => goods::exchange::visitors(tx, [heir.id, row.id])?,
        };
        let exchanged = exchange(tx, row, &heir, &visitors)?;
        let to = Destination::of(&heir, &heir.particulars(key)?)?;
        let moved = move_to(tx, None, &rows, &to, "beneficiary_merged")?;
        // An undo of any of the merges takes the tasks back.
        let tasks: Vec<TaskId> = rows.iter().map(|row| row.id).collect();
        for id in merged.into_iter().filter(|_| !tasks.is_empty()) {
            ends::joined(tx.write_unbatched(), row.district, id, &tasks)?;
        }
        return Ok(Left { closed: exchanged + moved.len(), under_way: 0 });
    }
    let because = row.ended_because.unwrap_or(EndCause::NotInFiles);
    let returned = goods::of_ended::give_back(tx, None, (row.district, row.id), because)?;
    let mut left = Left { closed: returned.len(), under_way: 0 };
    if !returned.is_empty() {
        ends::returned(tx.write_unbatched(), row.district, row.id, returned)?;
    }
    for task in rows {
        match closing(&task.life()?.state) {
            Some(Closing::Cancel) => {
                let because = because.closes_tasks();
                apply(tx, None, &task, &AutomaticCommand::Cancel, because)?;
                ends::cancelled(tx.write_unbatched(), row.district, row.id, task.id)?;
                left.closed += 1;
            }
            Some(Closing::AwaitReport) => left.under_way += 1,
            None => {}
        }
    }
    Ok(left)
}

/// Gives the hand-outs of the duplicate to the entry that took over; answers the number of those that changed.
fn exchange(
    tx: &mut Tx<'_>,
    row: &BeneficiaryRow,
    heir: &BeneficiaryRow,
    visitors: &BTreeSet<PersonId>,
) -> Result<usize, DbError> {
    let exchange = goods::exchange::merge(tx, None, (heir.id, heir.grid), row.id, visitors)?;
    let changed = exchange.given.len() + exchange.taken.len() + exchange.dropped.len();
    if changed > 0 {
        ends::exchanged(tx.write_unbatched(), row.district, row.id, exchange)?;
    }
    Ok(changed)
}

/// The current entry that took over a merged duplicate, after the merged entries that lead to it.
fn heir(
    tx: &mut Tx<'_>,
    row: &BeneficiaryRow,
) -> Result<Option<(Vec<BeneficiaryId>, BeneficiaryRow)>, DbError> {
    let (mut merged, mut next) = (vec![row.id], row.successor);
    while let Some(id) = next {
        let row = store::row(tx.read_unbatched(), &row.district.range(), id)?;
        match row {
            Some(row) if row.is_current() => return Ok(Some((merged, row))),
            row => next = row.and_then(|row| row.successor),
        }
        merged.push(id);
    }
    Ok(None)
}
