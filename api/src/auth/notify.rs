//! Adds a notice to one person with its event, by which the person's devices follow.

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use serde_json::Value;

use super::account_notice::AccountNoticeKind;
use super::account_notice_store::{self, NoticeSubject};
use super::{access_events, store};
use crate::db::{Conn, DbError};
use crate::log::Event;
use crate::tx::Tx;

/// A notice to be added, with its event.
pub struct Notification {
    /// Its kind.
    pub kind: AccountNoticeKind,
    /// What it is about.
    pub subject: NoticeSubject,
    /// The action of the event.
    pub action: &'static str,
    /// The actor; `None` for the system.
    pub actor: Option<PersonId>,
    /// The details of the event.
    pub details: Value,
}

/// Adds a notice for the person, with its event, unless that person has left.
///
/// # Errors
/// [`DbError`].
pub fn notify(
    tx: &mut Tx<'_>,
    reader: PersonId,
    notification: Notification,
) -> Result<(), DbError> {
    let (district, now) = (tx.district, tx.now);
    if let Some(event) = notified(tx.write_unbatched(), (district, now), reader, notification)? {
        tx.record(event);
    }
    Ok(())
}

/// Adds a notice as [`notify`] does; answers its event, which the caller records.
///
/// # Errors
/// [`DbError`].
pub fn notified(
    conn: &mut Conn,
    (district, now): (AreaCode, DateTime<Utc>),
    reader: PersonId,
    Notification { kind, subject, action, actor, details }: Notification,
) -> Result<Option<Event>, DbError> {
    if !insert(conn, (district, now), reader, (kind, subject))? {
        return Ok(None);
    }
    access_events::event(conn, (district, reader), action, actor, details)
}

/// Adds a notice for the person, unless that person has left; answers whether it did. The caller records the
/// event.
///
/// # Errors
/// [`DbError`].
pub fn add(
    tx: &mut Tx<'_>,
    reader: PersonId,
    kind: AccountNoticeKind,
    subject: NoticeSubject,
) -> Result<bool, DbError> {
    let (district, now) = (tx.district, tx.now);
    insert(tx.write_unbatched(), (district, now), reader, (kind, subject))
}

fn insert(
    conn: &mut Conn,
    (district, now): (AreaCode, DateTime<Utc>),
    reader: PersonId,
    (kind, subject): (AccountNoticeKind, NoticeSubject),
) -> Result<bool, DbError> {
    let account = store::account_status(conn, district, reader, None)?;
    if account.is_none_or(|account| account.state == PersonState::Left) {
        return Ok(false);
    }
    account_notice_store::add_about(conn, (district, reader), kind, subject, now)?;
    Ok(true)
}
