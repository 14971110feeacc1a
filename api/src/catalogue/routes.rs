//! The HTTP endpoints for the catalogue.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use gridward_domain::code::KindCode;
use gridward_domain::range::BaseVersion;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::edit::{self, Change};
use super::{KindContent, NewKind, ServiceKind, case_kinds, store};
use crate::auth::Authenticated;
use crate::db::DbError;
use crate::http::if_match::{IfMatch, etag};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfNoneMatch, Json as Body, Query, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// All kinds of service in a district.
#[derive(Serialize, ToSchema)]
pub struct Catalogue {
    /// The kinds, ordered by code.
    #[schema(max_items = 500)]
    items: Vec<ServiceKind>,
}

/// List service kinds
///
/// Lists the kinds of service and their requirements, archived ones too. `opens` has no kind of case that
/// does not exist for the caller's role. Allowed roles: all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "list_service_kinds",
    responses((status = OK, description = "The catalogue", body = Catalogue), openapi::Read),
)]
#[get("/service-kinds")]
pub(crate) async fn list_service_kinds(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<Json<Catalogue>, Problem> {
    let read = db.read(move |conn| {
        let hidden = case_kinds::hidden(conn, principal.district(), principal.role)?;
        let kinds = store::all(conn, principal.district())?;
        Ok::<_, DbError>(kinds.into_iter().map(|kind| kind.without(&hidden)).collect())
    });
    Ok(Json(Catalogue { items: read.await? }))
}

/// The version of a kind.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// An earlier version, as a task names it in `kind_version`. Default: the current one.
    #[param(inline)]
    version: Option<BaseVersion>,
}

/// Get a service kind
///
/// With `If-None-Match`, answers 304 if the version is unchanged. Allowed roles: all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "get_service_kind",
    params(("code" = KindCode, Path, description = "The kind"), VersionQuery),
    responses(
        (
            status = OK, description = "The kind", body = ServiceKind,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        (status = NOT_MODIFIED, description = "The version is unchanged"),
        openapi::Read,
    ),
)]
#[get("/service-kinds/{code}")]
pub(crate) async fn get_service_kind(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    code: Path<KindCode>,
    Query(query): Query<VersionQuery>,
) -> Result<HttpResponse, Problem> {
    let (held, version) = (IfNoneMatch::of(&request)?, query.version.map(BaseVersion::get));
    let found = db.read(move |conn| {
        let district = principal.district();
        let hidden = case_kinds::hidden(conn, district, principal.role)?;
        let kind = match version {
            Some(version) => store::at(conn, district, &code, version),
            None => store::one(conn, district, code.as_str()),
        };
        Ok::<_, DbError>(kind?.map(|kind| kind.without(&hidden)))
    });
    let kind = found.await?.ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, kind.version, &kind))
}

/// Create a service kind
///
/// Adds a kind to the catalogue. The form is JSON Schema (2020-12) in the subset that phones show:
/// fields of a text, number, day, yes or no (`const` if it must be one of them), one or several of a list (labelled by `oneOf`, or a
/// vocabulary named by `x-vocabulary`), each with `title`, `x-title-en` and an `x-order` of its own, and one
/// condition (`if`, `then`). A text that is no day needs `maxLength`. Anything else is 422 with its JSON pointer. Phones get the kind with
/// the next sync. Allowed roles: admins.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "create_service_kind",
    request_body(content = NewKind, description = "The kind"),
    responses(
        (
            status = CREATED, description = "The kind", body = ServiceKind,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Write,
    ),
)]
#[post("/service-kinds")]
pub(crate) async fn create_service_kind(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewKind>,
) -> Result<HttpResponse, Problem> {
    let created =
        commands.run(principal, key, new, |new, tx, _, principal| edit::create(tx, principal, new));
    let done = created.await?;
    let location = format!("/v1/service-kinds/{}", done.made.code);
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, location)).insert_header((ETAG, etag(done.made.version)));
    Ok(done.answer(answer))
}

/// Change a service kind
///
/// Replaces the content of a kind; `active` false archives it. A kind that another one creates as
/// a follow-up cannot be archived. Tasks keep the version of their kind, by which their reports
/// are checked. Requires `If-Match`. Allowed roles: admins.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "change_service_kind",
    params(("code" = KindCode, Path, description = "The kind")),
    request_body(content = KindContent, description = "The whole content"),
    responses(
        (
            status = OK, description = "The kind, changed", body = ServiceKind,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Decide,
    ),
)]
#[put("/service-kinds/{code}")]
pub(crate) async fn change_service_kind(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    code: Path<KindCode>,
    IfMatch(base): IfMatch,
    key: IdempotencyKey,
    Body(content): Body<KindContent>,
) -> Result<HttpResponse, Problem> {
    let change = Change { code: code.into_inner(), base, content };
    let changed = commands.run(principal, key, change, |change, tx, _, principal| {
        edit::change(tx, principal, change)
    });
    let done = changed.await?;
    let answer = versioned::at_version(HttpResponse::Ok(), done.made.version);
    Ok(done.answer(answer))
}
