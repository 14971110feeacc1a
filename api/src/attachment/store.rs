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
    pub fence: i64,
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

/// Inserts an attachment.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, row: &AttachmentRow) -> Result<(), DbError> {
    diesel::insert_into(attachments::table).values(row).execute(conn)?;
    Ok(())
}

/// Increments the fence of an upload and returns its row; `None` if there is none. Parts of the
/// requests that began before are not counted any more.
///
/// # Errors
/// [`DbError`].
pub fn raise_fence(
    conn: &mut Conn,
    district: AreaCode,
    id: &str,
) -> Result<Option<AttachmentRow>, DbError> {
    let there = attachments::table.find((district, id));
    diesel::update(there).set(attachments::fence.eq(attachments::fence + 1)).execute(conn)?;
    Ok(there.first(conn).optional()?)
}

/// Advances the offset of `row` from `from`; returns whether it was still there and no newer
/// request has begun.
///
/// # Errors
/// [`DbError`].
pub fn advance(conn: &mut Conn, row: &AttachmentRow, from: i64, to: i64) -> Result<bool, DbError> {
    let there = attachments::table
        .find((row.district, &row.id))
        .filter(attachments::received.eq(from))
        .filter(attachments::fence.eq(row.fence));
    Ok(diesel::update(there).set(attachments::received.eq(to)).execute(conn)? == 1)
}

/// Resets the offset of an incomplete upload to 0; returns whether it exists. Parts that are
/// still being written are not counted.
///
/// # Errors
/// [`DbError`].
pub fn reset_offset(conn: &mut Conn, district: AreaCode, id: &str) -> Result<bool, DbError> {
    let there = attachments::table.find((district, id)).filter(attachments::complete.eq(false));
    let reset = (attachments::received.eq(0), attachments::fence.eq(attachments::fence + 1));
    Ok(diesel::update(there).set(reset).execute(conn)? == 1)
}

/// Marks the attachment complete; returns whether it was incomplete before.
///
/// # Errors
/// [`DbError`].
pub fn complete(conn: &mut Conn, district: AreaCode, id: &str) -> Result<bool, DbError> {
    let there = attachments::table.find((district, id)).filter(attachments::complete.eq(false));
    // The upload may be terminated concurrently with its completion.
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
