//! Queries for feedback.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{FeedbackId, PersonId};

use super::model::{Feedback, FeedbackReceipt, Sealed};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::schema::feedback;
use crate::db::{Conn, DbError, changed_one};
use crate::http::page::Wanted;
use crate::idempotency::CommandId;

const TABLE: &str = "feedback";

/// A row of `feedback`.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = feedback)]
pub struct FeedbackRow {
    /// Column `district`.
    pub district: AreaCode,
    /// Column `id`.
    pub id: FeedbackId,
    /// Column `person`.
    pub person: Option<PersonId>,
    /// Column `created_at`.
    pub created_at: NaiveDateTime,
    /// Column `answered_by`.
    pub answered_by: Option<PersonId>,
    /// Column `answered_at`.
    pub answered_at: Option<NaiveDateTime>,
    /// Column `sealed`.
    pub sealed: Vec<u8>,
    /// Column `version`.
    pub version: i64,
    /// Column `key`.
    pub key: Option<String>,
}

impl FeedbackRow {
    /// Decrypts the texts.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn opened(&self, key: &SealingKey) -> Result<Sealed, DbError> {
        key.open_row((self.district, TABLE, self.id), &self.sealed)
    }

    /// The confirmation for the sender.
    pub fn receipt(&self) -> FeedbackReceipt {
        let created_at = self.created_at.and_utc().with_timezone(&china());
        FeedbackReceipt { id: self.id, created_at, is_answerable: self.person.is_some() }
    }

    /// The public representation.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn feedback(&self, key: &SealingKey) -> Result<Feedback, DbError> {
        let Sealed { text, contact, answer } = self.opened(key)?;
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Ok(Feedback {
            id: self.id,
            person_id: self.person,
            created_at: local(self.created_at),
            text,
            contact,
            answer,
            answered_by: self.answered_by,
            answered_at: self.answered_at.map(local),
            version: self.version,
        })
    }
}

/// The encrypted texts of the feedback `id`.
///
/// # Errors
/// [`DbError::Corrupt`].
pub fn sealed(
    key: &SealingKey,
    district: AreaCode,
    id: FeedbackId,
    content: &Sealed,
) -> Result<Vec<u8>, DbError> {
    key.seal_row((district, TABLE, id), content)
}

/// Which feedback a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only answered feedback, or only other.
    pub answered: Option<bool>,
    /// Only that of this person.
    pub person: Option<PersonId>,
}

/// A page of the feedback of the district, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    district: AreaCode,
    filter: &Filter,
    wanted: &Wanted<FeedbackId>,
) -> Result<Vec<FeedbackRow>, DbError> {
    let mut query = feedback::table.filter(feedback::district.eq(district)).into_boxed();
    if let Some(person) = filter.person {
        query = query.filter(feedback::person.eq(person));
    }
    query = match filter.answered {
        Some(true) => query.filter(feedback::answered_at.is_not_null()),
        Some(false) => query.filter(feedback::answered_at.is_null()),
        None => query,
    };
    if let Some(id) = wanted.after {
        query = query.filter(feedback::id.lt(id));
    }
    let page = query.order(feedback::id.desc()).limit(wanted.rows());
    Ok(page.select(FeedbackRow::as_select()).load(conn)?)
}

/// The feedback `id`.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    id: FeedbackId,
) -> Result<Option<FeedbackRow>, DbError> {
    let row = feedback::table.find((district, id)).select(FeedbackRow::as_select());
    Ok(row.first(conn).optional()?)
}

/// The feedback that was sent with the key; none without a key.
///
/// # Errors
/// [`DbError`].
pub fn with_key(
    conn: &mut Conn,
    district: AreaCode,
    key: Option<&CommandId>,
) -> Result<Option<FeedbackRow>, DbError> {
    let Some(key) = key else { return Ok(None) };
    let those = feedback::table.filter(feedback::district.eq(district));
    let those = those.filter(feedback::key.eq(key.as_str()));
    Ok(those.select(FeedbackRow::as_select()).first(conn).optional()?)
}

/// Inserts feedback.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server stored its key meanwhile.
pub fn insert(conn: &mut Conn, row: &FeedbackRow) -> Result<(), DbError> {
    let insert = diesel::insert_into(feedback::table).values(row).execute(conn);
    insert.map_err(DbError::unless_unique)?;
    Ok(())
}

/// Writes the answer of `next`.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if it has changed since it was read.
pub fn answer(conn: &mut Conn, next: &FeedbackRow) -> Result<(), DbError> {
    let row = feedback::table.find((next.district, next.id));
    let current = row.filter(feedback::version.eq(next.version - 1));
    let values = (
        feedback::answered_by.eq(next.answered_by),
        feedback::answered_at.eq(next.answered_at),
        feedback::sealed.eq(&next.sealed),
        feedback::version.eq(next.version),
    );
    let changed = diesel::update(current).set(values).execute(conn)?;
    changed_one(changed)
}
