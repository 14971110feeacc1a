//! The rules that a person would break by getting several tasks together.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::assignees::Assignee;
use super::breach::{self, Breach};
use crate::beneficiary::visitors::VisitorChoices;
use crate::clock;
use crate::db::DbError;
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::Commitments;
use crate::task::schedule::kept_time;
use crate::task::schedule::overlap::OverlappingVisit;
use crate::task::schedule::work_time::HeldTime;

/// One of the tasks that a person would get.
pub(super) struct GroupTask<'a> {
    /// The task, as it passes to another person ([`kept_time::passing`]).
    pub(super) row: &'a TaskRow,
    /// The tasks that are tied to it, but for those of the group.
    pub(super) tied: &'a [TaskRow],
    /// The other visits of the person at the hour of the second task of a visit by two people.
    pub(super) overlaps: Vec<OverlappingVisit>,
}

/// The rules that the person would break by these tasks. Each takes its minutes from what is left for the next. With
/// `commitments` the person must be able to make the planned visits at their day and hour; these are the same afterwards.
///
/// # Errors
/// [`DbError`].
pub(super) fn of(
    group: &[GroupTask<'_>],
    mut taker: Assignee,
    choices: &VisitorChoices,
    now: DateTime<Utc>,
    mut commitments: Option<&mut Commitments>,
) -> Result<BTreeSet<Breach>, DbError> {
    let (person, today) = (taker.row.id, clock::day(now));
    let mut broken = BTreeSet::new();
    for task in group {
        let row = task.row;
        let choice = row.beneficiary.and_then(|id| choices.get(&id).cloned());
        let choice = choice.unwrap_or_default();
        let others = (task.tied, task.overlaps.as_slice());
        broken.extend(breach::broken(row, others, &taker, &choice, (today, None))?);
        if let Some(commitments) = commitments.as_deref_mut() {
            if let Some(time) = kept_time::planned(row, now) {
                broken.extend(kept_time::breach(row, time, &taker.row, commitments)?);
            }
            commitments.hold(person, row)?;
        }
        taker.held.push(HeldTime::taken(row, person));
    }
    if let Some(commitments) = commitments {
        for task in group {
            commitments.give_up(person, task.row);
        }
    }
    Ok(broken)
}
