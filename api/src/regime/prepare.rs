//! Prepares the visits of a regime that fall due, as tasks.
//!
//! The members are compared with the audience first. Then the visits are prepared some at a time,
//! each time in one transaction that also notes them with the members, so a run that was
//! interrupted goes on after the last transaction and prepares each visit once.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::regime::{Due, Rule, due};
use gridward_domain::task::Phase;
use serde_json::json;

use super::members::{self, Candidate, MemberRow};
use super::store::{self, RegimeRow};
use super::withdraw;
use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue;
use crate::clock;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::DbError;
use crate::task::occasion;
use crate::task::series::Series;
use crate::task::store as tasks;
use crate::task::words::TaskWords;
use crate::tx::{Db, Tx};

/// The visits of one transaction: few enough that a claim need not wait long.
const AT_A_TIME: usize = 200;

/// Prepares the visits of all regimes of the district that were not prepared today; returns the
/// number of tasks created.
///
/// # Errors
/// [`DbError`]; what was prepared stays, and another run goes on after it.
pub async fn prepare_all(
    db: &Db,
    keys: &KeyRing,
    district: AreaCode,
    today: NaiveDate,
) -> Result<usize, DbError> {
    let mut created = 0;
    for row in db.read(move |conn| store::unprepared(conn, district, today)).await? {
        created += prepare(db, keys, row, today).await?;
    }
    Ok(created)
}

async fn prepare(
    db: &Db,
    keys: &KeyRing,
    regime: RegimeRow,
    today: NaiveDate,
) -> Result<usize, DbError> {
    let (district, id) = (regime.district, regime.id);
    let read = regime.clone();
    let (reconciled, candidates, satisfied) = db
        .read(move |conn| {
            let candidates = members::candidates(conn, &read, today)?;
            let known = members::all(conn, district, read.id)?;
            let reconciled = members::reconcile(&read, known, &candidates);
            let whose = (district, &read.rule());
            let done = withdraw::satisfied(conn, whose, &reconciled.members, &candidates)?;
            Ok::<_, DbError>((reconciled, candidates, done))
        })
        .await?;
    for ids in satisfied.chunks(AT_A_TIME) {
        let ids = ids.to_vec();
        db.write(district, move |tx| withdraw::withdraw(tx, district, &ids)).await?;
    }
    let members::Reconciliation { members, changed, gone } = reconciled;
    for rows in changed.chunks(AT_A_TIME) {
        let rows = rows.to_vec();
        db.write(district, move |tx| members::write(tx.write_unbatched(), &rows)).await?;
    }
    db.write(district, move |tx| members::remove(tx.write_unbatched(), (district, id), &gone))
        .await?;
    let visits = visits(&regime.rule(), &members, &candidates, today);
    let mut created = 0;
    for visits in visits.chunks(AT_A_TIME) {
        let (keys, regime, visits) = (keys.clone(), regime.clone(), visits.to_vec());
        let create = move |tx: &mut Tx<'_>| {
            let key = keys.key(tx.read_unbatched(), district)?;
            create(tx, &key, &regime, &visits)
        };
        created += db.write(district, create).await?;
    }
    db.write(district, move |tx| store::mark_prepared(tx.write_unbatched(), (district, id), today))
        .await?;
    Ok(created)
}

/// A visit to prepare.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Visit {
    member: MemberRow,
    due: Due,
}

/// The visits that fall due on the day and were not prepared before.
fn visits(
    rule: &Rule,
    members: &[MemberRow],
    candidates: &[Candidate],
    today: NaiveDate,
) -> Vec<Visit> {
    let visits = members.iter().zip(candidates).filter_map(|(member, candidate)| {
        let due = due(rule, member.phase(), candidate.last_contact, today)?;
        let is_new = member.slot.is_none_or(|slot| slot < due.slot);
        is_new.then(|| Visit { member: member.clone(), due })
    });
    visits.collect()
}

/// Creates the tasks of the visits, but of members whose last visit is still to be made.
fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    regime: &RegimeRow,
    visits: &[Visit],
) -> Result<usize, DbError> {
    let (district, kind) = (regime.district, regime.kind.as_str());
    let Some(kind) = catalogue::store::one(tx.read_unbatched(), district, kind)? else {
        return Ok(0);
    };
    // The visits of an archived kind wait until the regime names another.
    if !kind.active {
        return Ok(0);
    }
    let last: Vec<TaskId> = visits.iter().filter_map(|visit| visit.member.task).collect();
    let unfinished = tasks::among(tx.read_unbatched(), district, &last, &Phase::UNFINISHED)?;
    let unfinished: HashSet<TaskId> = unfinished.into_iter().collect();
    let ids: Vec<BeneficiaryId> = visits.iter().map(|visit| visit.member.beneficiary).collect();
    let homes = beneficiary::store::rows(tx.read_unbatched(), district, &ids)?;
    let homes: HashMap<BeneficiaryId, BeneficiaryRow> =
        homes.into_iter().filter(BeneficiaryRow::is_current).map(|home| (home.id, home)).collect();
    let series = Series {
        kind,
        title: regime.name.as_str().parse().ok(),
        words: TaskWords::default(),
        by: None,
        source: ("regime", json!(regime.id)),
        now: tx.now,
    };
    let mut prepared = Vec::with_capacity(visits.len());
    for Visit { member, due } in visits {
        if member.task.is_some_and(|task| unfinished.contains(&task)) {
            continue;
        }
        let Some(home) = homes.get(&member.beneficiary) else { continue };
        let days = (clock::day(tx.now).min(due.due_on), due.due_on);
        let task = series.task(key, home, occasion_of(regime, due.slot), days)?;
        let is_new = occasion::taken(tx, &task)?.is_none();
        let id = is_new.then_some(task.id);
        if is_new {
            series.insert(tx, task)?;
        }
        prepared.push(MemberRow { slot: Some(due.slot), task: id, ..member.clone() });
    }
    members::write(tx.write_unbatched(), &prepared)?;
    Ok(prepared.iter().filter(|member| member.task.is_some()).count())
}

/// The occasion of a visit: a beneficiary has one task of the kind for it.
fn occasion_of(regime: &RegimeRow, slot: NaiveDate) -> Option<Occasion> {
    format!("{} {slot}", regime.name.as_str()).parse().ok()
}
