//! Adds a notice to one person with its event, by which the person's devices follow.

use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use serde_json::Value;

use super::access_events::record;
use super::account_notice::AccountNoticeKind;
use super::account_notice_store::{self, NoticeSubject};
use super::store;
use crate::db::DbError;
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
    Notification { kind, subject, action, actor, details }: Notification,
) -> Result<(), DbError> {
    if add(tx, reader, kind, subject)? {
        record(tx, action, reader, actor, details)?;
    }
    Ok(())
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
    let account = store::account_status(tx.read_unbatched(), district, reader, None)?;
    if account.is_none_or(|account| account.state == PersonState::Left) {
        return Ok(false);
    }
    account_notice_store::add_about(tx.write_unbatched(), (district, reader), kind, subject, now)?;
    Ok(true)
}
