//! Tells the person whose report found a matter, or who raised it, that its case is closed.

use gridward_domain::authority::Principal;
use gridward_domain::person_state::PersonState;
use serde_json::json;

use crate::auth;
use crate::auth::access_events::record;
use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store::{self, NoticeSubject};
use crate::case::store::CaseRow;
use crate::case::{CaseKind, CaseSource};
use crate::http::problem::Problem;
use crate::tx::Tx;

/// Adds a notice for the finder of the closed case, unless that person closed it or has left. It names
/// the kind, unless that is confidential, and not the result.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) fn notify(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (kind, is_confidential): (&CaseKind, bool),
    row: &CaseRow,
) -> Result<(), Problem> {
    let (district, finder, now) = (row.district, row.opened_by, tx.now);
    let is_found = matches!(row.source, CaseSource::Report | CaseSource::Proposal);
    if row.result.is_none() || !is_found || finder == principal.person {
        return Ok(());
    }
    let account = auth::store::account_status(tx.read_unbatched(), district, finder, None)?;
    if account.is_none_or(|account| account.state == PersonState::Left) {
        return Ok(());
    }
    let (about_zh, about_en) = if is_confidential {
        ("保密事项".to_owned(), "a confidential one".to_owned())
    } else {
        (kind.name.clone().into(), kind.name_en.clone().into())
    };
    let subject = NoticeSubject { task: None, about_zh, about_en };
    let about = AccountNoticeKind::CaseClosed;
    account_notice_store::add_about(tx.write_unbatched(), (district, finder), about, subject, now)?;
    record(tx, "person.case_closed", finder, principal.person, json!({ "case": row.id }))?;
    Ok(())
}
