//! Marks a notice as read by the caller, for the caller's own devices.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{NoticeId, PersonId};

use super::{Notice, store};
use crate::clock::china;
use crate::db::schema::notice_readers;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The action of the event. It concerns no device but the reader's.
pub const ACTION: &str = "notice.read";

crate::table_row! {
    /// A row of `notice_readers`.
    #[derive(Clone, Debug)]
    struct ReaderRow in notice_readers {
        district: AreaCode,
        key {
            person: PersonId,
            notice: NoticeId,
        }
        fixed {
            read_at: NaiveDateTime,
        }
    }
}

/// Adds when the person read each of the notices.
///
/// # Errors
/// [`DbError`].
pub(super) fn mark(
    conn: &mut Conn,
    (district, person): (AreaCode, PersonId),
    notices: &mut [Notice],
) -> Result<(), DbError> {
    if notices.is_empty() {
        return Ok(());
    }
    let ids: Vec<NoticeId> = notices.iter().map(|notice| notice.id).collect();
    let rows: Vec<ReaderRow> = notice_readers::table
        .filter(notice_readers::district.eq(district))
        .filter(notice_readers::person.eq(person))
        .filter(notice_readers::notice.eq_any(ids))
        .select(ReaderRow::as_select())
        .load(conn)?;
    for row in rows {
        if let Some(notice) = notices.iter_mut().find(|notice| notice.id == row.notice) {
            notice.read_at = Some(row.read_at.and_utc().with_timezone(&china()));
        }
    }
    Ok(())
}

/// Marks the notice as read; again it changes nothing. A notice that is past or withdrawn meanwhile
/// is marked too: a phone may have shown it before it knew.
///
/// # Errors
/// 404 if the notice does not reach the caller.
pub fn read(tx: &mut Tx<'_>, principal: &Principal, id: NoticeId) -> Result<(), Problem> {
    let (district, person) = (principal.district(), principal.person);
    let notice = store::one(tx.read_unbatched(), district, id)?;
    let notice = notice.filter(|notice| notice.reaches(principal));
    let mut notice = [notice.ok_or_else(Problem::not_found)?];
    mark(tx.read_unbatched(), (district, person), &mut notice)?;
    let [notice] = notice;
    if notice.read_at.is_some() {
        return Ok(());
    }
    let read_at = tx.now.naive_utc();
    let row = ReaderRow { district, person, notice: id, read_at };
    ReaderRow::insert_all(tx.write_unbatched(), &[&row])?;
    let event = Event::new(ACTION, Subject::Notice, id, principal.area, notice.version);
    tx.record(event.by(person).assignees(Some(person), Some(person)));
    Ok(())
}
