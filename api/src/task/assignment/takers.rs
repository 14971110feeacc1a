//! The people who take over the visits of another one, by the rules of every assignment and at the times that
//! the visits have: one person, or several, each visit by the one who has the largest part left of the week's offer.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::{self as life, Candidate, Command, Transition};
use gridward_domain::time::Minutes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::assignees::{Assignee, Assignees};
use super::breach::Breach;
use super::group_breaches::{self, GroupTask};
use super::tie_members::{TieMembers, ties};
use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::clock;
use crate::db::DbError;
use crate::person::store::PersonRow;
use crate::task::commands::command::NewTimes;
use crate::task::commands::transition::{self, Step};
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::Commitments;
use crate::task::schedule::work_time::{HeldTime, held_in_week};
use crate::task::schedule::{kept_time, overlap};
use crate::tx::Tx;

/// The unfinished visits of a person before and after others got some of them. The minutes of a visit are its
/// service and, if a plan gave it, the travel that it adds to its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldMinutes {
    /// The person.
    pub person_id: PersonId,
    /// Minutes of the unfinished visits before.
    #[schema(maximum = 1_000_000, example = 240)]
    pub before: u32,
    /// The same afterwards.
    #[schema(maximum = 1_000_000, example = 300)]
    pub after: u32,
    /// Minutes that plans may use per week: those that the person offers, of a manager the part of the district's
    /// `manager_dispatch_percent`.
    #[schema(maximum = 1_000_000, example = 600)]
    pub weekly_minutes: u32,
}

/// The people who may take over visits, with what they offer and hold.
pub struct Takers {
    people: BTreeSet<PersonId>,
    assignees: Assignees,
    choices: VisitorChoices,
    /// What they hold and when they are away on the days of the visits.
    commitments: Commitments,
    before: BTreeMap<PersonId, u32>,
    /// The minutes of each that plans may use per week.
    offers: BTreeMap<PersonId, Minutes>,
    ties: TieMembers,
    now: DateTime<Utc>,
}

impl Takers {
    /// Reads those of these people who are active in `within`; they are locked until the end of the
    /// transaction. Plans may use the minutes of `offer` of a person's week.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        tx: &mut Tx<'_>,
        within: AreaCode,
        people: &BTreeSet<PersonId>,
        visits: &[TaskRow],
        offer: impl Fn(&PersonRow) -> Minutes,
    ) -> Result<Self, DbError> {
        let assignees = Assignees::within(tx, &within.range(), people)?;
        let homes: Vec<BeneficiaryId> = visits.iter().filter_map(|row| row.beneficiary).collect();
        let choices = visitors::of(tx.read_unbatched(), within.district(), &homes)?;
        let is_visitor =
            |id: &&PersonId| assignees.get(**id).is_some_and(|it| it.row.role.visits());
        let people: BTreeSet<PersonId> = people.iter().filter(is_visitor).copied().collect();
        let now = tx.now;
        let days = visits.iter().filter_map(|row| Some(kept_time::planned(row, now)?.day));
        let commitments = match days.clone().min().zip(days.max()) {
            Some(days) => Commitments::read(tx.read()?, (within.district(), None), &people, days)?,
            None => Commitments::default(),
        };
        let before = people.iter().filter_map(|id| Some((*id, minutes(assignees.get(*id)?))));
        let before = before.collect();
        let offers = people.iter().filter_map(|id| Some((*id, offer(&assignees.get(*id)?.row))));
        let offers = offers.collect();
        let ties = TieMembers::locked(tx.read()?, within.district(), &ties(visits))?;
        Ok(Self { people, assignees, choices, commitments, before, offers, ties, now })
    }

    /// Whether no one takes over visits.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Counts the task for the person named for it, to whom the handover itself assigns it after these are given.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn count(&mut self, row: &TaskRow, to: PersonId) -> Result<(), DbError> {
        let given = kept_time::passing(row, self.now).given(to);
        self.assignees.update(row, &given);
        self.commitments.hold(to, &given)?;
        self.ties.give(given);
        Ok(())
    }

    /// Gives these tasks, which one person holds and no other can get apart, to the person with the largest part
    /// left of the offer for their week among those who break no rule of assignments and can make planned visits at
    /// their day and hour, as the decision of the principal. Without such a person nothing changes; the
    /// answer then has the rules that the person who breaks the fewest would break. `about` is the body of
    /// the event of each task.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn give(
        &mut self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        group: &[&TaskRow],
        about: impl Fn(&TaskRow) -> Value,
    ) -> Result<Result<PersonId, BTreeSet<Breach>>, DbError> {
        let mut passing = Vec::with_capacity(group.len());
        for row in group {
            self.ties.release(row);
            passing.push(kept_time::passing(row, self.now));
        }
        let to = match self.best(tx, principal, &passing)? {
            Ok(to) => to,
            Err(broken) => return Ok(Err(broken)),
        };
        let Some(taker) = self.assignees.get(to) else { return Ok(Err(BTreeSet::new())) };
        let candidate = Candidate { person: to, role: taker.row.role, grid: taker.row.area };
        let (command, mut steps) = (Command::Reassign(candidate), Vec::with_capacity(group.len()));
        for row in group {
            let before = row.life()?;
            let next = life::apply(&before, &command, principal, clock::day(tx.now));
            let Ok(Transition::Changed(after)) = next else { return Ok(Err(BTreeSet::new())) };
            steps.push(Step { row, before, after, verb: command.verb() });
        }
        for step in steps {
            let event = step.event().by(principal.person).with(about(step.row));
            let planned = kept_time::planned(step.row, self.now);
            let times = NewTimes { planned, ..NewTimes::default() };
            let next = transition::write(tx, &step, times, event)?;
            self.assignees.update(step.row, &next);
            self.commitments.hold(to, &next)?;
            self.ties.give(next);
        }
        Ok(Ok(to))
    }

    /// The person with the largest part left of the offer for the week of these visits, as they pass to others, among
    /// those who break no rule.
    fn best(
        &mut self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        passing: &[TaskRow],
    ) -> Result<Result<PersonId, BTreeSet<Breach>>, DbError> {
        let mut possible = Vec::new();
        let mut fewest: Option<BTreeSet<Breach>> = None;
        for id in self.people.clone() {
            let Some(taker) = self.assignees.get(id).cloned() else { continue };
            let times: Vec<HeldTime> = passing.iter().map(|row| HeldTime::taken(row, id)).collect();
            let room = self.offers.get(&id).and_then(|offer| room(*offer, &taker.held, &times));
            let mut group = Vec::with_capacity(passing.len());
            for row in passing {
                let tied = self.ties.binding(row);
                let overlaps = overlap::with_second(tx, principal, row, tied, id)?;
                group.push(GroupTask { row, tied, overlaps });
            }
            let kept = Some(&mut self.commitments);
            let broken = group_breaches::of(&group, taker, &self.choices, self.now, kept)?;
            if broken.is_empty() {
                possible.push((room, id));
            } else if fewest.as_ref().is_none_or(|fewest| broken.len() < fewest.len()) {
                fewest = Some(broken);
            }
        }
        let best = possible.into_iter().max_by_key(|(room, id)| (*room, std::cmp::Reverse(*id)));
        Ok(best.map(|(_, id)| id).ok_or(fewest.unwrap_or_default()))
    }

    /// The minutes of those who got a visit, by person.
    pub fn loads(&self) -> Vec<HeldMinutes> {
        let load = |id: &PersonId| {
            let taker = self.assignees.get(*id)?;
            let before = self.before.get(id).copied().unwrap_or_default();
            let (after, Minutes(weekly_minutes)) = (minutes(taker), *self.offers.get(id)?);
            let load = HeldMinutes { person_id: *id, before, after, weekly_minutes };
            (before != after).then_some(load)
        };
        self.people.iter().filter_map(load).collect()
    }
}

/// The minutes of the person's unfinished visits.
fn minutes(taker: &Assignee) -> u32 {
    taker.held.iter().map(|held| held.minutes.unsigned_abs()).sum()
}

/// What is left of a person's offer for a week; who has the most gets the visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Room {
    /// Whether the visits fit into it.
    fits: bool,
    /// The part of the offer that is left, in thousandths: work is shared by what each offers.
    part: i64,
    /// The minutes.
    minutes: i64,
}

/// What is left of the offer for the person who holds this time and would take that of some visits: in the week of these
/// in which the least is left.
fn room(Minutes(offer): Minutes, held: &[HeldTime], taken: &[HeldTime]) -> Option<Room> {
    let offer = i64::from(offer);
    let of_week = |visit: &HeldTime| {
        let minutes = offer - i64::from(held_in_week(held, visit.day()));
        let fits = i64::from(held_in_week(taken, visit.day())) <= minutes;
        Room { fits, part: minutes * 1_000 / offer.max(1), minutes }
    };
    taken.iter().map(of_week).min()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;

    fn visit(planned: Option<u32>, due: u32, minutes: i32) -> HeldTime {
        let day = |n| NaiveDate::from_ymd_opt(2026, 12, n).expect("a day");
        let assignee = PersonId(Uuid::nil());
        HeldTime { assignee, planned_on: planned.map(day), due_on: day(due), minutes }
    }

    #[test]
    fn the_offer_is_compared_with_what_is_held_in_the_week_of_the_planned_or_else_the_due_day() {
        // The 7th and the 14th are Mondays.
        let held = [visit(None, 7, 60), visit(Some(9), 20, 30), visit(Some(6), 9, 500)];
        let room = |visits: &[HeldTime]| {
            room(Minutes(240), &held, visits).map(|room| (room.fits, room.part, room.minutes))
        };
        assert_eq!(room(&[visit(None, 13, 60)]), Some((true, 625, 150)));
        assert_eq!(room(&[visit(Some(8), 20, 60)]), Some((true, 625, 150)));
        assert_eq!(room(&[visit(Some(14), 9, 60)]), Some((true, 1_000, 240)));
        assert_eq!(room(&[visit(Some(14), 9, 60), visit(None, 9, 60)]), Some((true, 625, 150)));
        assert_eq!(room(&[visit(None, 9, 100), visit(None, 9, 100)]), Some((false, 625, 150)));
        assert_eq!(room(&[]), None);
    }

    #[test]
    fn a_visit_goes_to_whom_it_fits_and_then_by_the_part_of_the_offer_that_is_left() {
        let visits = [visit(None, 7, 30)];
        let of = |offer, held: &[HeldTime]| room(Minutes(offer), held, &visits);
        let (busy_manager, idle_volunteer) = (of(960, &[visit(None, 8, 60)]), of(180, &[]));
        assert!(busy_manager < idle_volunteer);
        assert!(of(180, &[]) < of(960, &[]), "of the same part the most minutes");
        assert!(of(20, &[]) < of(180, &[visit(None, 8, 150)]), "it does not fit");
        assert!(of(0, &[]) < of(20, &[]));
    }
}
