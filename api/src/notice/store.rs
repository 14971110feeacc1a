//! Notices in the database.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;

use super::Notice;
use crate::clock::china;
use crate::db::schema::notices;
use crate::db::{Conn, DbError, parsed};
use crate::in_range;

const TABLE: &str = "notices";
/// The most notices that are shown at a time.
const MOST: i64 = 200;

#[derive(Queryable, Insertable)]
#[diesel(table_name = notices)]
struct NoticeRow {
    district: String,
    id: String,
    area: String,
    title: String,
    text: String,
    until: NaiveDate,
    created_by: String,
    created_at: NaiveDateTime,
    version: i64,
}

impl NoticeRow {
    fn notice(self) -> Result<Notice, DbError> {
        Ok(Notice {
            id: parsed(TABLE, &self.id)?,
            area: parsed(TABLE, &self.area)?,
            title: self.title,
            text: self.text,
            until: self.until,
            created_by: parsed(TABLE, &self.created_by)?,
            created_at: self.created_at.and_utc().with_timezone(&china()),
            version: self.version,
        })
    }
}

/// The notices of today that reach `area`: told in an area around it, in it, or
/// in one below; the newest first.
///
/// # Errors
/// [`DbError`].
pub fn for_area(conn: &mut Conn, area: AreaCode, today: NaiveDate) -> Result<Vec<Notice>, DbError> {
    let around: Vec<String> =
        std::iter::successors(area.parent(), AreaCode::parent).map(String::from).collect();
    let rows: Vec<NoticeRow> = notices::table
        .filter(notices::district.eq(area.district().to_string()))
        .filter(notices::until.ge(today))
        .filter(in_range!(notices::area, area.range()).or(notices::area.eq_any(around)))
        .order(notices::id.desc())
        .limit(MOST)
        .load(conn)?;
    rows.into_iter().map(NoticeRow::notice).collect()
}

/// The notice, if it is still shown today.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: &str,
    id: &str,
    today: NaiveDate,
) -> Result<Option<Notice>, DbError> {
    let row: Option<NoticeRow> = notices::table
        .find((district, id))
        .filter(notices::until.ge(today))
        .first(conn)
        .optional()?;
    row.map(NoticeRow::notice).transpose()
}

/// Writes a notice.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, notice: &Notice) -> Result<(), DbError> {
    let row = NoticeRow {
        district: notice.area.district().to_string(),
        id: notice.id.to_string(),
        area: notice.area.to_string(),
        title: notice.title.clone(),
        text: notice.text.clone(),
        until: notice.until,
        created_by: notice.created_by.to_string(),
        created_at: notice.created_at.naive_utc(),
        version: notice.version,
    };
    diesel::insert_into(notices::table).values(&row).execute(conn)?;
    Ok(())
}
