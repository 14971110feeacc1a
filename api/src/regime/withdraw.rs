//! Withdraws visits that another contact has satisfied meanwhile, and those of members who have left the audience. A
//! visit that another regime awaits too stays for that one.

use std::collections::HashSet;

use chrono::NaiveDate;
use gridward_domain::id::{BeneficiaryId, RegimeId, TaskId};
use gridward_domain::regime::{OccasionDays, Rule};
use gridward_domain::task::{AutomaticCommand, Phase};
use serde_json::{Value, json};

use super::members::{self, Candidate, MemberRow};
use super::store::{self, RegimeRow};
use crate::clock;
use crate::db::{Conn, DbError};
use crate::task::assignment::given;
use crate::task::commands::command::NewTimes;
use crate::task::commands::transition::{Step, write};
use crate::task::row::TaskRow;
use crate::task::store as tasks;
use crate::tx::Tx;

/// The members whose last visit waits although a contact has satisfied it since.
///
/// # Errors
/// [`DbError`].
pub fn satisfied(
    conn: &mut Conn,
    (regime, rule): (&RegimeRow, &Rule),
    members: &[MemberRow],
    candidates: &[Candidate],
) -> Result<Vec<MemberRow>, DbError> {
    let satisfied = members.iter().zip(candidates).filter(|(member, candidate)| {
        member.slot.is_some_and(|slot| rule.is_satisfied(slot, candidate.contact))
    });
    with_waiting_visit(conn, regime, satisfied.map(|(member, _)| member.clone()).collect())
}

/// Those of these members of the regime whose last visit waits: no person has decided to make it.
///
/// # Errors
/// [`DbError`].
pub(super) fn with_waiting_visit(
    conn: &mut Conn,
    regime: &RegimeRow,
    mut rows: Vec<MemberRow>,
) -> Result<Vec<MemberRow>, DbError> {
    let last: Vec<TaskId> = rows.iter().filter_map(|member| member.task).collect();
    let last = tasks::among(conn, regime.district, &last, &[Phase::Open, Phase::Assigned])?;
    let mut waiting = HashSet::new();
    for row in tasks::rows(conn, regime.district, &last)? {
        if is_undecided(conn, regime, &row)? {
            waiting.insert(row.id);
        }
    }
    rows.retain(|member| member.task.is_some_and(|task| waiting.contains(&task)));
    Ok(rows)
}

/// Withdraws the last visits of these members, whom a contact has satisfied; returns the members whose visit stays for
/// another regime, and who await it no longer.
///
/// # Errors
/// [`DbError`].
pub fn contacted(
    tx: &mut Tx<'_>,
    regime: &RegimeRow,
    rows: &[MemberRow],
) -> Result<Vec<MemberRow>, DbError> {
    let of_others = withdraw(tx, regime, (rows, "contacted"))?;
    let is_shared = |row: &&MemberRow| row.task.is_some_and(|task| of_others.contains(&task));
    let free = |row: &MemberRow| MemberRow { task: None, ..row.clone() }.next();
    let free: Vec<MemberRow> = rows.iter().filter(is_shared).map(free).collect();
    members::write(tx.write_unbatched(), &free)?;
    Ok(free)
}

/// The members whose last visit waits and has no reason any more: the stay in hospital that it follows was
/// shortened or taken back, the report no longer finds the need, the occasion has moved far, or the regime follows
/// another one since ([`members::forget_slots_but`]).
///
/// # Errors
/// [`DbError`].
pub fn unfounded(
    conn: &mut Conn,
    (regime, rule, occasions): (&RegimeRow, &Rule, &OccasionDays),
    (members, candidates): (&[MemberRow], &[Candidate]),
    today: NaiveDate,
) -> Result<Vec<MemberRow>, DbError> {
    let without_reason = members.iter().zip(candidates).filter(|(member, candidate)| {
        let has_reason = |slot| rule.has_reason((&candidate.days(member), occasions), slot, today);
        member.task.is_some() && !member.slot.is_some_and(has_reason)
    });
    with_waiting_visit(conn, regime, without_reason.map(|(member, _)| member.clone()).collect())
}

/// Withdraws the last visits of these members, as far as they wait, and returns the members who await
/// none any more: what falls due for them is prepared anew.
///
/// # Errors
/// [`DbError`].
pub fn without_reason(
    tx: &mut Tx<'_>,
    regime: &RegimeRow,
    rows: &[MemberRow],
) -> Result<Vec<MemberRow>, DbError> {
    // Auditors read the log: a reason of its own for stays would name them.
    let free = ended(tx, regime, (rows, "unfounded"))?.into_iter();
    let free = free.map(|row| MemberRow { slot: None, task: None, ..row }.next());
    let free: Vec<MemberRow> = free.collect();
    members::write(tx.write_unbatched(), &free)?;
    Ok(free)
}

/// Removes members of the regime who have left the audience and cancels their visits, as far as they wait. A
/// member whose visit a person has remains known until it is over, so that no second one is made
/// if the member comes back.
///
/// # Errors
/// [`DbError`].
pub fn dismiss(tx: &mut Tx<'_>, regime: &RegimeRow, rows: &[MemberRow]) -> Result<(), DbError> {
    let over = ended(tx, regime, (rows, "left_audience"))?;
    members::remove(tx.write_unbatched(), &over)
}

/// Withdraws the last visits of these members for this reason, as far as they wait; returns the members for whom the
/// regime has none to be made any more.
fn ended(
    tx: &mut Tx<'_>,
    regime: &RegimeRow,
    (rows, reason): (&[MemberRow], &str),
) -> Result<Vec<MemberRow>, DbError> {
    let of_others = withdraw(tx, regime, (rows, reason))?;
    let last: Vec<TaskId> = rows.iter().filter_map(|member| member.task).collect();
    let unfinished = tasks::among(tx.read()?, regime.district, &last, &Phase::UNFINISHED)?;
    let is_left = |task: TaskId| unfinished.contains(&task) && !of_others.contains(&task);
    let is_over = |member: &&MemberRow| !member.task.is_some_and(is_left);
    Ok(rows.iter().filter(is_over).cloned().collect())
}

/// Cancels the last visits of these members for this reason, as far as no person has decided to make them, but for
/// those that other active regimes await too: returns these.
fn withdraw(
    tx: &mut Tx<'_>,
    regime: &RegimeRow,
    (members, reason): (&[MemberRow], &str),
) -> Result<HashSet<TaskId>, DbError> {
    let ids: Vec<BeneficiaryId> = members.iter().map(|member| member.beneficiary).collect();
    let awaited = awaited_by_others(tx.read_unbatched(), regime, &ids)?;
    let last: Vec<TaskId> = members.iter().filter_map(|member| member.task).collect();
    let rows = tasks::rows(tx.read()?, regime.district, &last)?;
    let mut left = HashSet::new();
    for row in &rows {
        if !is_undecided(tx.read_unbatched(), regime, row)? {
            continue;
        }
        if awaited.contains(&row.id) {
            left.insert(row.id);
            continue;
        }
        let step = Step::automatic(row, &AutomaticCommand::Cancel, clock::day(tx.now))?;
        if let Some(step) = step {
            write(tx, &step, NewTimes::default(), step.event().with(json!({ "because": reason })))?;
        }
    }
    Ok(left)
}

/// The last visits of these beneficiaries in other active regimes.
fn awaited_by_others(
    conn: &mut Conn,
    regime: &RegimeRow,
    ids: &[BeneficiaryId],
) -> Result<HashSet<TaskId>, DbError> {
    let all = store::all(conn, regime.district)?.into_iter();
    let others = all.filter(|other| other.active && other.id != regime.id);
    let others: HashSet<RegimeId> = others.map(|other| other.id).collect();
    let members = members::with_visits(conn, regime.district, ids)?.into_iter();
    let of_others = members.filter(|member| others.contains(&member.regime));
    Ok(of_others.filter_map(|member| member.task).collect())
}

/// Whether no person has decided to make the visit: it is open, or its last assignment is a regime's, by
/// the log. The present content of the regime may name another responsible person, or none. It decides only
/// when the log of these events is archived.
fn is_undecided(conn: &mut Conn, regime: &RegimeRow, row: &TaskRow) -> Result<bool, DbError> {
    if row.state != Phase::Assigned {
        return Ok(row.state == Phase::Open);
    }
    let last = given::event(conn, row)?;
    let Some(last) = last else {
        return Ok(regime.assign_responsible && row.assignee == regime.responsible);
    };
    let body: Option<Value> = serde_json::from_str(&last.body).ok();
    Ok(body.is_some_and(|body| body.get("regime").is_some()))
}
