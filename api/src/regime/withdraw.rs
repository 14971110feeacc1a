//! Withdraws visits that a contact of another kind has satisfied meanwhile, and those of members who
//! have left the audience.

use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use gridward_domain::regime::Rule;
use gridward_domain::task::{self as life, AutomaticCommand, Phase, Transition};
use serde_json::json;

use super::members::{self, Candidate, MemberRow};
use super::store::RegimeRow;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::task::command::NewTimes;
use crate::task::row::TaskRow;
use crate::task::store as tasks;
use crate::task::transition::{Step, write};
use crate::tx::Tx;

/// The states in which a visit may still be withdrawn.
const WAITING: [Phase; 2] = [Phase::Open, Phase::Assigned];

/// The last visits of the members whom a contact has satisfied since, and that no person has accepted.
///
/// # Errors
/// [`DbError`].
pub fn satisfied(
    conn: &mut Conn,
    (district, rule): (AreaCode, &Rule),
    members: &[MemberRow],
    candidates: &[Candidate],
) -> Result<Vec<TaskId>, DbError> {
    let tasks = members.iter().zip(candidates).filter_map(|(member, candidate)| {
        let slot = member.slot?;
        member.task.filter(|_| rule.is_satisfied(slot, candidate.contact))
    });
    tasks::among(conn, district, &tasks.collect::<Vec<_>>(), &WAITING)
}

/// Removes members of the regime who have left the audience and cancels their visits, as far as they wait. A
/// member whose visit a person has remains known until it is over, so that no second one is made
/// if the member comes back.
///
/// # Errors
/// [`DbError`].
pub fn dismiss(tx: &mut Tx<'_>, regime: &RegimeRow, rows: &[MemberRow]) -> Result<(), DbError> {
    let district = regime.district;
    let last: Vec<TaskId> = rows.iter().filter_map(|member| member.task).collect();
    let waiting = tasks::among(tx.read()?, district, &last, &WAITING)?;
    withdraw(tx, regime, (&waiting, "left_audience"))?;
    let unfinished = tasks::among(tx.read()?, district, &last, &Phase::UNFINISHED)?;
    let is_over = |member: &&MemberRow| member.task.is_none_or(|task| !unfinished.contains(&task));
    let over: Vec<MemberRow> = rows.iter().filter(is_over).cloned().collect();
    members::remove(tx.write_unbatched(), &over)
}

/// Cancels these visits of the regime for this reason, as far as they are open or the regime has assigned
/// them and they are not accepted yet.
///
/// # Errors
/// [`DbError`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    regime: &RegimeRow,
    (ids, reason): (&[TaskId], &str),
) -> Result<usize, DbError> {
    let (rows, command) =
        (tasks::rows(tx.read()?, regime.district, ids)?, AutomaticCommand::Cancel);
    let mut withdrawn = 0;
    for row in rows.iter().filter(|row| waits(regime, row)) {
        let before = row.life()?;
        let next = life::apply_automatic(&before, &command, clock::day(tx.now));
        if let Ok(Transition::Changed(after)) = next {
            let step = Step { row, before, after, verb: command.verb() };
            write(tx, &step, NewTimes::default(), step.event().with(json!({ "because": reason })))?;
            withdrawn += 1;
        }
    }
    Ok(withdrawn)
}

/// Whether no person has decided to make the visit.
fn waits(regime: &RegimeRow, row: &TaskRow) -> bool {
    let is_assigned_by_regime = regime.assign_responsible && row.assignee == regime.responsible;
    row.state == Phase::Open || row.state == Phase::Assigned && is_assigned_by_regime
}
