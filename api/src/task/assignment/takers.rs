//! The people who take over the visits of another one, by the rules of every assignment and at the times that
//! the visits have: one person, or several, each visit by the one with the most time left in its week.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::{self as life, Candidate, Command, Transition};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::assignees::{Assignee, Assignees};
use super::breach::{self, Breach};
use super::tie;
use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::clock;
use crate::db::DbError;
use crate::task::commands::command::NewTimes;
use crate::task::commands::transition::{self, Step};
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::Commitments;
use crate::task::schedule::work_time::HeldTime;
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
    /// Minutes offered per week.
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
}

impl Takers {
    /// Reads those of these people who are active in `within`; they are locked until the end of the
    /// transaction.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        tx: &mut Tx<'_>,
        within: AreaCode,
        people: &BTreeSet<PersonId>,
        visits: &[TaskRow],
    ) -> Result<Self, DbError> {
        let assignees = Assignees::within(tx, &within.range(), people)?;
        let homes: Vec<BeneficiaryId> = visits.iter().filter_map(|row| row.beneficiary).collect();
        let choices = visitors::of(tx.read_unbatched(), within.district(), &homes)?;
        let is_visitor =
            |id: &&PersonId| assignees.get(**id).is_some_and(|it| it.row.role.visits());
        let people: BTreeSet<PersonId> = people.iter().filter(is_visitor).copied().collect();
        let days = visits.iter().filter_map(|row| row.planned_on);
        let commitments = match days.clone().min().zip(days.max()) {
            Some(days) => Commitments::read(tx.read()?, (within.district(), None), &people, days)?,
            None => Commitments::default(),
        };
        let before = people.iter().filter_map(|id| Some((*id, minutes(assignees.get(*id)?))));
        let before = before.collect();
        Ok(Self { people, assignees, choices, commitments, before })
    }

    /// Whether no one takes over visits.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Gives these tasks, which one person holds and no other can get apart, to the person with the most
    /// time left in their week among those who break no rule of assignments and can make planned visits at
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
        let to = match self.best(tx, principal, group)? {
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
            let planned = kept_time::planned(step.row, tx.now);
            let times = NewTimes { planned, ..NewTimes::default() };
            let next = transition::write(tx, &step, times, event)?;
            self.assignees.update(step.row, &next);
            self.commitments.hold(to, &next)?;
        }
        Ok(Ok(to))
    }

    /// The person with the most time left in the week of the visits among those who break no rule.
    fn best(
        &mut self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        group: &[&TaskRow],
    ) -> Result<Result<PersonId, BTreeSet<Breach>>, DbError> {
        let mut visits = Vec::with_capacity(group.len());
        for row in group {
            let mut tied = tie::tied(tx, row)?;
            tied.retain(|other| group.iter().all(|task| task.id != other.id));
            visits.push((*row, tied));
        }
        let mut possible = Vec::new();
        let mut fewest: Option<BTreeSet<Breach>> = None;
        for id in self.people.clone() {
            let Some(taker) = self.assignees.get(id).cloned() else { continue };
            let left = group.iter().map(|row| left_in_week(&taker, row.due_on)).min();
            let broken = self.broken(tx, principal, &visits, taker)?;
            if broken.is_empty() {
                possible.push((left, id));
            } else if fewest.as_ref().is_none_or(|fewest| broken.len() < fewest.len()) {
                fewest = Some(broken);
            }
        }
        let best = possible.into_iter().max_by_key(|(left, id)| (*left, std::cmp::Reverse(*id)));
        Ok(best.map(|(_, id)| id).ok_or(fewest.unwrap_or_default()))
    }

    /// The rules that the person would break by these tasks, each with those tied to it.
    fn broken(
        &mut self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        visits: &[(&TaskRow, Vec<TaskRow>)],
        mut taker: Assignee,
    ) -> Result<BTreeSet<Breach>, DbError> {
        let (person, today) = (taker.row.id, clock::day(tx.now));
        let mut broken = BTreeSet::new();
        for (row, tied) in visits {
            let choice = row.beneficiary.and_then(|id| self.choices.get(&id).cloned());
            let choice = choice.unwrap_or_default();
            let overlaps = overlap::with_second(tx, principal, row, tied, person)?;
            broken.extend(breach::broken(row, (tied, &overlaps), &taker, &choice, (today, None))?);
            if let Some(time) = kept_time::planned(row, tx.now) {
                broken.extend(kept_time::breach(row, time, &taker.row, &self.commitments)?);
            }
            // The next one takes the time that is left.
            let held = HeldTime::of(row).map(|held| HeldTime { assignee: person, ..held });
            taker.held.extend(held);
            self.commitments.hold(person, row)?;
        }
        for (row, _) in visits {
            self.commitments.give_up(person, row);
        }
        Ok(broken)
    }

    /// The minutes of those who got a visit, by person.
    pub fn loads(&self) -> Vec<HeldMinutes> {
        let load = |id: &PersonId| {
            let taker = self.assignees.get(*id)?;
            let before = self.before.get(id).copied().unwrap_or_default();
            let (after, weekly) = (minutes(taker), taker.row.weekly_minutes.get().unsigned_abs());
            (before != after).then_some(HeldMinutes {
                person_id: *id,
                before,
                after,
                weekly_minutes: weekly,
            })
        };
        self.people.iter().filter_map(load).collect()
    }
}

/// The minutes of the person's unfinished visits.
fn minutes(taker: &Assignee) -> u32 {
    taker.held.iter().map(|held| held.minutes.unsigned_abs()).sum()
}

/// The minutes of the person's week that no visit takes.
fn left_in_week(taker: &Assignee, day: NaiveDate) -> i64 {
    let week = day.week(chrono::Weekday::Mon);
    let is_in_week =
        |day: NaiveDate| week.first_day() <= day && day <= week.first_day() + chrono::Days::new(6);
    let held = taker.held.iter().filter(|held| is_in_week(held.planned_on.unwrap_or(held.due_on)));
    let held: i64 = held.map(|held| i64::from(held.minutes)).sum();
    i64::from(taker.row.weekly_minutes.get()) - held
}
