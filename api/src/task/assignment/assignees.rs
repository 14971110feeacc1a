//! The people to whom a call assigns tasks, with what they offer and hold: each is read once, however
//! many tasks the call has.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use gridward_domain::area::AreaRange;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

use crate::availability::Duty;
use crate::availability::calendar::Calendar;
use crate::availability::store as availability;
use crate::clock;
use crate::db::{Conn, DbError, batches};
use crate::person::{self, store::PersonRow};
use crate::task::row::TaskRow;
use crate::task::schedule::work_time::{self, HeldTime};
use crate::tx::Tx;

/// The active people of the caller's area among those to whom a call assigns.
#[derive(Debug, Default)]
pub struct Assignees(HashMap<PersonId, Assignee>);

/// A person with what the person offers and holds.
#[derive(Clone, Debug)]
pub(in crate::task) struct Assignee {
    pub(in crate::task) row: PersonRow,
    pub(in crate::task) calendar: Calendar,
    pub(in crate::task) duty: Duty,
    pub(in crate::task) held: Vec<HeldTime>,
}

impl Assignees {
    /// Reads these people, and locks them until the end of the transaction.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::task) fn read(
        tx: &mut Tx<'_>,
        principal: &Principal,
        ids: &BTreeSet<PersonId>,
    ) -> Result<Self, DbError> {
        Self::within(tx, &principal.scope(), ids)
    }

    /// Reads those of these people whose area is in the range, and locks them until the end of the
    /// transaction.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::task) fn within(
        tx: &mut Tx<'_>,
        range: &AreaRange,
        ids: &BTreeSet<PersonId>,
    ) -> Result<Self, DbError> {
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let today = clock::day(tx.now);
        // The time of tasks that wait to be written counts too.
        let conn = tx.read()?;
        let active = person::active::areas(conn, range.area().district(), ids)?;
        let active: Vec<PersonId> = active.into_keys().collect();
        Self::of_active(conn, range, &active, today)
    }

    /// Reads those of these active people whose area is in the range, without a lock.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::task) fn of_active(
        conn: &mut Conn,
        range: &AreaRange,
        active: &[PersonId],
        today: NaiveDate,
    ) -> Result<Self, DbError> {
        let district = range.area().district();
        let mut all = HashMap::with_capacity(active.len());
        for ids in batches(active) {
            let calendars = availability::calendars_from(conn, district, ids, today)?;
            let off_duty = availability::off_duty_among(conn, district, ids)?;
            let mut held = by_person(work_time::held_time(conn, district, ids)?);
            for row in person::store::rows(conn, range, ids)? {
                let id = row.id;
                let calendar = calendars.of(id).clone();
                let duty = if off_duty.contains(&id) { Duty::Off } else { Duty::On };
                let held = held.remove(&id).unwrap_or_default();
                all.insert(id, Assignee { row, calendar, duty, held });
            }
        }
        Ok(Self(all))
    }

    /// The person, if active and in the caller's area.
    pub(in crate::task) fn get(&self, id: PersonId) -> Option<&Assignee> {
        self.0.get(&id)
    }

    /// Counts the task for its assignee no longer.
    pub(in crate::task) fn release(&mut self, row: &TaskRow) {
        if let Some(time) = HeldTime::of(row)
            && let Some(former) = self.0.get_mut(&time.assignee)
            && let Some(n) = former.held.iter().position(|held| *held == time)
        {
            former.held.swap_remove(n);
        }
    }

    /// Counts a changed task for the person who has it now, and no longer for the former one.
    pub(in crate::task) fn update(&mut self, before: &TaskRow, after: &TaskRow) {
        self.release(before);
        if let Some(time) = HeldTime::of(after)
            && let Some(assignee) = self.0.get_mut(&time.assignee)
        {
            assignee.held.push(time);
        }
    }
}

fn by_person(held: Vec<HeldTime>) -> HashMap<PersonId, Vec<HeldTime>> {
    let mut of: HashMap<PersonId, Vec<HeldTime>> = HashMap::new();
    for time in held {
        of.entry(time.assignee).or_default().push(time);
    }
    of
}
