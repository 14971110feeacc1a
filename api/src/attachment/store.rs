//! Attachments in the database: owner, task and upload progress.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};
use uuid::Uuid;

use super::model::MediaType;
use crate::db::schema::attachments;
use crate::db::{Conn, DbError};

/// A row of `attachments`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = attachments)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct AttachmentRow {
    pub district: AreaCode,
    pub id: String,
    pub task: TaskId,
    pub person: PersonId,
    pub media_type: MediaType,
    pub length: i64,
    pub received: i64,
    pub sha256: String,
    pub complete: bool,
    pub created_at: NaiveDateTime,
}

/// The attachment, regardless of its task's area within the district.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    district: AreaCode,
    id: Uuid,
) -> Result<Option<AttachmentRow>, DbError> {
    Ok(attachments::table.find((district, id.to_string())).first(conn).optional()?)
}

/// Writes a new one.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, row: &AttachmentRow) -> Result<(), DbError> {
    diesel::insert_into(attachments::table).values(row).execute(conn)?;
    Ok(())
}

/// Advances the offset from `from`; returns whether it was still there.
///
/// # Errors
/// [`DbError`].
pub fn advance(
    conn: &mut Conn,
    district: AreaCode,
    id: &str,
    from: i64,
    to: i64,
) -> Result<bool, DbError> {
    let there = attachments::table.find((district, id)).filter(attachments::received.eq(from));
    Ok(diesel::update(there).set(attachments::received.eq(to)).execute(conn)? == 1)
}

/// Resets the offset of an incomplete upload to 0; returns whether it exists.
///
/// # Errors
/// [`DbError`].
pub fn begin_anew(conn: &mut Conn, district: AreaCode, id: &str) -> Result<bool, DbError> {
    let there = attachments::table.find((district, id)).filter(attachments::complete.eq(false));
    Ok(diesel::update(there).set(attachments::received.eq(0)).execute(conn)? == 1)
}

/// Marks the attachment complete; returns whether it was incomplete before.
///
/// # Errors
/// [`DbError`].
pub fn complete(conn: &mut Conn, district: AreaCode, id: &str) -> Result<bool, DbError> {
    let there = attachments::table.find((district, id)).filter(attachments::complete.eq(false));
    // Somebody may have begun to give it up while it became whole.
    let completed = (attachments::complete.eq(true), attachments::received.eq(attachments::length));
    Ok(diesel::update(there).set(completed).execute(conn)? == 1)
}

/// Deletes an incomplete upload; returns whether it existed.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, id: &str) -> Result<bool, DbError> {
    let there = attachments::table.find((district, id)).filter(attachments::complete.eq(false));
    Ok(diesel::delete(there).execute(conn)? == 1)
}
