//! Tells the person who reported or raised a need that its follow-up is done.

use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::ReportId;
use gridward_domain::person_state::PersonState;
use serde_json::json;

use super::report_authors::Authors;
use super::report_content::ReportContent;
use super::report_row::ReportRow;
use super::report_sealed::Sealed;
use crate::auth;
use crate::auth::access_events::record;
use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store::{self, NoticeSubject};
use crate::catalogue::{self, ServiceKind};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::task::creation::task_origin::{TaskOrigin, TaskOriginType};
use crate::task::row::TaskRow;
use crate::task::store;
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};

/// The most labels of a notice, so that its title stays short.
const MOST_LABELS: usize = 3;

/// Adds a notice for the finder of the need that the done task follows from, once for each task. A
/// finder who did the follow-up or has left gets none.
///
/// # Errors
/// [`Problem`] of the database.
pub(in crate::task) fn notify(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    authors: &Authors,
    task: &TaskRow,
) -> Result<(), Problem> {
    let Some(origin) = TaskOrigin::of(task.origin, task.origin_id, task.origin_person) else {
        return Ok(());
    };
    let finder = origin.person_id;
    if [authors.visitor.person, authors.writer].contains(&finder) {
        return Ok(());
    }
    let (district, now) = (task.district, tx.now);
    let account = auth::store::account_status(tx.read_unbatched(), district, finder, None)?;
    let whose = (district, finder);
    if account.is_none_or(|account| account.state == PersonState::Left)
        || account_notice_store::is_about(tx.read_unbatched(), whose, task.id)?
    {
        return Ok(());
    }
    let (subject, about) = match origin.r#type {
        TaskOriginType::Report => {
            let report = ReportId(origin.id.0);
            (subject(tx, key, task, report)?, json!({ "report": report }))
        }
        // The need of a proposal is in the own list of its author: the notice names the kind.
        // The finder of a case has a notice when it is closed.
        TaskOriginType::Case => return Ok(()),
        TaskOriginType::Proposal => (of_kind(tx, task)?, json!({ "proposal": origin.id })),
    };
    let Some(subject) = subject else { return Ok(()) };
    let kind = AccountNoticeKind::FollowUpDone;
    account_notice_store::add_about(tx.write_unbatched(), whose, kind, subject, now)?;
    record(tx, "person.follow_up_done", finder, authors.writer, about)?;
    Ok(())
}

/// What the notice is about: the needs of the report that the task follows from, or if it follows
/// from an answer its kind.
fn subject(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    task: &TaskRow,
    report: ReportId,
) -> Result<Option<NoticeSubject>, DbError> {
    let district = task.district;
    let Some(row) = tx.find::<ReportRow>(report)? else { return Ok(None) };
    let content = Sealed::of(key, &row)?.content;
    let Some(first) = store::row(tx.read()?, district, row.task)? else { return Ok(None) };
    let conn = tx.read_unbatched();
    let kind = catalogue::store::at(conn, district, &first.kind, first.kind_version)?;
    let codes = kind.map(|kind| needs(&kind, &content, &task.kind)).unwrap_or_default();
    let known = vocabulary::store::one(conn, district, VocabularyName::Needs)?;
    let words = codes.iter().filter_map(|code| known.word(code));
    let words: Vec<_> = words.take(MOST_LABELS).collect();
    if !words.is_empty() {
        let zh: Vec<&str> = words.iter().map(|word| word.label_zh.as_str()).collect();
        let en: Vec<&str> = words.iter().map(|word| word.label_en.as_str()).collect();
        let (about_zh, about_en) = (zh.join("、"), en.join(", "));
        return Ok(Some(NoticeSubject { task: Some(task.id), about_zh, about_en }));
    }
    of_kind(tx, task)
}

/// The kind of the follow-up as what the notice is about.
fn of_kind(tx: &mut Tx<'_>, task: &TaskRow) -> Result<Option<NoticeSubject>, DbError> {
    let conn = tx.read_unbatched();
    let kind = catalogue::store::at(conn, task.district, &task.kind, task.kind_version)?;
    Ok(kind.map(|kind| NoticeSubject {
        task: Some(task.id),
        about_zh: kind.name.into(),
        about_en: kind.name_en.into(),
    }))
}

/// The needs of the content from which a follow-up of the kind `wanted` follows.
fn needs(kind: &ServiceKind, content: &ReportContent, wanted: &KindCode) -> Vec<String> {
    let follows = |need: &&Need| kind.follow_ups.get(need) == Some(wanted);
    content.needs.iter().filter(follows).map(ToString::to_string).collect()
}
