//! The HTTP endpoints for cases.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::authority::Action;
use gridward_domain::id::CaseId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::filter::CaseQuery;
use super::kind_routes;
use super::open::Opening;
use super::{Case, CaseDetail, NewCase, list, read};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{Clock, china, nearest_moment};
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::http::{Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(kind_routes::list_case_kinds)
        .service(kind_routes::get_case_kind)
        .service(kind_routes::create_case_kind)
        .service(kind_routes::change_case_kind)
        .service(open_case)
        .service(list_cases)
        .service(get_case);
}

/// Open a case
///
/// Opens a case at the first step of its kind, for a beneficiary or an area of the caller, or for a beneficiary of
/// another grid whom the caller visits; its grid acts, and the caller does not see the case there. A beneficiary who has
/// ended is 409 `beneficiary_ended`, a merged duplicate 409 `beneficiary_merged`, with its successor in `current`. Allowed
/// roles: managers, supervisors and admins, for kinds that their role sees.
#[utoipa::path(
    tag = "cases",
    operation_id = "open_case",
    request_body(content = NewCase, description = "The case"),
    responses(
        (
            status = CREATED, description = "The case, without its description", body = Case,
            headers(("Location" = String, description = "The case's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/cases")]
pub(crate) async fn open_case(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewCase>,
) -> Result<HttpResponse, Problem> {
    let opening = Opening { new, id: key.0.clone() };
    let opened = commands.run(principal, key, opening, |opening, tx, sealing, principal| {
        opening.run(tx, sealing, principal)
    });
    let done = opened.await?;
    let mut answer = versioned::at_version(HttpResponse::Created(), done.made.version);
    answer.insert_header((LOCATION, format!("/v1/cases/{}", done.made.id)));
    Ok(done.answer(answer))
}

/// List cases
///
/// Lists the cases of the caller's area that wait, the longest first, or with `ended` those that have
/// ended, the last first; without what is encrypted. Cases of a confidential kind are shown to the
/// roles that it names. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "cases",
    operation_id = "list_cases",
    params(CaseQuery, PageQuery),
    responses((status = OK, description = "A page of cases", body = Page<Case>), openapi::Read),
)]
#[get("/cases")]
pub(crate) async fn list_cases(
    request: HttpRequest,
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<CaseQuery>,
) -> Result<HttpResponse, Problem> {
    principal.authorize(Action::ReadCases, &query.area.unwrap_or(principal.area))?;
    area::known::in_query(&db, query.area).await?;
    let wanted: Wanted<list::Key> = page.wanted()?;
    let after = wanted.after.map(|(at, id)| (nearest_moment(at.with_timezone(&china())), id));
    let (limit, now) = (wanted.limit, (clock)());
    let wanted = Wanted { limit, after };
    let listed = db.read(move |conn| {
        let listed = list::page(conn, &principal, &query, &wanted, now)?;
        Ok::<Vec<Case>, DbError>(listed.iter().map(|one| one.case(now)).collect())
    });
    let listed = listed.await.map_err(Problem::from)?;
    let page = page::page(listed, limit, |one: &Case| (one.waiting_since.to_utc(), one.id));
    Ok(page.answer(request.path(), request.query_string()))
}

/// Get a case
///
/// The case with its description, its history and the moves that may come; the log records the
/// access. Allowed roles: managers, supervisors and admins within their area, if the kind is not
/// confidential or names their role.
#[utoipa::path(
    tag = "cases",
    operation_id = "get_case",
    params(("id" = CaseId, Path, description = "The case")),
    responses(
        (
            status = OK, description = "The case", body = CaseDetail,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/cases/{id}")]
pub(crate) async fn get_case(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<CaseId>,
) -> Result<HttpResponse, Problem> {
    let keys = keys.clone();
    let read = db.write(principal.district(), move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        read::read(tx, &key, &principal, *id)
    });
    let detail = read.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), detail.case.version).json(detail))
}
