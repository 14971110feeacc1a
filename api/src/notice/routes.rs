//! The HTTP endpoints for notices.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use chrono::{Days, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::id::NoticeId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Notice, store};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::Clock;
use crate::clock::{self, china};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::tx::Db;
use crate::tx::Tx;

/// The longest period for which a notice is shown.
const LONGEST: Days = Days::new(366);

/// A notice to post.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "area": "500116001", "title": "高温预警", "text": "本周下午请勿安排上门走访。", "until": "2026-08-07"
}))]
pub struct NewNotice {
    /// The area to address: the caller's or one inside it.
    area: AreaCode,
    /// A short title.
    title: NoticeTitle,
    /// The full text, without any personal data of a beneficiary.
    text: NoticeText,
    /// The last day on which the notice is shown, within a year.
    until: NaiveDate,
}

/// The current notices.
#[derive(Serialize, ToSchema)]
pub struct Notices {
    /// The notices, newest first.
    #[schema(max_items = 200)]
    items: Vec<Notice>,
}

/// List notices
///
/// Lists the current notices for the caller's area. Allowed roles: all.
#[utoipa::path(
    tag = "notices",
    operation_id = "list_notices",
    responses((status = OK, description = "The notices", body = Notices), openapi::Read),
)]
#[get("/notices")]
pub(crate) async fn list_notices(
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
) -> Result<Json<Notices>, Problem> {
    let today = clock::day((clock)());
    let items = db.read(move |conn| store::for_area(conn, principal.area, today)).await?;
    Ok(Json(Notices { items }))
}

/// Post a notice
///
/// Announces something to all staff and volunteers of an area, on their phones too. Allowed
/// roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "notices",
    operation_id = "post_notice",
    request_body(content = NewNotice, description = "The notice"),
    responses((status = CREATED, description = "The notice", body = Notice), openapi::Write),
)]
#[post("/notices")]
pub(crate) async fn post_notice(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(body): Body<NewNotice>,
) -> Result<HttpResponse, Problem> {
    let posted =
        commands.run(principal, key, body, |new, tx, _, principal| post(tx, principal, new));
    Ok(posted.await?.answer(HttpResponse::Created()))
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

fn post(tx: &mut Tx<'_>, principal: &Principal, new: &NewNotice) -> Result<Notice, Problem> {
    principal.may(Action::PostNotice)?;
    let known = principal.area.contains(&new.area)
        && area::store::current(tx.read_unbatched(), &new.area)?.is_some();
    let today = clock::day(tx.now);
    let wrong = [
        ("/area", !known, NOT_YOURS),
        (
            "/until",
            new.until < today
                || today.checked_add_days(LONGEST).is_none_or(|last| new.until > last),
            "must be from today to one year from now",
        ),
    ];
    let errors = wrong.into_iter().filter(|(_, wrong, _)| *wrong);
    let mut errors = errors.map(|(pointer, _, detail)| FieldError::new(pointer, detail)).peekable();
    if errors.peek().is_some() {
        return Err(errors.fold(Problem::from(ProblemCode::Invalid), Problem::with));
    }
    let notice = Notice {
        id: NoticeId(Uuid::now_v7()),
        area: new.area,
        title: new.title.clone(),
        text: new.text.clone(),
        until: new.until,
        created_by: principal.person,
        created_at: tx.now.with_timezone(&china()),
        version: 1,
    };
    store::insert(tx.write_unbatched(), &notice)?;
    let event = Event::new("notice.post", Subject::Notice, notice.id, notice.area, 1);
    tx.record(event.by(principal.person));
    Ok(notice)
}
