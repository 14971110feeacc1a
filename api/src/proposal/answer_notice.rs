//! Tells the author of a proposal how it was decided.

use gridward_domain::id::PersonId;
use serde_json::json;

use super::model::Sealed;
use super::store::ProposalRow;
use super::{ProposalState, ProposalSubject};
use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store::NoticeSubject;
use crate::auth::notify::{self, Notification};
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};

/// Adds a notice for the author of the decided proposal, unless that person has left.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) fn notify(
    tx: &mut Tx<'_>,
    row: &ProposalRow,
    content: &Sealed,
    by: PersonId,
) -> Result<(), Problem> {
    let kind = match row.state {
        ProposalState::Accepted => AccountNoticeKind::ProposalAccepted,
        _ => AccountNoticeKind::ProposalRefused,
    };
    let (about_zh, about_en) = label(tx, row, content)?;
    let task = row.created_task.or(row.task);
    let subject = NoticeSubject { task, about_zh, about_en };
    let notification = Notification {
        kind,
        subject,
        action: "person.proposal_answered",
        actor: Some(by),
        details: json!({ "proposal": row.id }),
    };
    Ok(notify::notify(tx, row.proposed_by, notification)?)
}

/// What was proposed, in Chinese and in English.
fn label(
    tx: &mut Tx<'_>,
    row: &ProposalRow,
    content: &Sealed,
) -> Result<(String, String), DbError> {
    match (row.subject, row.day, &content.need) {
        (ProposalSubject::Day, Some(day), _) => {
            let time = row.start.map(|start| format!(" {start}")).unwrap_or_default();
            let zh = format!("改到{}{time}走访", day.format("%-m月%-d日"));
            Ok((zh, format!("visit on {}{time}", day.format("%-d %B"))))
        }
        (_, _, Some(need)) => {
            let needs = tx.read_unbatched();
            let needs = vocabulary::store::one(needs, row.district, VocabularyName::Needs)?;
            Ok(needs.word(need.as_str()).map_or_else(
                || (need.to_string(), need.to_string()),
                |word| (word.label_zh.clone().into(), word.label_en.clone().into()),
            ))
        }
        _ => Ok((String::new(), String::new())),
    }
}
