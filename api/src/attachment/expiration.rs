//! The tus extension Expiration: an incomplete upload does not occupy the limit permanently.
//!
//! A person has at most [`MOST`] attachments for a task or a case. At the limit, a new upload replaces
//! the oldest incomplete one; completed ones are evidence and stay. An upload that is
//! incomplete after [`LIFETIME`] expires, and a job deletes it.

use std::time::SystemTime;

use actix_web::http::header::HttpDate;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;

use super::model::MOST;
use super::owner::Owner;
use super::store::AttachmentRow;
use crate::db::schema::attachments;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};

/// The lifetime of an incomplete upload since its last announcement.
pub const LIFETIME: TimeDelta = TimeDelta::days(7);

/// When the upload expires; `None` if it is complete.
pub fn expires_at(row: &AttachmentRow) -> Option<DateTime<Utc>> {
    (!row.complete).then(|| row.created_at.and_utc() + LIFETIME)
}

/// Whether the upload has expired.
pub fn is_expired(row: &AttachmentRow, now: DateTime<Utc>) -> bool {
    expires_at(row).is_some_and(|end| end <= now)
}

/// The header `Upload-Expires`; `None` if the upload is complete.
pub fn header(row: &AttachmentRow) -> Option<(&'static str, String)> {
    let end = expires_at(row)?;
    Some(("Upload-Expires", HttpDate::from(SystemTime::from(end)).to_string()))
}

/// The upload that must be deleted before `new` can be announced; `None` below the limit.
///
/// # Errors
/// 422 if all are complete.
pub fn eviction_candidate(
    conn: &mut Conn,
    new: &AttachmentRow,
) -> Result<Option<AttachmentRow>, Problem> {
    let mut beside = attachments::table
        .filter(attachments::district.eq(new.district))
        .filter(attachments::person.eq(new.person))
        .into_boxed();
    beside = match new.owner()? {
        Owner::Task(task) => beside.filter(attachments::task.eq(task)),
        Owner::Case(case) => {
            beside.filter(attachments::case_id.is_not_null()).filter(attachments::case_id.eq(case))
        }
    };
    let order = (attachments::created_at, attachments::id);
    let mut all: Vec<AttachmentRow> = beside.order(order).limit(MOST).load(conn)?;
    if i64::try_from(all.len()).is_ok_and(|count| count < MOST) {
        return Ok(None);
    }
    let oldest = all.iter().position(|row| !row.complete);
    oldest.map(|oldest| Some(all.swap_remove(oldest))).ok_or_else(|| {
        let error = FieldError::new(
            "Upload-Metadata",
            format!("at most {MOST} attachments per task or case"),
        );
        Problem::from(ProblemCode::Invalid).with(error)
    })
}

/// Up to `most` expired uploads of the district.
///
/// # Errors
/// [`DbError`].
pub fn expired(
    conn: &mut Conn,
    district: AreaCode,
    now: DateTime<Utc>,
    most: i64,
) -> Result<Vec<AttachmentRow>, DbError> {
    let unfinished = attachments::table
        .filter(attachments::district.eq(district))
        .filter(attachments::complete.eq(false))
        .filter(attachments::created_at.le((now - LIFETIME).naive_utc()));
    Ok(unfinished.order(attachments::id).limit(most).load(conn)?)
}

/// Restarts the lifetime of an upload that is announced again.
///
/// # Errors
/// [`DbError`].
pub fn renew(conn: &mut Conn, row: &AttachmentRow, now: DateTime<Utc>) -> Result<(), DbError> {
    let there = attachments::table.find((&row.district, &row.id));
    let unfinished = there.filter(attachments::complete.eq(false));
    diesel::update(unfinished).set(attachments::created_at.eq(now.naive_utc())).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::{PersonId, TaskId};
    use uuid::Uuid;

    use super::*;
    use crate::attachment::model::MediaType;

    #[test]
    fn only_incomplete_uploads_expire() {
        let announced: DateTime<Utc> = "2026-08-01T09:00:00Z".parse().expect("a time");
        let mut row = AttachmentRow {
            district: "500116".parse().expect("a code"),
            id: "a".to_owned(),
            task: Some(TaskId(Uuid::nil())),
            person: PersonId(Uuid::nil()),
            media_type: MediaType::Png,
            length: 5,
            received: 3,
            sha256: "0".repeat(64),
            complete: false,
            created_at: announced.naive_utc(),
            fence: 1,
            upload: String::new(),
            case_id: None,
            document: None,
        };
        let last = announced + LIFETIME;
        assert!(is_expired(&row, last) && !is_expired(&row, last - TimeDelta::seconds(1)));
        assert_eq!(
            header(&row),
            Some(("Upload-Expires", "Sat, 08 Aug 2026 09:00:00 GMT".to_owned()))
        );
        row.complete = true;
        assert!(!is_expired(&row, last) && header(&row).is_none());
    }
}
