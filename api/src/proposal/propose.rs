//! Stores a new proposal of either sort, and records it.

use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, ProposalId};
use serde_json::Value;
use uuid::Uuid;

use super::life::TaskNow;
use super::model::Sealed;
use super::store::{self, Placed, ProposalRow};
use super::{Proposal, ProposalState, ProposalSubject};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::idempotency::CommandId;
use crate::log::{Event, Subject};
use crate::task::commands::origin::Origin;
use crate::tx::Tx;

/// The row of an open proposal by `author`, which is about nothing yet. Its id is that of the command,
/// unless another proposal has it.
///
/// # Errors
/// [`DbError`].
pub(super) fn new_row(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    origin: &Origin,
    (subject, author): (ProposalSubject, PersonId),
    content: &Sealed,
) -> Result<ProposalRow, DbError> {
    let (district, id) = (tx.district, new_id(tx, origin)?);
    Ok(ProposalRow {
        district,
        id,
        subject,
        task: None,
        beneficiary: None,
        proposed_by: author,
        created_at: tx.now.naive_utc(),
        day: None,
        start: None,
        kind: None,
        due_on: None,
        state: ProposalState::Open,
        decided_by: None,
        decided_at: None,
        created_task: None,
        created_case: None,
        sealed: ProposalRow::seal(key, district, id, content)?,
        version: 1,
    })
}

fn new_id(tx: &mut Tx<'_>, origin: &Origin) -> Result<ProposalId, DbError> {
    let district = tx.district;
    let command = origin.id.as_ref().and_then(CommandId::uuid).map(ProposalId);
    let id = match command {
        Some(id) if store::exists(tx.read_unbatched(), district, id)? => None,
        id => id,
    };
    Ok(id.unwrap_or_else(|| ProposalId(Uuid::now_v7())))
}

/// Stores the row, with an event that has `about`; `task` is the task in `grid` that it is for.
///
/// # Errors
/// [`DbError`].
pub(super) fn propose(
    tx: &mut Tx<'_>,
    row: ProposalRow,
    (grid, task): (AreaCode, Option<TaskNow>),
    (action, about, origin): (&'static str, Value, &Origin),
) -> Result<Proposal, DbError> {
    store::put(tx.write_unbatched(), None, &row)?;
    let event = Event::new(action, Subject::Proposal, row.id, grid, row.version)
        .by(row.proposed_by)
        .assignees(None, Some(row.proposed_by))
        .with(about);
    tx.record(event.on(origin.device()));
    Ok(Placed::made(row, grid, task).proposal(tx.now))
}
