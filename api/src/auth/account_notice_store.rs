//! The table of notices to one person about the own account.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::{NoticeId, PersonId};
use uuid::Uuid;

use super::account_notice::AccountNoticeKind;
use crate::db::schema::account_notices;
use crate::db::{Conn, DbError};

/// How long an acknowledged notice is kept: longer than a phone that shows it is offline.
const KEPT: TimeDelta = TimeDelta::days(90);

crate::table_row! {
    /// A row of `account_notices`.
    #[derive(Clone, Debug)]
    pub struct AccountNoticeRow in account_notices {
        district: AreaCode,
        key {
            person: PersonId,
            id: NoticeId,
        }
        fixed {
            kind: AccountNoticeKind,
            device: DeviceName,
            created_at: NaiveDateTime,
            acknowledged_at: Option<NaiveDateTime>,
        }
    }
}

/// Adds a notice, and deletes those that the person acknowledged long ago.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    (district, person): (AreaCode, PersonId),
    kind: AccountNoticeKind,
    device: DeviceName,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let old = account_notices::table
        .filter(account_notices::district.eq(district))
        .filter(account_notices::person.eq(person))
        .filter(account_notices::acknowledged_at.lt((now - KEPT).naive_utc()));
    diesel::delete(old).execute(conn)?;
    let (id, created_at) = (NoticeId(Uuid::now_v7()), now.naive_utc());
    let row =
        AccountNoticeRow { district, person, id, kind, device, created_at, acknowledged_at: None };
    diesel::insert_into(account_notices::table).values(row).execute(conn)?;
    Ok(())
}

/// The notices of a person, newest first, the acknowledged ones too.
///
/// # Errors
/// [`DbError`].
pub fn of_person(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<Vec<AccountNoticeRow>, DbError> {
    Ok(account_notices::table
        .filter(account_notices::district.eq(district))
        .filter(account_notices::person.eq(person))
        .order(account_notices::id.desc())
        .select(AccountNoticeRow::as_select())
        .load(conn)?)
}

/// Acknowledges a notice; returns whether it was not acknowledged before, and `None` if the person
/// has no such notice.
///
/// # Errors
/// [`DbError`].
pub fn acknowledge(
    conn: &mut Conn,
    (district, person): (AreaCode, PersonId),
    id: NoticeId,
    now: DateTime<Utc>,
) -> Result<Option<bool>, DbError> {
    let row = account_notices::table.find((district, person, id));
    let acknowledged: Option<Option<NaiveDateTime>> =
        row.select(account_notices::acknowledged_at).first(conn).optional()?;
    let Some(before) = acknowledged else { return Ok(None) };
    if before.is_none() {
        let now = Some(now.naive_utc());
        diesel::update(row).set(account_notices::acknowledged_at.eq(now)).execute(conn)?;
    }
    Ok(Some(before.is_none()))
}
