//! Tasks that the system creates for many beneficiaries, alike but for the occasion and the days.

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::bounded_text::{Occasion, TaskTitle};
use gridward_domain::id::{PersonId, TaskId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::freed;
use super::row::{Draft, TaskRow};
use super::words::TaskWords;
use crate::beneficiary::stay::{Whereabouts, day_of_visit};
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// What the tasks have in common.
pub struct Series {
    /// The kind.
    pub kind: ServiceKind,
    /// The title.
    pub title: Option<TaskTitle>,
    /// What the visitors do, bring and hand over.
    pub words: TaskWords,
    /// The person who has the tasks created, if one has.
    pub by: Option<PersonId>,
    /// What the tasks come from, with its id, for the event of each.
    pub source: (&'static str, Value),
    /// The present time.
    pub now: DateTime<Utc>,
}

impl Series {
    /// A task for the beneficiary from the first of the days until the last, where the beneficiary is
    /// on the day of the visit.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn task(
        &self,
        key: &SealingKey,
        home: &BeneficiaryRow,
        occasion: Option<Occasion>,
        (not_before, due_on): (NaiveDate, NaiveDate),
    ) -> Result<TaskRow, DbError> {
        let day = day_of_visit(clock::day(self.now), not_before, None);
        let Whereabouts { grid, place } = home.whereabouts_on(key, day)?;
        let draft = Draft {
            id: TaskId(Uuid::now_v7()),
            grid,
            beneficiary: Some(home.id),
            place,
            not_before,
            due_on,
            window: None,
            by: self.by,
            origin: None,
        };
        Ok(TaskRow {
            title: self.title.clone(),
            occasion,
            words: self.words.sealed(key, home.district, draft.id)?,
            ..TaskRow::open(&draft, &self.kind, self.now)
        })
    }

    /// Writes the task and its event.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn insert(&self, tx: &mut Tx<'_>, task: TaskRow) -> Result<(), DbError> {
        let (name, id) = &self.source;
        let kind = ("kind".to_owned(), task.kind.clone().into());
        let body = Map::from_iter([kind, ((*name).to_owned(), id.clone())]);
        let event = Event::new("task.create", Subject::Task, task.id, task.grid, 1);
        tx.record(event.by(self.by).with(body.into()));
        freed::created(tx, &task)?;
        tx.insert(task);
        Ok(())
    }
}
