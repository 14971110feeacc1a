//! The HTTP endpoints for notices.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use gridward_domain::id::NoticeId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::edit::{self, NoticeContent};
use super::post::{self, NewNotice};
use super::{Notice, NoticeState, store};
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Filter and page of notices.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoticeQuery {
    /// Only notices in this state. Default `current`.
    #[serde(default)]
    #[param(required = false)]
    state: NoticeState,
}

/// List notices
///
/// Lists the notices that reach the caller, newest first: those for the caller's area, one around
/// it or one in it, if they address the caller's role or the caller may edit them. Allowed roles:
/// all.
#[utoipa::path(
    tag = "notices",
    operation_id = "list_notices",
    params(NoticeQuery, PageQuery),
    responses((status = OK, description = "A page of notices", body = Page<Notice>), openapi::Read),
)]
#[get("/notices")]
pub(crate) async fn list_notices(
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<NoticeQuery>,
) -> Result<HttpResponse, Problem> {
    let today = clock::day((clock)());
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let read = db.read(move |conn| store::list(conn, &principal, query.state, today, &wanted));
    let page = page::page(read.await?, limit, |notice: &Notice| notice.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// Post a notice
///
/// Announces something to the staff and volunteers of an area, or to some roles among them, on
/// their phones too. Allowed roles: managers, supervisors and admins.
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
        commands.run(principal, key, body, |new, tx, _, principal| post::post(tx, principal, new));
    Ok(posted.await?.answer(HttpResponse::Created()))
}

/// Change a notice
///
/// Replaces the content of a notice. Phones receive the change; those of roles that it no longer
/// addresses delete it. Repeating the call changes nothing. Allowed roles: the author, and
/// supervisors and admins of an area that contains the notice's.
#[utoipa::path(
    tag = "notices",
    operation_id = "change_notice",
    params(("id" = NoticeId, Path, description = "The notice"), openapi::OwnNames),
    request_body(content = NoticeContent, description = "The content"),
    responses(
        (
            status = OK, description = "The notice", body = Notice,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/notices/{id}")]
pub(crate) async fn change_notice(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<NoticeId>,
    base: IfMatch,
    Body(content): Body<NoticeContent>,
) -> Result<HttpResponse, Problem> {
    let change = db
        .write(principal.district(), move |tx| edit::change(tx, &principal, *id, &content, &base));
    let notice = change.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), notice.version).json(notice))
}

/// Withdraw a notice
///
/// The notice is no longer shown, and phones delete it; it stays on the list of withdrawn ones.
/// Repeating the call changes nothing. Allowed roles: the author, and supervisors and admins of an
/// area that contains the notice's.
#[utoipa::path(
    tag = "notices",
    operation_id = "withdraw_notice",
    params(("id" = NoticeId, Path, description = "The notice")),
    responses(
        (
            status = OK, description = "The withdrawn notice", body = Notice,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Remove,
    ),
)]
#[delete("/notices/{id}")]
pub(crate) async fn withdraw_notice(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<NoticeId>,
    base: IfMatch,
) -> Result<HttpResponse, Problem> {
    let withdraw =
        db.write(principal.district(), move |tx| edit::withdraw(tx, &principal, *id, &base));
    let notice = withdraw.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), notice.version).json(notice))
}
