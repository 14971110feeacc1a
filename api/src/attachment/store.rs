//! Attachments in the database: person, task or case, and upload progress.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::WordCode;
use gridward_domain::id::{CaseId, PersonId, TaskId};
use uuid::Uuid;

use super::model::MediaType;
use crate::db::schema::{attachments, cases};
use crate::db::{Conn, DbError};

/// A row of `attachments`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = attachments)]
pub struct AttachmentRow {
    pub district: AreaCode,
    pub id: String,
    pub task: Option<TaskId>,
    pub person: PersonId,
    pub media_type: MediaType,
    pub length: i64,
    pub received: i64,
    pub sha256: String,
    pub complete: bool,
    pub created_at: NaiveDateTime,
    pub fence: i64,
    pub upload: String,
    pub case_id: Option<CaseId>,
    pub document: Option<WordCode>,
}

impl AttachmentRow {
    /// The name of the folder of its parts and of its whole file.
    pub fn blob_name(&self) -> String {
        if self.upload.is_empty() {
            self.id.clone()
        } else {
            format!("{}-{}", self.id, self.upload)
        }
    }
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

/// The attachments of a task, by all or by one person, in the order of their announcement.
///
/// # Errors
/// [`DbError`].
pub fn of_task(
    conn: &mut Conn,
    district: AreaCode,
    task: TaskId,
    by: Option<PersonId>,
    limit: i64,
) -> Result<Vec<AttachmentRow>, DbError> {
    let mut query = attachments::table
        .filter(attachments::district.eq(district))
        .filter(attachments::task.eq(task))
        .into_boxed();
    if let Some(person) = by {
        query = query.filter(attachments::person.eq(person));
    }
    Ok(query.order((attachments::created_at, attachments::id)).limit(limit).load(conn)?)
}

/// The documents of a case, in the order of their announcement.
///
/// # Errors
/// [`DbError`].
pub fn of_case(
    conn: &mut Conn,
    district: AreaCode,
    case: CaseId,
    limit: i64,
) -> Result<Vec<AttachmentRow>, DbError> {
    Ok(attachments::table
        .filter(attachments::district.eq(district))
        .filter(attachments::case_id.is_not_null())
        .filter(attachments::case_id.eq(case))
        .order((attachments::created_at, attachments::id))
        .limit(limit)
        .load(conn)?)
}

/// Up to `limit` attachments of cases that were deleted.
///
/// # Errors
/// [`DbError`].
pub fn of_deleted_cases(
    conn: &mut Conn,
    district: AreaCode,
    limit: i64,
) -> Result<Vec<AttachmentRow>, DbError> {
    let case = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::id.nullable().eq(attachments::case_id));
    Ok(attachments::table
        .filter(attachments::district.eq(district))
        .filter(attachments::case_id.is_not_null())
        .filter(diesel::dsl::not(diesel::dsl::exists(case)))
        .order(attachments::id)
        .limit(limit)
        .select(attachments::all_columns)
        .load(conn)?)
}

/// Deletes the attachment, complete or not; returns whether it was there.
///
/// # Errors
/// [`DbError`].
pub fn delete(conn: &mut Conn, row: &AttachmentRow) -> Result<bool, DbError> {
    Ok(diesel::delete(attachments::table.find((row.district, &row.id))).execute(conn)? == 1)
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

/// Marks the attachment complete with the content that the request of `row` verified; returns whether
/// it was incomplete, and no newer request has begun.
///
/// # Errors
/// [`DbError`].
pub fn complete(conn: &mut Conn, row: &AttachmentRow) -> Result<bool, DbError> {
    let there = attachments::table
        .find((row.district, &row.id))
        .filter(attachments::complete.eq(false))
        .filter(attachments::upload.eq(&row.upload))
        .filter(attachments::sha256.eq(&row.sha256))
        .filter(attachments::fence.eq(row.fence));
    let completed = (attachments::complete.eq(true), attachments::received.eq(attachments::length));
    Ok(diesel::update(there).set(completed).execute(conn)? == 1)
}

/// Deletes an incomplete upload; returns whether it was still there and was not announced again
/// since it was read.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, row: &AttachmentRow) -> Result<bool, DbError> {
    let there = attachments::table
        .find((row.district, &row.id))
        .filter(attachments::complete.eq(false))
        .filter(attachments::upload.eq(&row.upload))
        .filter(attachments::created_at.eq(row.created_at));
    Ok(diesel::delete(there).execute(conn)? == 1)
}

#[cfg(test)]
mod tests {
    use diesel::{Connection as _, SqliteConnection};

    use super::*;
    use crate::attachment::expiration;
    use crate::clock;
    use crate::db::migrate::migrate;

    fn announced(conn: &mut Conn) -> AttachmentRow {
        let row = AttachmentRow {
            district: "500116".parse().expect("a code"),
            id: Uuid::now_v7().to_string(),
            task: Some(TaskId(Uuid::nil())),
            person: PersonId(Uuid::nil()),
            media_type: MediaType::Png,
            length: 5,
            received: 5,
            sha256: "0".repeat(64),
            complete: false,
            created_at: chrono::DateTime::UNIX_EPOCH.naive_utc(),
            fence: 1,
            upload: "a".to_owned(),
            case_id: None,
            document: None,
        };
        insert(conn, &row).expect("a row");
        row
    }

    fn database() -> Conn {
        let mut conn = Conn::Sqlite(SqliteConnection::establish(":memory:").expect("a database"));
        migrate(&mut conn).expect("tables");
        conn
    }

    #[test]
    fn an_upload_that_is_announced_again_is_not_deleted() {
        let mut conn = database();
        let read = announced(&mut conn);
        expiration::renew(&mut conn, &read, clock::system()).expect("renewed");
        assert!(!forget(&mut conn, &read).expect("a statement"));
        let again = row(&mut conn, read.district, read.id.parse().expect("an id"));
        assert!(forget(&mut conn, &again.expect("read").expect("a row")).expect("a statement"));
    }

    #[test]
    fn an_upload_is_completed_only_with_the_content_that_was_verified() {
        let mut conn = database();
        let verified = announced(&mut conn);
        let other = |change: fn(&mut AttachmentRow)| {
            let mut row = verified.clone();
            change(&mut row);
            row
        };
        for stale in [
            other(|row| row.fence = 0),
            other(|row| row.sha256 = "1".repeat(64)),
            other(|row| row.upload = "b".to_owned()),
        ] {
            assert!(!complete(&mut conn, &stale).expect("a statement"), "{stale:?}");
        }
        assert!(complete(&mut conn, &verified).expect("a statement"));
        assert!(!complete(&mut conn, &verified).expect("a statement"), "once");
    }
}
