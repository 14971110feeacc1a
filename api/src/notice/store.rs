//! Queries for notices.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::id::{NoticeId, PersonId};

use super::Notice;
use crate::clock::china;
use crate::db::schema::notices;
use crate::db::{Conn, DbError};
use crate::in_range;

/// The maximum number of notices shown at a time.
const MOST: i64 = 200;

#[derive(Queryable, Insertable)]
#[diesel(table_name = notices)]
struct NoticeRow {
    district: AreaCode,
    id: NoticeId,
    area: AreaCode,
    title: NoticeTitle,
    text: NoticeText,
    until: NaiveDate,
    created_by: PersonId,
    created_at: NaiveDateTime,
    version: i64,
}

impl NoticeRow {
    fn notice(self) -> Notice {
        Notice {
            id: self.id,
            area: self.area,
            title: self.title,
            text: self.text,
            until: self.until,
            created_by: self.created_by,
            created_at: self.created_at.and_utc().with_timezone(&china()),
            version: self.version,
        }
    }
}

/// The current notices that concern `area`: posted for the area, an ancestor or a
/// descendant; newest first.
///
/// # Errors
/// [`DbError`].
pub fn for_area(conn: &mut Conn, area: AreaCode, today: NaiveDate) -> Result<Vec<Notice>, DbError> {
    let around = std::iter::successors(area.parent(), AreaCode::parent);
    let rows: Vec<NoticeRow> = notices::table
        .filter(notices::district.eq(area.district()))
        .filter(notices::until.ge(today))
        .filter(in_range!(notices::area, area.range()).or(notices::area.eq_any(around)))
        .order(notices::id.desc())
        .limit(MOST)
        .load(conn)?;
    Ok(rows.into_iter().map(NoticeRow::notice).collect())
}

/// The notice, if it is current.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    id: NoticeId,
    today: NaiveDate,
) -> Result<Option<Notice>, DbError> {
    let row: Option<NoticeRow> = notices::table
        .find((district, id))
        .filter(notices::until.ge(today))
        .first(conn)
        .optional()?;
    Ok(row.map(NoticeRow::notice))
}

/// Inserts a notice.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, notice: &Notice) -> Result<(), DbError> {
    let row = NoticeRow {
        district: notice.area.district(),
        id: notice.id,
        area: notice.area,
        title: notice.title.clone(),
        text: notice.text.clone(),
        until: notice.until,
        created_by: notice.created_by,
        created_at: notice.created_at.naive_utc(),
        version: notice.version,
    };
    diesel::insert_into(notices::table).values(&row).execute(conn)?;
    Ok(())
}
