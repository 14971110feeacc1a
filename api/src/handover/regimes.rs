//! The regimes whose responsible person leaves or is suspended: they go on, and need another one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gridward_domain::authority::Action;
use gridward_domain::id::PersonId;
use serde_json::json;

use super::model::RegimeWithoutResponsible;
use super::situation::Decider;
use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store::NoticeSubject;
use crate::auth::notify::{self, Notification};
use crate::db::{Conn, DbError};
use crate::log::Event;
use crate::person;
use crate::person::store::PersonRow;
use crate::regime::store::{self, RegimeRow};

/// The active regimes of the person of `row`, as far as the decider reads them.
///
/// # Errors
/// [`DbError`].
pub(super) fn of(
    conn: &mut Conn,
    by: Decider,
    row: &PersonRow,
) -> Result<Vec<RegimeWithoutResponsible>, DbError> {
    if let Decider::Superior(principal) = by
        && principal.may(Action::ReadRegimes).is_err()
    {
        return Ok(Vec::new());
    }
    let all = store::of_responsible(conn, row.district, row.id)?.into_iter();
    let readable = all.filter(|regime| by.scope().contains(&regime.area));
    let shown =
        |RegimeRow { id, name, name_en, .. }| RegimeWithoutResponsible { id, name, name_en };
    Ok(readable.map(shown).collect())
}

/// Adds one notice for each of the nearest supervisors of these regimes, however many of them the person of `row` had;
/// answers the events, which the caller records.
///
/// # Errors
/// [`DbError`].
pub fn announce(
    conn: &mut Conn,
    row: &PersonRow,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, DbError> {
    let mut readers: BTreeMap<PersonId, Vec<RegimeRow>> = BTreeMap::new();
    for regime in store::of_responsible(conn, row.district, row.id)? {
        for reader in person::superiors::supervisors_of(conn, &regime.area)? {
            readers.entry(reader).or_default().push(regime.clone());
        }
    }
    let mut events = Vec::new();
    for (reader, regimes) in readers {
        let Some(first) = regimes.first() else { continue };
        let (zh, en) = match regimes.len() - 1 {
            0 => (first.name.as_str().to_owned(), first.name_en.as_str().to_owned()),
            more => (
                format!("{}等{}项", first.name.as_str(), more + 1),
                format!("{} and {more} more", first.name_en.as_str()),
            ),
        };
        let subject = NoticeSubject { task: None, about_zh: zh, about_en: en };
        let ids: Vec<_> = regimes.iter().map(|regime| regime.id).collect();
        let notification = Notification {
            kind: AccountNoticeKind::RegimeWithoutResponsible,
            subject,
            action: "person.regime_notice",
            actor: None,
            details: json!({ "regimes": ids }),
        };
        events.extend(notify::notified(conn, (row.district, now), reader, notification)?);
    }
    Ok(events)
}
