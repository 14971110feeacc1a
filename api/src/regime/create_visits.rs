//! Creates the tasks of visits that fall due.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::regime::RegimeSubject;
use gridward_domain::task::Phase;
use serde_json::json;

use super::members::{self, MemberRow};
use super::prepare::Visit;
use super::sites;
use super::store::RegimeRow;
use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::memorial::Memorial;
use crate::task::freed;
use crate::task::occasion;
use crate::task::responsible::Responsible;
use crate::task::series::Series;
use crate::task::store as tasks;
use crate::task::words::TaskWords;
use crate::tx::Tx;

/// Creates the tasks of the visits, but of members whose last visit is still to be made, and of those
/// that another run has changed; returns the number of tasks.
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
    let rows: Vec<MemberRow> = visits.iter().map(|visit| visit.member.clone()).collect();
    let unchanged = members::unchanged(tx.read_unbatched(), &rows)?;
    let last: Vec<TaskId> = rows.iter().filter_map(|member| member.task).collect();
    let unfinished = tasks::among(tx.read_unbatched(), district, &last, &Phase::UNFINISHED)?;
    let unfinished: HashSet<TaskId> = unfinished.into_iter().collect();
    let ids: Vec<BeneficiaryId> = rows.iter().map(|member| member.beneficiary).collect();
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
    for Visit { member, due } in visits {
        let is_waiting = member.task.is_some_and(|task| unfinished.contains(&task));
        if is_waiting || !unchanged.contains(&member.beneficiary) {
            continue;
        }
        let days = (rule.first_day(*due, clock::day(tx.now)), due.due_on);
        let task = match &places {
            Places::Homes(homes) => match homes.get(&member.beneficiary) {
                Some(home) => series.task(key, home, occasion_of(key, regime, due.slot)?, days)?,
                None => continue,
            },
            Places::Sites(sites) => match sites.get(&member.beneficiary) {
                Some(site) => series.at_place(key, (site.grid, site.place), &site.name, days)?,
                None => continue,
            },
        };
        // A regime of the same name may have the visit already.
        let there = occasion::taken(tx, &task, member.task)?.map(|there| there.id);
        let id = there.unwrap_or(task.id);
        if there.is_none() {
            series.insert(tx, task.clone())?;
            if let Some(responsible) = &mut responsible
                && responsible.assign(tx, &task, json!({ "regime": regime.id_in_log()? }))?
            {
                assigned.push(task.id);
            }
            created += 1;
        }
        let member = MemberRow { slot: Some(due.slot), task: Some(id), ..member.clone() };
        prepared.push(member.next());
    }
    // Urgent ones wait for a plan as soon as they exist.
    freed::planned(tx.write_unbatched(), district, &assigned)?;
    members::write(tx.write_unbatched(), &prepared)?;
    Ok(created)
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
