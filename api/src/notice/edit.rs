//! Edits and withdraws a notice.

use chrono::NaiveDate;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::id::NoticeId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Audience, Notice, UNTIL, ends_in_time, store};
use crate::clock::{self, china};
use crate::http::IfMatch;
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The content of a notice; its area stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "高温预警", "text": "本周下午请勿安排上门走访。", "until": "2026-08-07", "audience": ["volunteer"]
}))]
pub struct NoticeContent {
    /// The roles to address; all if empty or absent.
    #[serde(default)]
    #[schema(value_type = Vec<crate::person::Role>, max_items = 5)]
    audience: Audience,
    /// A short title.
    title: NoticeTitle,
    /// The full text, without any personal data of a beneficiary.
    text: NoticeText,
    /// The last day on which the notice is shown, within a year.
    #[serde(deserialize_with = "crate::http::day::stored")]
    until: NaiveDate,
}

/// Replaces the content of the notice. Content that it has already changes nothing.
///
/// # Errors
/// 403; 404; 409 after it was withdrawn; 412 or 428 if the decision is not based on the current
/// version; 422.
pub fn change(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: NoticeId,
    content: &NoticeContent,
    base: &IfMatch,
) -> Result<Notice, Problem> {
    let notice = editable(tx, principal, id)?;
    let NoticeContent { audience, title, text, until } = content.clone();
    let next = Notice { audience, title, text, until, ..notice.clone() };
    if next == notice {
        return Ok(notice);
    }
    base.check(notice.version, &notice)?;
    if notice.withdrawn_at.is_some() {
        return Err(Problem::from(ProblemCode::NoticeWithdrawn).showing(&notice));
    }
    if !ends_in_time(until, clock::day(tx.now)) {
        return Err(Problem::invalid("/until", UNTIL));
    }
    write(tx, principal, "notice.change", Notice { version: notice.version + 1, ..next })
}

/// Withdraws the notice; it stays on the list of past ones. Withdrawing it again changes nothing.
///
/// # Errors
/// 403; 404; 412 or 428 if the decision is not based on the current version.
pub fn withdraw(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: NoticeId,
    base: &IfMatch,
) -> Result<Notice, Problem> {
    let notice = editable(tx, principal, id)?;
    if notice.withdrawn_at.is_some() {
        return Ok(notice);
    }
    base.check(notice.version, &notice)?;
    let withdrawn_at = Some(tx.now.with_timezone(&china()));
    let version = notice.version + 1;
    write(tx, principal, "notice.withdraw", Notice { withdrawn_at, version, ..notice })
}

/// The notice, if the principal may edit it.
fn editable(tx: &mut Tx<'_>, principal: &Principal, id: NoticeId) -> Result<Notice, Problem> {
    principal.may(Action::PostNotice)?;
    let notice = store::one(tx.read_unbatched(), principal.district(), id)?;
    let notice = notice.filter(|notice| notice.reaches(principal));
    let notice = notice.ok_or_else(Problem::not_found)?;
    if notice.is_editable_by(principal) { Ok(notice) } else { Err(ProblemCode::Forbidden.into()) }
}

fn write(
    tx: &mut Tx<'_>,
    principal: &Principal,
    action: &'static str,
    notice: Notice,
) -> Result<Notice, Problem> {
    store::update(tx.write_unbatched(), &notice)?;
    let event = Event::new(action, Subject::Notice, notice.id, notice.area, notice.version);
    tx.record(event.by(principal.person));
    Ok(notice)
}
