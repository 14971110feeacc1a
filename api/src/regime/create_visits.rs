//! Creates the tasks of visits that fall due.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::regime::{RegimeSubject, Rule};
use gridward_domain::task::Phase;
use serde_json::json;

use super::members::{self, MemberRow};
use super::prepare::Visit;
use super::shared::SharedVisits;
use super::sites;
use super::store::RegimeRow;
use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::memorial::Memorial;
use crate::task::assignment::freed;
use crate::task::creation::occasion;
use crate::task::creation::responsible::Responsible;
use crate::task::creation::series::Series;
use crate::task::row::TaskRow;
use crate::task::store as tasks;
use crate::task::words::TaskWords;
use crate::tx::Tx;

/// Creates the tasks of the visits, but of members whose last visit is still to be made, of those for whom a visit of
/// another regime is made, and of those that another run has changed; returns the number of tasks.
///
/// # Errors
/// [`DbError`].
pub(super) fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    regime: &RegimeRow,
    visits: &[Visit],
) -> Result<usize, DbError> {
    let (district, kind, rule) = (regime.district, regime.kind.as_str(), regime.rule()?);
    let Some(kind) = catalogue::store::one(tx.read_unbatched(), district, kind)? else {
        return Ok(0);
    };
    // The visits of an archived kind wait until the regime names another.
    if !kind.active {
        return Ok(0);
    }
    let visits = to_make(tx, district, visits)?;
    let ids: Vec<BeneficiaryId> = visits.iter().map(|visit| visit.member.beneficiary).collect();
    let shared = SharedVisits::read(tx, regime, &ids)?;
    let places = Places::read(tx.read_unbatched(), regime, &ids)?;
    let series = Series {
        kind,
        title: regime.name.as_str().parse().ok(),
        words: TaskWords::default(),
        by: None,
        source: ("regime", json!(regime.id_in_log()?)),
        now: tx.now,
    };
    let mut responsible = match regime.responsible.filter(|_| regime.assign_responsible) {
        Some(person) => Some(Responsible::read(tx, person, regime.area, &ids)?),
        None => None,
    };
    let (mut created, mut assigned) = (0, Vec::new());
    let mut prepared = Vec::with_capacity(visits.len());
    for visit in visits {
        let Visit { member, due } = visit;
        let Some(task) = new_task(&series, key, (regime, &rule), (&places, visit))? else {
            continue;
        };
        let other = shared.share(tx, member.beneficiary, (&rule, *due))?;
        let (task, is_untouched) = if let Some(other) = other {
            other
        } else if let Some(taken) = occasion::taken(tx, &task, member.task)? {
            // A regime of the same name has had the visit already.
            (taken, false)
        } else {
            series.insert(tx, task.clone())?;
            created += 1;
            (task, true)
        };
        if is_untouched
            && let Some(responsible) = &mut responsible
            && responsible.assign(tx, &task, json!({ "regime": regime.id_in_log()? }))?
        {
            assigned.push(task.id);
        }
        let member = member.clone().with_visit(regime.feast.as_ref(), (due.slot, task.id))?;
        prepared.push(member.next());
    }
    // Urgent ones wait for a plan as soon as they exist.
    freed::planned(tx.write_unbatched(), district, &assigned)?;
    members::write(tx.write_unbatched(), &prepared)?;
    Ok(created)
}

/// Those of the visits whose member is as it was read, and has no last visit that is still to be made.
fn to_make<'a>(
    tx: &mut Tx<'_>,
    district: AreaCode,
    visits: &'a [Visit],
) -> Result<Vec<&'a Visit>, DbError> {
    let rows: Vec<MemberRow> = visits.iter().map(|visit| visit.member.clone()).collect();
    let unchanged = members::unchanged(tx.read_unbatched(), &rows)?;
    let last: Vec<TaskId> = rows.iter().filter_map(|member| member.task).collect();
    let unfinished = tasks::among(tx.read_unbatched(), district, &last, &Phase::UNFINISHED)?;
    let unfinished: HashSet<TaskId> = unfinished.into_iter().collect();
    let is_to_make = |Visit { member, .. }: &&Visit| {
        unchanged.contains(&member.beneficiary)
            && !member.task.is_some_and(|task| unfinished.contains(&task))
    };
    Ok(visits.iter().filter(is_to_make).collect())
}

/// The task of the visit, if the place of the member is known.
fn new_task(
    series: &Series,
    key: &SealingKey,
    (regime, rule): (&RegimeRow, &Rule),
    (places, Visit { member, due }): (&Places, &Visit),
) -> Result<Option<TaskRow>, DbError> {
    let days = (rule.first_day(*due, clock::day(series.now)), due.due_on);
    match places {
        Places::Homes(homes) => {
            let task = |home| {
                let occasion = occasion_of(key, regime, due.slot)?;
                series.task(key, home, occasion, days)
            };
            homes.get(&member.beneficiary).map(task).transpose()
        }
        Places::Sites(sites) => {
            let task =
                |site: &Memorial| series.at_place(key, (site.grid, site.place), &site.name, days);
            sites.get(&member.beneficiary).map(task).transpose()
        }
    }
}

/// Where the visits of members are, by their ids.
enum Places {
    /// The homes of beneficiaries.
    Homes(HashMap<BeneficiaryId, BeneficiaryRow>),
    /// Memorial sites.
    Sites(HashMap<BeneficiaryId, Memorial>),
}

impl Places {
    fn read(conn: &mut Conn, regime: &RegimeRow, ids: &[BeneficiaryId]) -> Result<Self, DbError> {
        if regime.subject == RegimeSubject::Memorials {
            return Ok(Self::Sites(sites::by_member(conn, regime.area)?));
        }
        let homes = beneficiary::store::rows(conn, regime.district, ids)?;
        let homes = homes.into_iter().filter(BeneficiaryRow::is_current);
        Ok(Self::Homes(homes.map(|home| (home.id, home)).collect()))
    }
}

/// The occasion of a visit: a beneficiary has one task of the kind for it. That of a regime whose days are
/// about a person is a keyed hash, since it must show neither what the regime is for nor the day.
fn occasion_of(
    key: &SealingKey,
    regime: &RegimeRow,
    slot: NaiveDate,
) -> Result<Option<Occasion>, DbError> {
    let occasion = format!("{} {slot}", regime.name.as_str());
    let has_anchor = regime.cadence()?.has_anchor();
    Ok(if has_anchor { hex::encode(key.index(&occasion)).parse() } else { occasion.parse() }.ok())
}
