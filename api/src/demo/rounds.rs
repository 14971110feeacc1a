//! The members of the regimes of the demo, with their visits: those that have fallen due since the regime began are
//! made, those of the coming days wait, one for all regimes that want a visit of its kind.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::bounded_text::Occasion;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::regime::{Due, OccasionDays, RegimeSubject, Rule, due};
use gridward_domain::task::Outcome;

use super::draw::Draw;
use super::errand::{Destination, Errand, Progress};
use super::staff::Staff;
use super::visitors::Visitors;
use super::visits::{self, Visit, Visits};
use super::waiting::Waiting;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::load::record::{DistrictRecords, PersonRecord};
use crate::memorial;
use crate::regime::members::{self, Candidate, MemberRow, Reconciliation};
use crate::regime::store::RegimeRow;
use crate::regime::{candidates, occasion_days};
use crate::task::words::TaskWords;

/// Where the member of a regime is visited.
type DestinationOf<'d> = dyn Fn(&BeneficiaryId) -> Option<Destination> + 'd;

/// The visits of the regimes, as far as they are generated.
struct Rounds {
    draw: Draw,
    /// How many have fallen due, those for which one that waits is made too.
    number: usize,
    /// Those of the present regime that are made.
    made: Vec<Visit>,
    /// Those of all regimes that wait.
    waiting: Waiting,
}

impl Rounds {
    /// The task of the visit that has fallen due to the member: a new one, unless it is to be made and one that waits is
    /// made for it too; `None` in a grid without visitors.
    fn task(
        &mut self,
        visits: &Visits<'_>,
        (member, to): (BeneficiaryId, Destination),
        duty: (&Rule, Due),
        errand: Errand,
    ) -> Result<Option<TaskId>, DbError> {
        if errand.progress == Progress::Open
            && let Some(task) = self.waiting.share(visits, member, duty)?
        {
            return Ok(Some(task));
        }
        let visit = visits.visit(self.number, to, errand, &mut self.draw)?;
        let Some(visit) = visit else { return Ok(None) };
        let task = visit.task.id;
        if visit.made.is_some() {
            self.made.push(visit);
        } else {
            self.waiting.add(visit, member, duty);
        }
        Ok(Some(task))
    }
}

/// What the visits depend on.
pub(super) struct Duty<'a> {
    /// The people and the homes.
    pub(super) records: &'a DistrictRecords,
    /// The staff.
    pub(super) staff: &'a Staff,
    /// The kinds of service.
    pub(super) kinds: &'a [ServiceKind],
    /// Visits that were made, some of which have found needs.
    pub(super) earlier: &'a [Visit],
    /// The key of the district.
    pub(super) key: &'a SealingKey,
    /// The present time.
    pub(super) now: DateTime<Utc>,
}

impl Duty<'_> {
    /// Adds the members of these regimes and their visits, those that are made as contacts that the later regimes know,
    /// those that wait as visits that the later regimes share; returns the number of visits.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn add(&self, conn: &mut Conn, regimes: &[RegimeRow]) -> Result<usize, DbError> {
        let visitors = Visitors::of(self.records, self.staff);
        let homes = self.records.beneficiaries.iter();
        let homes: HashMap<_, _> = homes.map(|home| (home.id, Destination::home(home))).collect();
        let mut rounds = Rounds {
            draw: Draw::new(7, "rounds"),
            number: 0,
            made: Vec::new(),
            waiting: Waiting::default(),
        };
        let mut added = 0;
        for regime in regimes {
            let candidates = if regime.needs.members().is_empty() {
                candidates::of(conn, self.key, regime, clock::day(self.now))?
            } else {
                self.found(regime)
            };
            let sites = match regime.subject {
                RegimeSubject::Beneficiaries => HashMap::new(),
                RegimeSubject::Memorials => sites(conn, regime, &candidates)?,
            };
            let to = |id: &BeneficiaryId| homes.get(id).or_else(|| sites.get(id)).cloned();
            let occasions = occasion_days::read(conn, regime, clock::day(self.now))?;
            let duty = (regime, &occasions);
            let members = self.members(duty, (&candidates, &to), &visitors, &mut rounds)?;
            MemberRow::insert_all(conn, &members.iter().collect::<Vec<_>>())?;
            let made = std::mem::take(&mut rounds.made);
            visits::insert(conn, &made)?;
            added += made.len();
        }
        let waiting = rounds.waiting.into_visits();
        visits::insert(conn, &waiting)?;
        Ok(added + waiting.len())
    }

    /// Those of whom the earlier visits have found a need of the regime. No visit falls due to its other members, whom
    /// the run of the night adds.
    fn found(&self, regime: &RegimeRow) -> Vec<Candidate> {
        let needs = regime.needs.members();
        let earlier = self.earlier.iter().filter(|visit| !visit.needs.is_disjoint(needs));
        let found = earlier.filter_map(|visit| {
            let (id, _, day) = visit.contact()?;
            Some(Candidate { id, grid: visit.task.grid, anchor: Some(day), contact: Some(day) })
        });
        found.collect()
    }

    /// The members of the regime, who are these candidates, with their visits.
    fn members(
        &self,
        (regime, occasions): (&RegimeRow, &OccasionDays),
        (candidates, to): (&[Candidate], &DestinationOf<'_>),
        visitors: &Visitors<'_>,
        rounds: &mut Rounds,
    ) -> Result<Vec<MemberRow>, DbError> {
        let Some(kind) = self.kinds.iter().find(|kind| kind.code == regime.kind) else {
            return Ok(Vec::new());
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
        let Reconciliation { mut members, .. } =
            members::reconcile(regime, BTreeMap::new(), candidates)?;
        for (member, candidate) in members.iter_mut().zip(candidates) {
            let due = due(&rule, &candidate.days(member), occasions, today);
            let (Some(due), Some(to)) = (due, to(&member.beneficiary)) else { continue };
            let errand = self.errand(regime, due, rounds.number);
            let to = (member.beneficiary, to);
            if let Some(task) = rounds.task(&visits, to, (&rule, due), errand)? {
                *member = member.clone().with_visit(regime.feast.as_ref(), (due.slot, task))?;
                rounds.number += 1;
            }
        }
        Ok(members)
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
            return Errand { occasion, created_at, days, progress, at, needs: BTreeSet::new() };
        }
        let days = (today, due.due_on);
        let (progress, needs) = (Progress::Open, BTreeSet::new());
        Errand { occasion, created_at, days, progress, at: self.now, needs }
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
