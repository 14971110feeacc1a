//! Answers feedback; its sender gets a notice, unless anonymous.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::FeedbackId;
use serde_json::json;

use super::model::{Feedback, FeedbackAnswer, Sealed};
use super::store::{self, FeedbackRow};
use crate::auth::access_events::record;
use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store;
use crate::crypto::SealingKey;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Writes the answer. The same answer again changes nothing.
///
/// # Errors
/// 403; 404; 412 or 428 if the decision is not based on the current version.
pub fn answer(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    id: FeedbackId,
    new: &FeedbackAnswer,
    base: &IfMatch,
) -> Result<Feedback, Problem> {
    principal.may(Action::AnswerFeedback)?;
    let (district, now) = (tx.district, tx.now);
    let row = store::one(tx.read_unbatched(), district, id)?.ok_or_else(Problem::not_found)?;
    let content = row.opened(key)?;
    let current = row.feedback(key)?;
    if content.answer.as_ref() == Some(&new.answer) {
        return Ok(current);
    }
    base.check(row.version, &current)?;
    let content = Sealed { answer: Some(new.answer.clone()), ..content };
    let next = FeedbackRow {
        answered_by: Some(principal.person),
        answered_at: Some(now.naive_utc()),
        sealed: store::sealed(key, district, id, &content)?,
        version: row.version + 1,
        ..row
    };
    store::answer(tx.write_unbatched(), &next)?;
    let event =
        Event::new("district.feedback_answer", Subject::District, district, district, next.version);
    tx.record(event.by(principal.person).with(json!({ "feedback": id })));
    if let Some(person) = next.person {
        let kind = AccountNoticeKind::FeedbackAnswered;
        let whose = (district, person);
        account_notice_store::add(tx.write_unbatched(), whose, kind, None, now)?;
        let details = json!({ "feedback": id });
        record(tx, "person.feedback_answered", person, principal.person, details)?;
    }
    Ok(next.feedback(key)?)
}
