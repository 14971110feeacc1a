//! The table of notices to one person about the own account.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::{NoticeId, PersonId, TaskId};
use uuid::Uuid;

use super::account_notice::AccountNoticeKind;
use crate::db::schema::account_notices;
use crate::db::{Conn, DbError};

/// How long an acknowledged notice is kept: longer than a phone that shows it is offline.
const KEPT: TimeDelta = TimeDelta::days(90);

/// What the column has for a notice that is about no device.
const NO_DEVICE: &str = "-";

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
            task: Option<TaskId>,
            about_zh: Option<String>,
            about_en: Option<String>,
        }
    }
}

/// What a notice of a follow-up or of a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeSubject {
    /// The follow-up, or the task of the proposal.
    pub task: Option<TaskId>,
    /// The label of what was found or proposed, in Chinese.
    pub about_zh: String,
    /// The label in English.
    pub about_en: String,
}

/// Adds a notice, about a device or none, and deletes those that the person acknowledged long ago.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    whose: (AreaCode, PersonId),
    kind: AccountNoticeKind,
    device: Option<DeviceName>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    insert(conn, whose, (kind, device, None), now)
}

/// Adds a notice about a follow-up or a proposal, as [`add`].
///
/// # Errors
/// [`DbError`].
pub fn add_about(
    conn: &mut Conn,
    whose: (AreaCode, PersonId),
    kind: AccountNoticeKind,
    subject: NoticeSubject,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    insert(conn, whose, (kind, None, Some(subject)), now)
}

/// Whether the person had a notice that the follow-up is done.
///
/// # Errors
/// [`DbError`].
pub fn is_about(
    conn: &mut Conn,
    (district, person): (AreaCode, PersonId),
    task: TaskId,
) -> Result<bool, DbError> {
    let one: Option<NoticeId> = account_notices::table
        .filter(account_notices::district.eq(district))
        .filter(account_notices::person.eq(person))
        .filter(account_notices::task.eq(task))
        .filter(account_notices::kind.eq(AccountNoticeKind::FollowUpDone))
        .select(account_notices::id)
        .first(conn)
        .optional()?;
    Ok(one.is_some())
}

fn insert(
    conn: &mut Conn,
    (district, person): (AreaCode, PersonId),
    (kind, device, subject): (AccountNoticeKind, Option<DeviceName>, Option<NoticeSubject>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let old = account_notices::table
        .filter(account_notices::district.eq(district))
        .filter(account_notices::person.eq(person))
        .filter(account_notices::acknowledged_at.lt((now - KEPT).naive_utc()));
    diesel::delete(old).execute(conn)?;
    let none = || NO_DEVICE.parse().map_err(|error| DbError::corrupt("account_notices", error));
    let row = AccountNoticeRow {
        district,
        person,
        id: NoticeId(Uuid::now_v7()),
        kind,
        device: device.map_or_else(none, Ok)?,
        created_at: now.naive_utc(),
        acknowledged_at: None,
        task: subject.as_ref().and_then(|subject| subject.task),
        about_zh: subject.as_ref().map(|subject| subject.about_zh.clone()),
        about_en: subject.map(|subject| subject.about_en),
    };
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
