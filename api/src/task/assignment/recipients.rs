//! The people who are named to get tasks of another one, and the rules of an assignment by hand that each would break by
//! them. Nothing is written: what is given counts for what follows.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::{BeneficiaryId, PersonId};

use super::assignees::Assignees;
use super::breach::Breach;
use super::group_breaches::{self, GroupTask};
use super::tie_members::{TieMembers, ties};
use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::clock;
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;
use crate::task::schedule::{kept_time, overlap};

/// The people who are named to get tasks, with what they offer and hold.
pub struct Recipients {
    assignees: Assignees,
    choices: VisitorChoices,
    ties: TieMembers,
    now: DateTime<Utc>,
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
        now: DateTime<Utc>,
    ) -> Result<Self, DbError> {
        let (district, people) = (principal.district(), people.iter().copied().collect::<Vec<_>>());
        let assignees = Assignees::of_active(conn, &principal.scope(), &people, clock::day(now))?;
        let homes: Vec<BeneficiaryId> = leaving.iter().filter_map(|row| row.beneficiary).collect();
        let choices = visitors::of(conn, district, &homes)?;
        let ties = TieMembers::read(conn, district, &ties(leaving.iter().copied()))?;
        let mut all = Self { assignees, choices, ties, now };
        for row in leaving {
            all.release(row);
        }
        Ok(all)
    }

    /// Counts the task for its assignee no longer.
    pub fn release(&mut self, row: &TaskRow) {
        self.assignees.release(row);
        self.ties.release(row);
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
        let passing: Vec<TaskRow> =
            group.iter().map(|row| kept_time::passing(row, self.now)).collect();
        let broken = self.broken(conn, principal, &passing, to)?;
        if broken.is_empty() {
            for (row, passing) in group.iter().zip(&passing) {
                let given = passing.given(to);
                self.assignees.update(row, &given);
                self.ties.give(given);
            }
        }
        Ok(broken)
    }

    /// The rules that the person would break by these tasks, as they pass to others.
    fn broken(
        &self,
        conn: &mut Conn,
        principal: &Principal,
        passing: &[TaskRow],
        to: PersonId,
    ) -> Result<BTreeSet<Breach>, DbError> {
        let Some(taker) = self.assignees.get(to).cloned() else { return Ok(BTreeSet::new()) };
        let mut group = Vec::with_capacity(passing.len());
        for row in passing {
            let tied = self.ties.binding(row);
            let overlaps = overlap::seen_with_second(conn, principal, row, tied, to)?;
            group.push(GroupTask { row, tied, overlaps });
        }
        group_breaches::of(&group, taker, &self.choices, self.now, None)
    }
}
