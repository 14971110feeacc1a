//! The HTTP endpoints for feedback.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Path};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, get, post, put};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::FeedbackId;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer;
use super::model::{Feedback, FeedbackAnswer, FeedbackReceipt, NewFeedback};
use super::send::Mailbox;
use super::store::{self, Filter};
use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::openapi;
use crate::http::page::{self, NoFilter, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::idempotency::IdempotencyKey;
use crate::limits::Prefix;
use crate::log::{Event, Subject};
use crate::tx::Db;

/// The sender, if the request has an access token; an invalid one is refused, since its sender
/// expects an answer.
async fn sender(request: &HttpRequest) -> Result<Option<Principal>, Problem> {
    if !request.headers().contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let Authenticated(principal) = Authenticated::from_request(request, &mut Payload::None).await?;
    Ok(Some(principal))
}

/// Send feedback
///
/// Praise, a complaint or a suggestion to the administrators of a district. With an access token
/// the sender is known and gets the answer (`GET /v1/me/feedback`), unless `anonymous` is set: then
/// neither the feedback nor the log names the sender. Ten for each sender in a day, and without
/// tokens 500 for each district (429). A repetition with the same `Idempotency-Key` is stored once and
/// gets the same confirmation. No authentication required.
#[utoipa::path(
    tag = "feedback",
    operation_id = "send_feedback",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64,
        description = "1 to 64 visible ASCII characters, preferably a UUIDv7",
    )),
    request_body(content = NewFeedback, description = "The feedback"),
    responses(
        (status = CREATED, description = "It arrived", body = FeedbackReceipt),
        openapi::SignIn,
    ),
    security((), ("bearer" = []), ("dpop" = [])),
)]
#[post("/feedback")]
pub(crate) async fn send_feedback(
    request: HttpRequest,
    mailbox: Data<Mailbox>,
    from: Prefix,
    IdempotencyKey(key): IdempotencyKey,
    Body(new): Body<NewFeedback>,
) -> Result<HttpResponse, Problem> {
    let principal = sender(&request).await?;
    let receipt = mailbox.send(principal, from, (new, key)).await?;
    Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(receipt))
}

/// Filter and page of feedback.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedbackQuery {
    /// Only answered feedback, or only other.
    answered: Option<bool>,
}

/// List feedback
///
/// Lists the feedback to the district with the answers, newest first. The log records that it was
/// read. Allowed roles: admins.
#[utoipa::path(
    tag = "feedback",
    operation_id = "list_feedback",
    params(FeedbackQuery, PageQuery),
    responses((status = OK, description = "A page of feedback", body = Page<Feedback>), openapi::Read),
)]
#[get("/feedback")]
pub(crate) async fn list_feedback(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<FeedbackQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::AnswerFeedback)?;
    let wanted = page.wanted::<FeedbackId>()?;
    let (keys, limit, district) = (keys.clone(), wanted.limit, principal.district());
    let filter = Filter { answered: query.answered, person: None };
    let read = db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), district)?;
        let rows = store::list(tx.read_unbatched(), district, &filter, &wanted)?;
        if !rows.is_empty() {
            let action = "district.feedback_read";
            let event = Event::new(action, Subject::Reading, district, district, 1);
            let shown = rows.len().min(wanted.limit.into());
            tx.record(event.by(principal.person).with(json!({ "shown": shown })));
        }
        let rows = rows.iter().map(|row| row.feedback(&key));
        Ok::<_, Problem>(rows.collect::<Result<Vec<_>, DbError>>()?)
    });
    let page = page::page(read.await?, limit, |one: &Feedback| one.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// Answer feedback
///
/// Writes the answer, or replaces it. The sender gets a notice about the account
/// (`feedback_answered`), unless anonymous. Repeating the call changes nothing. Allowed roles:
/// admins.
#[utoipa::path(
    tag = "feedback",
    operation_id = "answer_feedback",
    params(("id" = FeedbackId, Path, description = "The feedback"), openapi::OwnNames),
    request_body(content = FeedbackAnswer, description = "The answer"),
    responses(
        (
            status = OK, description = "The feedback", body = Feedback,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/feedback/{id}/answer")]
pub(crate) async fn answer_feedback(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<FeedbackId>,
    base: IfMatch,
    Body(new): Body<FeedbackAnswer>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::AnswerFeedback)?;
    let (keys, id, district) = (keys.clone(), *id, principal.district());
    let answered = db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), district)?;
        answer::answer(tx, &key, &principal, id, &new, &base)
    });
    let feedback = answered.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), feedback.version).json(feedback))
}

/// List my feedback
///
/// Lists the caller's feedback with the answers, newest first, without what was sent anonymously.
/// Allowed roles: all.
#[utoipa::path(
    tag = "feedback",
    operation_id = "list_my_feedback",
    params(PageQuery),
    responses((status = OK, description = "A page of feedback", body = Page<Feedback>), openapi::Read),
)]
#[get("/me/feedback")]
pub(crate) async fn list_my_feedback(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { page, .. }: Paged<NoFilter>,
) -> Result<HttpResponse, Problem> {
    let wanted = page.wanted::<FeedbackId>()?;
    let (keys, limit, district) = (keys.clone(), wanted.limit, principal.district());
    let filter = Filter { answered: None, person: Some(principal.person) };
    let read = db.read(move |conn| {
        let key = keys.key(conn, district)?;
        let rows = store::list(conn, district, &filter, &wanted)?;
        rows.iter().map(|row| row.feedback(&key)).collect::<Result<Vec<_>, DbError>>()
    });
    let page = page::page(read.await.map_err(Problem::from)?, limit, |one: &Feedback| one.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// The paths of feedback.
pub fn register(v1: &mut ServiceConfig) {
    v1.service(send_feedback)
        .service(list_feedback)
        .service(answer_feedback)
        .service(list_my_feedback);
}
