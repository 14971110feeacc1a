//! Prepares the visits of a regime that fall due, as tasks.
//!
//! The members are compared with the audience first. Then the visits are prepared some at a time,
//! each time in one transaction that also notes them with the members, so a run that was
//! interrupted goes on after the last transaction and prepares each visit once. Each transaction
//! writes only what is still as it was read: a second run beside it, or a change of the regime, ends
//! or skips the work instead of repeating it.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::regime::{Due, OccasionDays, Rule, due};

use super::members::{self, Candidate, MemberRow, Reconciliation};
use super::store::{self, RegimeRow};
use super::{candidates, contacts, create_visits, occasion_days, occasion_visits, withdraw};
use crate::clock;
use crate::crypto::KeyRing;
use crate::db::{Conn, DbError};
use crate::task::store as tasks;
use crate::tx::{Db, Tx};

/// The visits of one transaction: few enough that a claim need not wait long.
const AT_A_TIME: usize = 200;

/// Prepares the visits of all regimes of the district that were not prepared today, and ends those that contacts of
/// today have satisfied; returns the number of tasks created. One that fails does not hold up the others.
///
/// # Errors
/// That of the first regime that fails, after the others; what was prepared stays.
pub async fn prepare_all(
    db: &Db,
    keys: &KeyRing,
    district: AreaCode,
    today: NaiveDate,
) -> Result<usize, DbError> {
    let mut created = Vec::new();
    for row in db.read(move |conn| store::unprepared(conn, district, today)).await? {
        created.push(prepare(db, keys, row, today).await);
    }
    let created: Result<usize, DbError> = created.into_iter().sum();
    let ended = end_satisfied(db, district, today).await;
    created.and_then(|created| ended.map(|()| created))
}

/// Ends the visits that contacts of today have satisfied.
async fn end_satisfied(db: &Db, district: AreaCode, today: NaiveDate) -> Result<(), DbError> {
    let satisfied = db.read(move |conn| contacts::satisfied_on(conn, district, today)).await?;
    for (regime, rows) in satisfied {
        end(db, &regime, &rows).await?;
    }
    Ok(())
}

/// Ends the visits of these members, whom contacts have satisfied; returns the members whose visit stays for another
/// regime, as they are then.
async fn end(db: &Db, regime: &RegimeRow, rows: &[MemberRow]) -> Result<Vec<MemberRow>, DbError> {
    let mut freed = Vec::new();
    for rows in rows.chunks(AT_A_TIME) {
        let (of, rows) = (regime.clone(), rows.to_vec());
        freed.extend(step(db, regime, move |tx| withdraw::contacted(tx, &of, &rows)).await?);
    }
    Ok(freed)
}

/// What a run does.
#[derive(Clone, Debug, Default)]
struct Work {
    /// Those whose last visit a contact has satisfied.
    satisfied: Vec<MemberRow>,
    /// New members, and those with another grid or day.
    changed: Vec<MemberRow>,
    /// Those who no longer belong to the audience.
    gone: Vec<MemberRow>,
    /// Those whose last visit has no reason any more.
    unfounded: Vec<MemberRow>,
    /// Visits to prepare.
    visits: Vec<Visit>,
}

/// A visit to prepare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    /// The member, as it is after the comparison with the audience.
    pub(super) member: MemberRow,
    /// The visit.
    pub(super) due: Due,
}

fn work(
    conn: &mut Conn,
    keys: &KeyRing,
    regime: &RegimeRow,
    today: NaiveDate,
) -> Result<Work, DbError> {
    let (district, rule) = (regime.district, regime.rule()?);
    let key = keys.key(conn, district)?;
    let candidates = candidates::of(conn, &key, regime, today)?;
    let known = members::all(conn, district, regime.id)?;
    let Reconciliation { members, changed, gone } = members::reconcile(regime, known, &candidates)?;
    let satisfied = withdraw::satisfied(conn, (regime, &rule), &members, &candidates)?;
    let occasions = occasion_days::read(conn, regime, today)?;
    let of = (regime, &rule, &occasions);
    let unfounded = withdraw::unfounded(conn, of, (&members, &candidates), today)?;
    let unmade = unmade(conn, (district, &rule), &members, today)?;
    let members = without_slots(members, &unfounded);
    let made = occasion_visits::made(conn, regime, &members)?;
    let visits = visits((&rule, &occasions), &members, &candidates, (today, &unmade, &made));
    Ok(Work { satisfied, changed, gone, unfounded, visits })
}

async fn prepare(
    db: &Db,
    keys: &KeyRing,
    regime: RegimeRow,
    today: NaiveDate,
) -> Result<usize, DbError> {
    let district = regime.district;
    let (read, opening) = (regime.clone(), keys.clone());
    let Work { satisfied, changed, gone, unfounded, mut visits } =
        db.read(move |conn| work(conn, &opening, &read, today)).await?;
    for rows in changed.chunks(AT_A_TIME) {
        let rows = rows.to_vec();
        step(db, &regime, move |tx| members::write(tx.write_unbatched(), &rows)).await?;
    }
    let freed = end(db, &regime, &satisfied).await?.into_iter();
    let mut freed: HashMap<_, _> = freed.map(|row| (row.beneficiary, row)).collect();
    for rows in gone.chunks(AT_A_TIME) {
        let (of, rows) = (regime.clone(), rows.to_vec());
        step(db, &regime, move |tx| withdraw::dismiss(tx, &of, &rows)).await?;
    }
    for rows in unfounded.chunks(AT_A_TIME) {
        let (of, rows) = (regime.clone(), rows.to_vec());
        let rows = step(db, &regime, move |tx| withdraw::without_reason(tx, &of, &rows)).await?;
        freed.extend(rows.into_iter().map(|row| (row.beneficiary, row)));
    }
    for Visit { member, .. } in &mut visits {
        if let Some(row) = freed.remove(&member.beneficiary) {
            *member = row;
        }
    }
    let mut created = 0;
    for visits in visits.chunks(AT_A_TIME) {
        let (keys, of, visits) = (keys.clone(), regime.clone(), visits.to_vec());
        let create = move |tx: &mut Tx<'_>| {
            let key = keys.key(tx.read_unbatched(), district)?;
            create_visits::create(tx, &key, &of, &visits)
        };
        created += step(db, &regime, create).await?;
    }
    let of = regime.clone();
    step(db, &regime, move |tx| store::mark_prepared(tx.write_unbatched(), &of, today)).await?;
    Ok(created)
}

/// Takes a step in a transaction, unless the regime has changed since it was read.
async fn step<T: Default + Send + 'static>(
    db: &Db,
    regime: &RegimeRow,
    step: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
) -> Result<T, DbError> {
    let (district, regime) = (regime.district, regime.clone());
    let unless_changed = move |tx: &mut Tx<'_>| {
        let current = store::row(tx.read_unbatched(), &district.range(), regime.id)?;
        if current.as_ref() == Some(&regime) { step(tx) } else { Ok(T::default()) }
    };
    db.write(district, unless_changed).await
}

/// The members as they are once the last visits of these, which have no reason any more, are withdrawn.
fn without_slots(members: Vec<MemberRow>, unfounded: &[MemberRow]) -> Vec<MemberRow> {
    let unfounded: HashSet<_> = unfounded.iter().map(|member| member.beneficiary).collect();
    let members = members.into_iter().map(|member| {
        let slot = member.slot.filter(|_| !unfounded.contains(&member.beneficiary));
        MemberRow { slot, ..member }
    });
    members.collect()
}

/// The last visits of members that ended some time ago and were not made.
fn unmade(
    conn: &mut Conn,
    (district, rule): (AreaCode, &Rule),
    members: &[MemberRow],
    today: NaiveDate,
) -> Result<HashSet<TaskId>, DbError> {
    let last: Vec<TaskId> = members.iter().filter_map(|member| member.task).collect();
    let Some(until) = today.checked_sub_days(rule.pause()).and_then(|day| day.succ_opt()) else {
        return Ok(HashSet::new());
    };
    let unmade = tasks::unmade_by(conn, district, &last, clock::midnight(until).naive_utc())?;
    Ok(unmade.into_iter().collect())
}

/// The visits that fall due on the day and were not prepared before, or were not made; of an occasion to which the regime
/// has returned, those that were not `made` before.
fn visits(
    (rule, occasions): (&Rule, &OccasionDays),
    members: &[MemberRow],
    candidates: &[Candidate],
    (today, unmade, made): (NaiveDate, &HashSet<TaskId>, &HashMap<BeneficiaryId, NaiveDate>),
) -> Vec<Visit> {
    let visits = members.iter().zip(candidates).filter_map(|(member, candidate)| {
        let due = due(rule, &candidate.days(member), occasions, today)?;
        let is_same = |slot: NaiveDate| rule.is_same_visit(slot, due.slot);
        let is_made = made.get(&member.beneficiary).is_some_and(|slot| is_same(*slot));
        let is_to_prepare = if is_made {
            false
        } else if member.slot.is_some_and(is_same) {
            member.task.is_some_and(|task| unmade.contains(&task))
        } else {
            member.slot.is_none_or(|slot| slot < due.slot)
        };
        is_to_prepare.then(|| Visit { member: member.clone(), due })
    });
    visits.collect()
}
