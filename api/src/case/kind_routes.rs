//! The HTTP endpoints for kinds of case.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use gridward_domain::authority::Action;
use gridward_domain::code::CaseKindCode;
use gridward_domain::range::BaseVersion;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::kind_edit::{self, KindChange};
use super::{CaseKind, CaseKindContent, NewCaseKind, kind_store};
use crate::auth::Authenticated;
use crate::http::if_match::{IfMatch, etag};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfNoneMatch, Json as Body, Query, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// The kinds of case of a district that the caller sees.
#[derive(Serialize, ToSchema)]
pub struct CaseKinds {
    /// The kinds, ordered by code.
    #[schema(max_items = 200)]
    items: Vec<CaseKind>,
}

/// List kinds of case
///
/// Lists the kinds of case with their paths, archived ones too. A confidential kind is shown to the
/// roles that it names. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "cases",
    operation_id = "list_case_kinds",
    responses((status = OK, description = "The kinds", body = CaseKinds), openapi::Read),
)]
#[get("/case-kinds")]
pub(crate) async fn list_case_kinds(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<Json<CaseKinds>, Problem> {
    principal.may(Action::ReadCases)?;
    let listed = db.read(move |conn| kind_store::all(conn, principal.district()));
    let mut items = listed.await?;
    items.retain(|kind| kind.is_shown_to(principal.role));
    Ok(Json(CaseKinds { items }))
}

/// The version of a kind.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseKindQuery {
    /// An earlier version, as a case names it in `kind_version`. Default: the current one.
    #[param(inline)]
    version: Option<BaseVersion>,
}

/// Get a kind of case
///
/// With `If-None-Match`, answers 304 if the version is unchanged. A confidential kind does not exist
/// for roles that it does not name. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "cases",
    operation_id = "get_case_kind",
    params(("code" = CaseKindCode, Path, description = "The kind"), CaseKindQuery),
    responses(
        (
            status = OK, description = "The kind", body = CaseKind,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        (status = NOT_MODIFIED, description = "The version is unchanged"),
        openapi::Read,
    ),
)]
#[get("/case-kinds/{code}")]
pub(crate) async fn get_case_kind(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    code: Path<CaseKindCode>,
    Query(query): Query<CaseKindQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadCases)?;
    let (held, version) = (IfNoneMatch::of(&request)?, query.version.map(BaseVersion::get));
    let found = db.read(move |conn| {
        let district = principal.district();
        let current = kind_store::one(conn, district, &code)?;
        // An earlier version is as confidential as the current one.
        match (current.filter(|kind| kind.is_shown_to(principal.role)), version) {
            (Some(_), Some(version)) => kind_store::at(conn, district, &code, version),
            (current, _) => Ok(current),
        }
    });
    let kind = found.await?.ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, kind.version, &kind))
}

/// Create a kind of case
///
/// Adds a kind of case to the district. Each step must be reached and must lead to an end, and a
/// case must not be granted without the approval of every step that decides; what is wrong is 422
/// with its JSON pointer. Cases may be opened at once. Allowed roles: admins.
#[utoipa::path(
    tag = "cases",
    operation_id = "create_case_kind",
    request_body(content = NewCaseKind, description = "The kind"),
    responses(
        (
            status = CREATED, description = "The kind", body = CaseKind,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Write,
    ),
)]
#[post("/case-kinds")]
pub(crate) async fn create_case_kind(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewCaseKind>,
) -> Result<HttpResponse, Problem> {
    let created = commands.run(principal, key, new, |new, tx, _, principal| {
        kind_edit::create(tx, principal, new, &[])
    });
    let done = created.await?;
    let location = format!("/v1/case-kinds/{}", done.made.code);
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, location)).insert_header((ETAG, etag(done.made.version)));
    Ok(done.answer(answer))
}

/// Change a kind of case
///
/// Replaces the content of a kind; `active` false archives it. Open cases keep the version with
/// which they were opened; who sees them follows the current version. Requires `If-Match`. Allowed
/// roles: admins.
#[utoipa::path(
    tag = "cases",
    operation_id = "change_case_kind",
    params(("code" = CaseKindCode, Path, description = "The kind")),
    request_body(content = CaseKindContent, description = "The whole content"),
    responses(
        (
            status = OK, description = "The kind, changed", body = CaseKind,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Decide,
    ),
)]
#[put("/case-kinds/{code}")]
pub(crate) async fn change_case_kind(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    code: Path<CaseKindCode>,
    IfMatch(base): IfMatch,
    key: IdempotencyKey,
    Body(content): Body<CaseKindContent>,
) -> Result<HttpResponse, Problem> {
    let change = KindChange { code: code.into_inner(), base, content };
    let changed = commands.run(principal, key, change, |change, tx, _, principal| {
        kind_edit::change(tx, principal, change, &[])
    });
    let done = changed.await?;
    let answer = versioned::at_version(HttpResponse::Ok(), done.made.version);
    Ok(done.answer(answer))
}
