//! Tells those concerned about a secondment: the manager of the volunteer's grid of a request, the
//! volunteer and the author of an answer or an end.

use std::collections::BTreeSet;

use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::secondment::SecondmentState;
use serde_json::json;

use super::store::SecondmentRow;
use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store::NoticeSubject;
use crate::auth::notify::{self, Notification};
use crate::db::DbError;
use crate::tx::Tx;
use crate::{area, person};

/// Adds a notice for the manager of the volunteer's grid.
///
/// # Errors
/// [`DbError`].
pub(super) fn requested(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &SecondmentRow,
) -> Result<(), DbError> {
    let manager = person::superiors::manager(tx.read_unbatched(), &row.home.range())?;
    let manager = manager.into_iter().map(|manager| manager.id).collect();
    notify(tx, principal, row, (AccountNoticeKind::SecondmentRequested, manager))
}

/// Adds notices for the author, and for the volunteer but for a request that came to nothing.
///
/// # Errors
/// [`DbError`].
pub(super) fn decided(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &SecondmentRow,
) -> Result<(), DbError> {
    let kind = match row.state {
        SecondmentState::Agreed => AccountNoticeKind::SecondmentAgreed,
        _ => AccountNoticeKind::SecondmentEnded,
    };
    let readers = BTreeSet::from([row.person, row.requested_by]);
    notify(tx, principal, row, (kind, readers))
}

fn notify(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &SecondmentRow,
    (kind, readers): (AccountNoticeKind, BTreeSet<PersonId>),
) -> Result<(), DbError> {
    let name = area::store::name_or_code(tx.read_unbatched(), &row.area)?;
    for reader in readers.into_iter().filter(|reader| *reader != principal.person) {
        let (first, last) = (row.first_day, row.last_day);
        let day = |format| (first.format(format).to_string(), last.format(format).to_string());
        let ((zh_first, zh_last), (en_first, en_last)) = (day("%-m月%-d日"), day("%-d %B"));
        let subject = NoticeSubject {
            task: None,
            about_zh: format!("{name}，{zh_first}至{zh_last}"),
            about_en: format!("{name}, {en_first} to {en_last}"),
        };
        let notification = Notification {
            kind,
            subject,
            action: "person.secondment",
            actor: Some(principal.person),
            details: json!({ "secondment": row.id }),
        };
        notify::notify(tx, reader, notification)?;
    }
    Ok(())
}
