//! The members of the regimes of the demo, with their visits: those that have fallen due since the regime began are
//! made, those of the coming days wait.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::bounded_text::Occasion;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::regime::{Due, RegimeSubject, due};
use gridward_domain::task::Outcome;

use super::draw::Draw;
use super::staff::Staff;
use super::visitors::Visitors;
use super::visits::{self, Destination, Errand, Progress, Visit, Visits};
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::load::record::{DistrictRecords, PersonRecord};
use crate::memorial;
use crate::regime::members::{self, Candidate, MemberRow, Reconciliation};
use crate::regime::store::RegimeRow;
use crate::task::words::TaskWords;

/// Where the member of a regime is visited.
type DestinationOf<'d> = dyn Fn(&BeneficiaryId) -> Option<Destination> + 'd;

/// The members of a regime, and their visits.
#[derive(Default)]
struct Rounds {
    members: Vec<MemberRow>,
    visits: Vec<Visit>,
}

/// What the visits depend on.
pub(super) struct Duty<'a> {
    /// The people and the homes.
    pub(super) records: &'a DistrictRecords,
    /// The staff.
    pub(super) staff: &'a Staff,
    /// The kinds of service.
    pub(super) kinds: &'a [ServiceKind],
    /// The key of the district.
    pub(super) key: &'a SealingKey,
    /// The present time.
    pub(super) now: DateTime<Utc>,
}

impl Duty<'_> {
    /// Adds the members of those of these regimes that are active and their visits, those that are made as contacts
    /// that the later regimes know; returns the number of visits.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn add(&self, conn: &mut Conn, regimes: &[RegimeRow]) -> Result<usize, DbError> {
        let visitors = Visitors::of(self.records, self.staff);
        let homes = self.records.beneficiaries.iter();
        let homes: HashMap<_, _> = homes.map(|home| (home.id, Destination::home(home))).collect();
        let mut draw = Draw::new(7, "rounds");
        let mut number = 0;
        for regime in regimes.iter().filter(|regime| regime.active) {
            let candidates = members::candidates(conn, self.key, regime, clock::day(self.now))?;
            let sites = match regime.subject {
                RegimeSubject::Beneficiaries => HashMap::new(),
                RegimeSubject::Memorials => sites(conn, regime, &candidates)?,
            };
            let to = |id: &BeneficiaryId| homes.get(id).or_else(|| sites.get(id)).cloned();
            let Rounds { members, visits } =
                self.rounds(regime, (&candidates, &to), (&visitors, number), &mut draw)?;
            MemberRow::insert_all(conn, &members.iter().collect::<Vec<_>>())?;
            visits::insert(conn, &visits)?;
            number += visits.len();
        }
        Ok(number)
    }

    /// The members of the regime, who are these candidates, and their visits, which have the numbers from this one.
    fn rounds(
        &self,
        regime: &RegimeRow,
        (candidates, to): (&[Candidate], &DestinationOf<'_>),
        (visitors, first): (&Visitors<'_>, usize),
        draw: &mut Draw,
    ) -> Result<Rounds, DbError> {
        let mut rounds = Rounds::default();
        let Some(kind) = self.kinds.iter().find(|kind| kind.code == regime.kind) else {
            return Ok(rounds);
        };
        let visits = Visits {
            title: regime.name.as_str().parse().ok(),
            kind,
            words: TaskWords::default(),
            by: None,
            responsible: self.assignee(regime),
            visitors,
            key: self.key,
            now: self.now,
        };
        let (today, rule) = (clock::day(self.now), regime.rule()?);
        let Reconciliation { members, .. } =
            members::reconcile(regime, BTreeMap::new(), candidates)?;
        for (mut member, candidate) in members.into_iter().zip(candidates) {
            let due = due(&rule, &candidate.days(&member), today);
            if let (Some(due), Some(to)) = (due, to(&member.beneficiary)) {
                let number = first + rounds.visits.len();
                let errand = self.errand(regime, due, number);
                if let Some(visit) = visits.visit(number, to, errand, draw)? {
                    member =
                        MemberRow { slot: Some(due.slot), task: Some(visit.task.id), ..member };
                    rounds.visits.push(visit);
                }
            }
            rounds.members.push(member);
        }
        Ok(rounds)
    }

    /// The person to whom the visits of the regime are assigned, if they are to one.
    fn assignee(&self, regime: &RegimeRow) -> Option<&PersonRecord> {
        let person = regime.responsible.filter(|_| regime.assign_responsible)?;
        self.records.people.iter().find(|one| one.id == person)
    }

    /// The visit that is due: made on its day if that is past, else to be made.
    fn errand(&self, regime: &RegimeRow, due: Due, number: usize) -> Errand {
        let today = clock::day(self.now);
        let occasion = occasion(regime, due.slot);
        let created_at = clock::midnight(due.slot.min(today));
        if due.slot < today {
            let at = created_at + TimeDelta::minutes(minute(number));
            let (days, progress) = ((due.slot, due.slot), Progress::Reported(Outcome::Done));
            return Errand { occasion, created_at, days, progress, at };
        }
        let days = (today, due.due_on);
        Errand { occasion, created_at, days, progress: Progress::Open, at: self.now }
    }
}

/// The places of memorial sites by their ids as members, which are in the order of the register.
fn sites(
    conn: &mut Conn,
    regime: &RegimeRow,
    candidates: &[Candidate],
) -> Result<HashMap<BeneficiaryId, Destination>, DbError> {
    let sites = memorial::store::all(conn, &regime.area.range())?;
    let of = sites.iter().zip(candidates).map(|(site, member)| {
        let name = Some(site.name.clone());
        (member.id, Destination { grid: site.grid, place: site.place, beneficiary: None, name })
    });
    Ok(of.collect())
}

/// The occasion by which a regime knows its visit of this day.
fn occasion(regime: &RegimeRow, slot: NaiveDate) -> Option<Occasion> {
    format!("{} {slot}", regime.name.as_str()).parse().ok()
}

/// A minute of the day for the visit with this number, from 09:00 to 17:00.
fn minute(number: usize) -> i64 {
    i64::try_from(540 + number * 37 % 480).unwrap_or_default()
}
