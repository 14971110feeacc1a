//! Tells those whose reports found a matter, or who raised it, that its case is closed.

use std::collections::BTreeSet;

use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use serde_json::json;

use crate::auth::access_events;
use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store::NoticeSubject;
use crate::auth::notify;
use crate::case::row::CaseRow;
use crate::case::{CaseKind, CaseSource, entry_store};
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::log::Event;
use crate::task::reports::report_row::{self, ReportRow};
use crate::tx::Tx;

/// Adds a notice for each finder of the closed case, unless that person closed it or has left. It names
/// the kind and the step at which it ended, unless the kind is confidential.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) fn notify(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (kind, is_confidential): (&CaseKind, bool),
    row: &CaseRow,
) -> Result<(), Problem> {
    if row.result.is_none() {
        return Ok(());
    }
    for finder in finders(tx, row)?.into_iter().filter(|finder| *finder != principal.person) {
        let subject = subject(kind, is_confidential, row);
        if notify::add(tx, finder, AccountNoticeKind::CaseClosed, subject)? {
            record(tx, principal, (row, is_confidential), finder)?;
        }
    }
    Ok(())
}

/// Records the notice. The event of a confidential case does not name it, and has the area of the district: that
/// of the finder could be that of its beneficiary.
fn record(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (row, is_confidential): (&CaseRow, bool),
    finder: PersonId,
) -> Result<(), DbError> {
    let details = if is_confidential { json!({}) } else { json!({ "case": row.id }) };
    let event = access_events::event(
        tx.read_unbatched(),
        (row.district, finder),
        "person.case_closed",
        principal.person,
        details,
    )?;
    if let Some(event) = event {
        let area = if is_confidential { row.district } else { event.area };
        tx.record(Event { area, ..event });
    }
    Ok(())
}

/// Who found the matter: the author of the report that it names, also if another person opened it, who
/// raised it, and those who found it again.
fn finders(tx: &mut Tx<'_>, row: &CaseRow) -> Result<BTreeSet<PersonId>, DbError> {
    let is_found = matches!(row.source, CaseSource::Report | CaseSource::Proposal);
    let mut finders: BTreeSet<PersonId> = is_found.then_some(row.opened_by).into_iter().collect();
    if let Some(report) = row.report {
        let report = tx.find::<ReportRow>(report_row::key(report.0))?;
        finders.extend(report.map(|report| report.person));
    }
    finders.extend(entry_store::finders(tx.read_unbatched(), row.district, row.id)?);
    Ok(finders)
}

fn subject(kind: &CaseKind, is_confidential: bool, row: &CaseRow) -> NoticeSubject {
    if is_confidential {
        let (about_zh, about_en) = ("保密事项".to_owned(), "a confidential one".to_owned());
        return NoticeSubject { task: None, about_zh, about_en };
    }
    let (zh, en) = (kind.name.as_str(), kind.name_en.as_str());
    let (about_zh, about_en) = match kind.step(&row.step) {
        Some(end) => {
            (format!("{zh}（{}）", end.name.as_str()), format!("{en} ({})", end.name_en.as_str()))
        }
        None => (zh.to_owned(), en.to_owned()),
    };
    NoticeSubject { task: None, about_zh, about_en }
}
