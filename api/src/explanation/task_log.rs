//! What the log says of a task's assignee and time.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, FixedOffset};
use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, PlanId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;

use super::given::Handover;
use super::sentence::Who;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::log::store::EventRow;
use crate::person;
use crate::task::assignment::given;
use crate::task::row::TaskRow;

/// An event: who and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    /// The person; `None` for the system.
    pub(super) by: Option<PersonId>,
    /// The time.
    pub(super) at: DateTime<FixedOffset>,
}

impl Logged {
    fn of(event: &EventRow) -> Self {
        Self { by: event.actor, at: event.at.and_utc().with_timezone(&china()) }
    }
}

/// The events about the present assignee and time of a task.
pub(super) struct TaskLog {
    /// How the task came to its assignee.
    pub(super) handover: Handover,
    /// The event of it.
    pub(super) given: Option<Logged>,
    /// The plan that gave it.
    pub(super) plan: Option<PlanId>,
    /// The last change of its time since.
    pub(super) rescheduled: Option<Logged>,
    /// When its assignee started it, while it is in progress.
    pub(super) started: Option<Logged>,
    /// The names of these people and of the assignee, if the reader sees them with the task.
    names: HashMap<PersonId, String>,
}

impl TaskLog {
    /// Reads the events, for a reader with this view of the task.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        key: &SealingKey,
        (row, view): (&TaskRow, View),
    ) -> Result<Self, DbError> {
        let event = given::event(conn, row)?;
        let plan = event.as_ref().and_then(given::plan);
        let handover = match &event {
            Some(_) if plan.is_some() => Handover::Plan,
            Some(event) => Handover::By(event.actor),
            None if given::is_unrecorded(conn, row)? => Handover::Unrecorded,
            None => Handover::Archived,
        };
        let mut since = |action: &str, is_asked: bool| {
            let event =
                if is_asked { given::since(conn, row, event.as_ref(), action)? } else { None };
            Ok::<_, DbError>(event.as_ref().map(Logged::of))
        };
        let is_changed = plan.is_some() && row.plan.is_none();
        let rescheduled = since("task.reschedule", is_changed)?;
        let started = since("task.start", row.state == Phase::InProgress)?;
        let given = event.as_ref().map(Logged::of);
        let actors = [given, rescheduled].into_iter().flatten().filter_map(|event| event.by);
        let people: BTreeSet<PersonId> = actors.chain(row.assignee).collect();
        let names = if view.shows_masked_name() {
            person::store::names(conn, key, &row.district.range(), people)?
        } else {
            HashMap::new()
        };
        Ok(Self { handover, given, plan, rescheduled, started, names })
    }

    /// The name of the person, if the reader sees it.
    pub(super) fn name(&self, person: Option<PersonId>) -> Option<String> {
        person.and_then(|person| self.names.get(&person).cloned())
    }

    /// How a sentence refers to the person.
    pub(super) fn who(&self, principal: &Principal, person: Option<PersonId>) -> Who<'_> {
        match person {
            Some(person) if person == principal.person => Who::You,
            Some(person) => self.names.get(&person).map_or(Who::Another, |name| Who::Named(name)),
            None => Who::Another,
        }
    }
}
