//! Withdraws visits that a contact of another kind has satisfied meanwhile, and those of members who
//! have left the audience.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use gridward_domain::regime::Rule;
use gridward_domain::task::{self as life, AutomaticCommand, Phase, Transition};
use serde_json::{Value, json};

use super::members::{self, Candidate, MemberRow};
use super::store::RegimeRow;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::task::command::NewTimes;
use crate::task::given;
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

/// The members whose last visit waits and has no reason any more: the stay in hospital that it follows was
/// shortened or taken back, or the report no longer finds the need.
///
/// # Errors
/// [`DbError`].
pub fn unfounded(
    conn: &mut Conn,
    (district, rule): (AreaCode, &Rule),
    (members, candidates): (&[MemberRow], &[Candidate]),
    today: NaiveDate,
) -> Result<Vec<MemberRow>, DbError> {
    let without_reason = members.iter().zip(candidates).filter(|(member, candidate)| {
        member.slot.is_some_and(|slot| !rule.has_reason(&candidate.days(member), slot, today))
    });
    let mut rows: Vec<MemberRow> = without_reason.map(|(member, _)| member.clone()).collect();
    let tasks: Vec<TaskId> = rows.iter().filter_map(|member| member.task).collect();
    let waiting = tasks::among(conn, district, &tasks, &WAITING)?;
    rows.retain(|member| member.task.is_some_and(|task| waiting.contains(&task)));
    Ok(rows)
}

/// Withdraws the last visits of these members, as far as they wait: the next run prepares what falls due
/// for them anew.
///
/// # Errors
/// [`DbError`].
pub fn without_reason(
    tx: &mut Tx<'_>,
    regime: &RegimeRow,
    rows: &[MemberRow],
) -> Result<(), DbError> {
    let tasks: Vec<TaskId> = rows.iter().filter_map(|member| member.task).collect();
    // Auditors read the log: a reason of its own for stays would name them.
    withdraw(tx, regime, (&tasks, "unfounded"))?;
    let left = tasks::among(tx.read()?, regime.district, &tasks, &Phase::UNFINISHED)?;
    let is_withdrawn = |row: &&MemberRow| row.task.is_none_or(|task| !left.contains(&task));
    let free = |row: &MemberRow| MemberRow { slot: None, task: None, ..row.clone() }.next();
    let rows: Vec<MemberRow> = rows.iter().filter(is_withdrawn).map(free).collect();
    members::write(tx.write_unbatched(), &rows)
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
    for row in &rows {
        if !waits(tx.read_unbatched(), regime, row)? {
            continue;
        }
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

/// Whether no person has decided to make the visit: it is open, or its last assignment is the regime's, by
/// the log. The present content of the regime may name another responsible person, or none. It decides only
/// when the log of these events is archived.
fn waits(conn: &mut Conn, regime: &RegimeRow, row: &TaskRow) -> Result<bool, DbError> {
    if row.state != Phase::Assigned {
        return Ok(row.state == Phase::Open);
    }
    let last = given::event(conn, row)?;
    let Some(last) = last else {
        return Ok(regime.assign_responsible && row.assignee == regime.responsible);
    };
    let body: Option<Value> = serde_json::from_str(&last.body).ok();
    // Earlier versions named each regime.
    let names = [json!(regime.id_in_log()?), json!(regime.id)];
    Ok(body.is_some_and(|body| body.get("regime").is_some_and(|id| names.contains(id))))
}
