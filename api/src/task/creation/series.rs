//! Tasks that the system creates for many beneficiaries or places, alike but for the occasion and the
//! days.

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{Occasion, TaskTitle};
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::place::Place;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::beneficiary::stay::{Whereabouts, day_of_visit};
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::task::assignment::freed;
use crate::task::row::{Draft, TaskRow};
use crate::task::words::TaskWords;
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
        let at = home.whereabouts_on(key, day)?;
        let row = self.row(key, (at, Some(home.id)), (not_before, due_on))?;
        Ok(TaskRow { occasion, ..row })
    }

    /// A task at a place of this name, from the first of the days until the last.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn at_place(
        &self,
        key: &SealingKey,
        (grid, place): (AreaCode, Place),
        name: &str,
        days: (NaiveDate, NaiveDate),
    ) -> Result<TaskRow, DbError> {
        let row = self.row(key, (Whereabouts { grid, place }, None), days)?;
        let title = self.title.as_ref().map(|title| format!("{}：{name}", title.as_str()));
        let title = title.and_then(|title| title.parse().ok());
        Ok(TaskRow { title: title.or_else(|| self.title.clone()), ..row })
    }

    fn row(
        &self,
        key: &SealingKey,
        (Whereabouts { grid, place }, beneficiary): (Whereabouts, Option<BeneficiaryId>),
        (not_before, due_on): (NaiveDate, NaiveDate),
    ) -> Result<TaskRow, DbError> {
        let draft = Draft {
            id: TaskId(Uuid::now_v7()),
            grid,
            beneficiary,
            place,
            not_before,
            due_on,
            window: None,
            by: self.by,
            origin: None,
        };
        Ok(TaskRow {
            title: self.title.clone(),
            words: self.words.sealed(key, grid.district(), draft.id)?,
            ..TaskRow::open(&draft, &self.kind, self.now)
        })
    }

    /// Writes the task and its event.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn insert(&self, tx: &mut Tx<'_>, task: TaskRow) -> Result<(), DbError> {
        let (name, id) = &self.source;
        let kind = ("kind".to_owned(), json!(task.kind));
        let body = Map::from_iter([kind, ((*name).to_owned(), id.clone())]);
        let event = Event::new("task.create", Subject::Task, task.id, task.grid, 1);
        tx.record(event.by(self.by).with(body.into()));
        freed::created(tx, &task)?;
        tx.insert(task);
        Ok(())
    }
}
