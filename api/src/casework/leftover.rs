//! Closes the tasks that the end of a beneficiary has left: a visit that was under way and would be
//! repeated after its report, and a task that was created at the moment of the end, for instance by
//! another server.

use chrono::TimeDelta;
use gridward_domain::task::AutomaticCommand;

use super::closing::{Closing, closing};
use super::follow::{Destination, apply, follow};
use crate::beneficiary::ends;
use crate::beneficiary::store::{self, BeneficiaryRow};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::task::of_beneficiary;
use crate::tx::Tx;

/// How long after an end a task may appear whose creation began before it.
const LATE: TimeDelta = TimeDelta::minutes(10);

/// Closes the tasks of ended beneficiaries and moves those of merged duplicates; returns their
/// number.
///
/// # Errors
/// [`DbError`].
pub(super) fn settle(tx: &mut Tx<'_>, key: &SealingKey) -> Result<usize, DbError> {
    let district = tx.district;
    let mut changed = 0;
    for (id, ended_at) in ends::unsettled(tx.read_unbatched(), district)? {
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

/// The numbers of tasks that an end has left.
#[derive(Default)]
struct Left {
    /// Those that are closed or moved now.
    closed: usize,
    /// The visits that are not reported yet.
    under_way: usize,
}

/// Closes the unfinished tasks of the ended beneficiary, or moves them to the entry that took over.
fn close(tx: &mut Tx<'_>, key: &SealingKey, row: &BeneficiaryRow) -> Result<Left, DbError> {
    let rows = of_beneficiary::unfinished(tx.read()?, row.district, row.id)?;
    let mut left = Left::default();
    if rows.is_empty() {
        return Ok(left);
    }
    if let Some(heir) = heir(tx, row)? {
        let to = Destination::of(&heir, &heir.particulars(key)?)?;
        let moved = follow(tx, None, &rows, &to, "beneficiary_merged")?;
        return Ok(Left { closed: moved.len(), ..left });
    }
    for task in rows {
        match closing(&task.life()?.state) {
            Some(Closing::Cancel) => {
                apply(tx, None, &task, &AutomaticCommand::Cancel, "beneficiary_ended")?;
                left.closed += 1;
            }
            Some(Closing::AwaitReport) => left.under_way += 1,
            None => {}
        }
    }
    Ok(left)
}

/// The current entry that took over a merged duplicate, possibly through others.
fn heir(tx: &mut Tx<'_>, row: &BeneficiaryRow) -> Result<Option<BeneficiaryRow>, DbError> {
    let mut next = row.successor;
    while let Some(id) = next {
        let row = store::row(tx.read_unbatched(), &row.district.range(), id)?;
        match row {
            Some(row) if row.is_current() => return Ok(Some(row)),
            row => next = row.and_then(|row| row.successor),
        }
    }
    Ok(None)
}
