//! The people who are named to get tasks of another one, and the rules of an assignment by hand that each would break by
//! them. Nothing is written: what is given counts for what follows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use gridward_domain::authority::Principal;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};

use super::assignees::Assignees;
use super::breach::{self, Breach};
use super::tie;
use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;
use crate::task::schedule::overlap;
use crate::task::schedule::work_time::HeldTime;

/// The people who are named to get tasks, with what they offer and hold.
pub struct Recipients {
    assignees: Assignees,
    choices: VisitorChoices,
    /// The tasks of each tie that bind others.
    tied: BTreeMap<TaskId, Vec<TaskRow>>,
    today: NaiveDate,
}

impl Recipients {
    /// Reads those of these active people who are in the principal's area, for tasks that leave their assignee.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        conn: &mut Conn,
        principal: &Principal,
        people: &BTreeSet<PersonId>,
        leaving: &[&TaskRow],
        today: NaiveDate,
    ) -> Result<Self, DbError> {
        let (district, people) = (principal.district(), people.iter().copied().collect::<Vec<_>>());
        let assignees = Assignees::of_active(conn, &principal.scope(), &people, today)?;
        let homes: Vec<BeneficiaryId> = leaving.iter().filter_map(|row| row.beneficiary).collect();
        let choices = visitors::of(conn, district, &homes)?;
        let ties: BTreeSet<TaskId> = leaving.iter().filter_map(|row| Some(row.tie()?.id)).collect();
        let mut tied: BTreeMap<TaskId, Vec<TaskRow>> = BTreeMap::new();
        for row in tie::binding(conn, district, &ties)? {
            if let Some(tie) = row.tie() {
                tied.entry(tie.id).or_default().push(row);
            }
        }
        let mut all = Self { assignees, choices, tied, today };
        for row in leaving {
            all.release(row);
        }
        Ok(all)
    }

    /// Counts the task for its assignee no longer.
    pub fn release(&mut self, row: &TaskRow) {
        self.assignees.release(row);
        if let Some(tied) = row.tie().and_then(|tie| self.tied.get_mut(&tie.id)) {
            tied.retain(|other| other.id != row.id);
        }
    }

    /// Counts these tasks, which one person gets together, for the person, unless that breaks a rule; answers the
    /// broken rules.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn give(
        &mut self,
        conn: &mut Conn,
        principal: &Principal,
        group: &[&TaskRow],
        to: PersonId,
    ) -> Result<BTreeSet<Breach>, DbError> {
        let broken = self.broken(conn, principal, group, to)?;
        if broken.is_empty() {
            for row in group {
                let given = row.given(to);
                self.assignees.update(row, &given);
                if let Some(tie) = given.tie() {
                    self.tied.entry(tie.id).or_default().push(given);
                }
            }
        }
        Ok(broken)
    }

    /// The rules that the person would break by these tasks.
    fn broken(
        &self,
        conn: &mut Conn,
        principal: &Principal,
        group: &[&TaskRow],
        to: PersonId,
    ) -> Result<BTreeSet<Breach>, DbError> {
        let Some(mut taker) = self.assignees.get(to).cloned() else { return Ok(BTreeSet::new()) };
        let mut broken = BTreeSet::new();
        for row in group {
            let choice = row.beneficiary.and_then(|id| self.choices.get(&id).cloned());
            let choice = choice.unwrap_or_default();
            let tied = row.tie().and_then(|tie| self.tied.get(&tie.id));
            let tied = tied.map(Vec::as_slice).unwrap_or_default();
            let overlaps = overlap::seen_with_second(conn, principal, row, tied, to)?;
            let others = (tied, overlaps.as_slice());
            broken.extend(breach::broken(row, others, &taker, &choice, (self.today, None))?);
            // The next one takes the time that is left.
            taker.held.push(HeldTime::taken(row, to));
        }
        Ok(broken)
    }
}
