//! The HTTP endpoints for secondments.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::SecondmentId;
use gridward_domain::secondment::{SecondmentCommand, SecondmentState};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::decide::Decision;
use super::model::{NewSecondment, Secondment};
use super::{request, store};
use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfNoneMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(list_secondments)
        .service(request_secondment)
        .service(get_secondment)
        .service(agree_to_secondment)
        .service(decline_secondment)
        .service(withdraw_secondment);
}

/// Filter and page of secondments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SecondmentQuery {
    /// Only secondments in this state.
    state: Option<SecondmentState>,
}

/// List secondments
///
/// Lists the secondments from and to the caller's area, newest first; volunteers see their own.
/// Allowed roles: all except auditors.
#[utoipa::path(
    tag = "secondments",
    operation_id = "list_secondments",
    params(SecondmentQuery, PageQuery),
    responses(
        (status = OK, description = "A page of secondments", body = Page<Secondment>),
        openapi::Read,
    ),
)]
#[get("/secondments")]
pub(crate) async fn list_secondments(
    http: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<SecondmentQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadSecondments)?;
    let wanted = page.wanted::<SecondmentId>()?;
    let (keys, limit) = (keys.clone(), wanted.limit);
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let rows = store::list(conn, &principal, query.state, &wanted)?;
        store::shown(conn, &key, principal.district(), rows)
    });
    let shown = read.await.map_err(Problem::from)?;
    let page = page::page(shown, limit, |row: &Secondment| row.id);
    Ok(page.answer(http.path(), http.query_string()))
}

/// Request a secondment
///
/// Asks for the help of a volunteer in another area for some days. The manager of the volunteer's
/// grid gets a notice, and agrees or declines. Another requested or agreed secondment of the
/// volunteer on one of the days is 409 `secondment_overlaps`. Allowed roles: supervisors and admins,
/// for volunteers and areas of their area.
#[utoipa::path(
    tag = "secondments",
    operation_id = "request_secondment",
    request_body(content = NewSecondment, description = "The request"),
    responses(
        (
            status = CREATED, description = "The request", body = Secondment,
            headers(("Location" = String, description = "The secondment's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/secondments")]
pub(crate) async fn request_secondment(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewSecondment>,
) -> Result<HttpResponse, Problem> {
    let requested = commands.run(principal, key, new, |new, tx, sealing, principal| {
        request::request(tx, sealing, principal, new)
    });
    let requested = requested.await?;
    let path = format!("/v1/secondments/{}", requested.made.id);
    let mut answer = versioned::at_version(HttpResponse::Created(), requested.made.version);
    answer.insert_header((LOCATION, path));
    Ok(requested.answer(answer))
}

/// Get a secondment
///
/// Allowed roles: all except auditors; volunteers their own.
#[utoipa::path(
    tag = "secondments",
    operation_id = "get_secondment",
    params(("id" = SecondmentId, Path, description = "The secondment")),
    responses(
        (
            status = OK, description = "The secondment", body = Secondment,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The secondment is unchanged"),
        openapi::Read,
    ),
)]
#[get("/secondments/{id}")]
pub(crate) async fn get_secondment(
    http: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    id: Path<SecondmentId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadSecondments)?;
    let held = IfNoneMatch::of(&http)?;
    let keys = keys.clone();
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let row = store::row(conn, &principal, *id)?;
        let shown = store::shown(conn, &key, principal.district(), row.into_iter().collect())?;
        Ok::<_, DbError>(shown.into_iter().next())
    });
    let shown: Option<Secondment> = read.await.map_err(Problem::from)?;
    let shown = shown.ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, shown.version, &shown))
}

/// Agree to a secondment
///
/// From now on plans and candidates have the volunteer for visits of the area on these days; the
/// volunteer and the author of the request get a notice. Repeating the call changes nothing. Allowed
/// roles: the manager of the volunteer's grid.
#[utoipa::path(
    tag = "secondments",
    operation_id = "agree_to_secondment",
    params(("id" = SecondmentId, Path, description = "The secondment")),
    responses(
        (
            status = OK, description = "The secondment", body = Secondment,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/secondments/{id}/agree")]
pub(crate) async fn agree_to_secondment(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    id: Path<SecondmentId>,
) -> Result<HttpResponse, Problem> {
    decide(&commands, principal, key, *id, SecondmentCommand::Agree).await
}

/// Decline a secondment
///
/// Declines a request, or takes the consent back; visits that are planned already stay. Repeating
/// the call changes nothing. Allowed roles: the manager of the volunteer's grid.
#[utoipa::path(
    tag = "secondments",
    operation_id = "decline_secondment",
    params(("id" = SecondmentId, Path, description = "The secondment")),
    responses(
        (
            status = OK, description = "The secondment", body = Secondment,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/secondments/{id}/decline")]
pub(crate) async fn decline_secondment(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    id: Path<SecondmentId>,
) -> Result<HttpResponse, Problem> {
    decide(&commands, principal, key, *id, SecondmentCommand::Decline).await
}

/// Withdraw a secondment
///
/// Takes a request back, or ends an agreed one; visits that are planned already stay. Repeating the
/// call changes nothing. Allowed roles: supervisors and admins, from or to their area.
#[utoipa::path(
    tag = "secondments",
    operation_id = "withdraw_secondment",
    params(("id" = SecondmentId, Path, description = "The secondment")),
    responses(
        (
            status = OK, description = "The secondment", body = Secondment,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/secondments/{id}/withdraw")]
pub(crate) async fn withdraw_secondment(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    id: Path<SecondmentId>,
) -> Result<HttpResponse, Problem> {
    decide(&commands, principal, key, *id, SecondmentCommand::Withdraw).await
}

async fn decide(
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    secondment: SecondmentId,
    command: SecondmentCommand,
) -> Result<HttpResponse, Problem> {
    let decision = Decision { secondment, command };
    let decided = commands.run(principal, key, decision, |decision, tx, sealing, principal| {
        decision.apply(tx, sealing, principal)
    });
    let decided = decided.await?;
    let answer = versioned::at_version(HttpResponse::Ok(), decided.made.version);
    Ok(decided.answer(answer))
}
