//! Assigns new tasks to the person who is responsible for them, by the rules of every assignment.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::{self as life, AutomaticCommand, Candidate, Transition, Verb};
use serde_json::Value;

use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::clock;
use crate::db::DbError;
use crate::task::assignment::assignees::Assignees;
use crate::task::assignment::breach;
use crate::task::commands::command::NewTimes;
use crate::task::commands::transition::{self, Step};
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The person to whom the tasks of an area are assigned, with what the person offers and holds.
pub struct Responsible {
    person: PersonId,
    within: AreaCode,
    assignees: Assignees,
    choices: VisitorChoices,
}

impl Responsible {
    /// Reads the person, who is locked until the end of the transaction, and the choices of the
    /// beneficiaries of the tasks.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        tx: &mut Tx<'_>,
        person: PersonId,
        within: AreaCode,
        homes: &[BeneficiaryId],
    ) -> Result<Self, DbError> {
        let assignees = Assignees::within(tx, &within.range(), &BTreeSet::from([person]))?;
        let choices = visitors::of(tx.read_unbatched(), within.district(), homes)?;
        Ok(Self { person, within, assignees, choices })
    }

    /// Assigns the new task, which is open. A task that the person may not take, or whose assignment would
    /// break a rule, stays open; answers whether it was assigned.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn assign(&mut self, tx: &mut Tx<'_>, row: &TaskRow, body: Value) -> Result<bool, DbError> {
        let Some(assignee) = self.assignees.get(self.person) else { return Ok(false) };
        let today = clock::day(tx.now);
        let choice = row.beneficiary.and_then(|id| self.choices.get(&id).cloned());
        let choice = choice.unwrap_or_default();
        // A new task is not tied yet.
        let broken = breach::broken(row, (&[], &[]), assignee, &choice, (today, None))?;
        let to =
            Candidate { person: self.person, role: assignee.row.role, grid: assignee.row.area };
        let command = AutomaticCommand::Assign { to, within: self.within };
        let before = row.life()?;
        let next = life::apply_automatic(&before, &command, today);
        let (true, Ok(Transition::Changed(after))) = (broken.is_empty(), next) else {
            return Ok(false);
        };
        let step = Step { row, before, after, verb: Verb::Assign };
        let event = step.event().with(body);
        let next = transition::write(tx, &step, NewTimes::default(), event)?;
        self.assignees.update(row, &next);
        Ok(true)
    }
}
