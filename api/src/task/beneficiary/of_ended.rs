//! Cancels a visit of an ended beneficiary that its visitor gives back: no other person may be sent.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::{self as life, AutomaticCommand, Phase, State, Transition};
use serde_json::json;

use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::{self, EndCause, ends};
use crate::clock;
use crate::db::{Conn, DbError, in_batches};
use crate::task::commands::transition::Step;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Cancels the task that `step` has led to `row`, if the step gives back a visit whose beneficiary
/// has ended; returns the row afterwards.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn cancel(
    tx: &mut Tx<'_>,
    step: &Step<'_>,
    row: TaskRow,
) -> Result<TaskRow, DbError> {
    let Some(id) = row.beneficiary.filter(|_| is_given_back(&step.before.state, &step.after.state))
    else {
        return Ok(row);
    };
    let entry = beneficiary::store::row(tx.read_unbatched(), &row.district.range(), id)?;
    let Some(because) = entry.as_ref().and_then(end) else { return Ok(row) };
    let command = AutomaticCommand::Cancel;
    match life::apply_automatic(&step.after, &command, clock::day(tx.now)) {
        Ok(Transition::Changed(after)) => {
            let step = Step { row: &row, before: step.after, after, verb: command.verb() };
            let next = row.moved(&after, tx.now);
            tx.replace(&row, next.clone());
            tx.record(step.event().with(json!({ "because": because.closes_tasks() })));
            ends::cancelled(tx.write_unbatched(), row.district, id, row.id)?;
            Ok(next)
        }
        Ok(Transition::Already) => Ok(row),
        Err(rejection) => Err(DbError::corrupt("tasks", rejection)),
    }
}

/// Why no other person may be sent to the beneficiary; `None` for a current entry, and for a merged
/// one, whose tasks go to its successor instead.
fn end(entry: &BeneficiaryRow) -> Option<EndCause> {
    let because = entry.ended_because.unwrap_or(EndCause::NotInFiles);
    (!entry.is_current() && because != EndCause::Merged).then_some(because)
}

/// The tasks among `rows` that are cancelled if their assignees give them back.
///
/// # Errors
/// [`DbError`].
pub fn cancelled_if_given_back(
    conn: &mut Conn,
    district: AreaCode,
    rows: &[TaskRow],
) -> Result<BTreeSet<TaskId>, DbError> {
    let ids: BTreeSet<BeneficiaryId> = rows.iter().filter_map(|row| row.beneficiary).collect();
    let ids: Vec<BeneficiaryId> = ids.into_iter().collect();
    let entries = in_batches(&ids, |ids| beneficiary::store::rows(conn, district, ids))?;
    let ended = entries.iter().filter(|entry| end(entry).is_some()).map(|entry| entry.id);
    let ended: BTreeSet<BeneficiaryId> = ended.collect();
    let has_ended = |row: &&TaskRow| row.beneficiary.is_some_and(|id| ended.contains(&id));
    Ok(rows.iter().filter(has_ended).map(|row| row.id).collect())
}

/// Whether an assignee loses an unfinished task that stays unfinished.
fn is_given_back(before: &State, after: &State) -> bool {
    let unfinished = |state: &State| Phase::UNFINISHED.contains(&state.phase());
    let lost = before.assignee().is_some() && before.assignee() != after.assignee();
    lost && unfinished(before) && unfinished(after)
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::PersonId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_visit_is_given_back_if_its_assignee_loses_it_unfinished() {
        let (one, two) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        for (before, after, given_back) in [
            (State::InProgress(one), State::Open, true),
            (State::Assigned(one), State::Open, true),
            (State::InProgress(one), State::Assigned(two), true),
            (State::Accepted(one), State::InProgress(one), false),
            (State::InProgress(one), State::Done(one), false),
            (State::Done(one), State::Open, false),
            (State::Open, State::Accepted(one), false),
        ] {
            assert_eq!(is_given_back(&before, &after), given_back, "{before:?} {after:?}");
        }
    }
}
