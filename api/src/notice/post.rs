//! Posts a notice.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::id::NoticeId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Audience, Notice, UNTIL, ends_in_time, store};
use crate::area;
use crate::clock::{self, china};
use crate::http::problem::{FieldError, Problem};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// A notice to post.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "area": "500116001", "title": "高温预警", "text": "本周下午请勿安排上门走访。", "until": "2026-08-07"
}))]
pub struct NewNotice {
    /// The area to address: the caller's or one inside it.
    area: AreaCode,
    /// The roles to address; all if empty or absent.
    #[serde(default, skip_serializing_if = "Audience::is_empty")]
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

impl Effect for NewNotice {
    type Made = Notice;

    fn action(&self) -> &'static str {
        "notice.post"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::PostNotice)?;
        if principal.area.contains(&self.area) {
            Ok(())
        } else {
            Err(Problem::invalid("/area", NOT_YOURS))
        }
    }
}

/// The requirement for the area of a notice.
const NOT_YOURS: &str = "must be in your area";

/// Posts the notice.
///
/// # Errors
/// 403; 422.
pub(super) fn post(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewNotice,
) -> Result<Notice, Problem> {
    principal.may(Action::PostNotice)?;
    let known = principal.area.contains(&new.area)
        && area::store::current(tx.read_unbatched(), &new.area)?.is_some();
    let today = clock::day(tx.now);
    let wrong = [("/area", !known, NOT_YOURS), ("/until", !ends_in_time(new.until, today), UNTIL)];
    let errors = wrong.into_iter().filter(|(_, wrong, _)| *wrong);
    Problem::refuse(errors.map(|(pointer, _, detail)| FieldError::new(pointer, detail)))?;
    let words = (new.title.clone(), new.text.clone(), new.until);
    write(tx, principal, (new.area, new.audience.clone()), words)
}

/// Posts a notice of the principal to the manager of a grid in the principal's area.
///
/// # Errors
/// [`Problem`] of the database.
pub fn to_manager(
    tx: &mut Tx<'_>,
    principal: &Principal,
    grid: AreaCode,
    words: (NoticeTitle, NoticeText, NaiveDate),
) -> Result<Notice, Problem> {
    write(tx, principal, (grid, Audience::from([Role::Manager])), words)
}

fn write(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (area, audience): (AreaCode, Audience),
    (title, text, until): (NoticeTitle, NoticeText, NaiveDate),
) -> Result<Notice, Problem> {
    let notice = Notice {
        id: NoticeId(Uuid::now_v7()),
        area,
        audience,
        title,
        text,
        until,
        created_by: principal.person,
        created_at: tx.now.with_timezone(&china()),
        withdrawn_at: None,
        read_at: None,
        version: 1,
    };
    store::insert(tx.write_unbatched(), &notice)?;
    let event = Event::new("notice.post", Subject::Notice, notice.id, notice.area, 1);
    tx.record(event.by(principal.person));
    Ok(notice)
}
