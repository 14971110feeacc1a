//! The HTTP endpoints for kinds of case.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use gridward_domain::authority::Action;
use gridward_domain::code::CaseKindCode;
use gridward_domain::range::{BaseVersion, Version};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::kind_edit::{self, KindChange};
use super::{CaseKind, CaseKindContent, NewCaseKind, defaults, kind_store};
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
    /// The newer defaults, which `GET /v1/case-kinds/{code}?default=true` shows.
    #[schema(max_items = 100)]
    newer_defaults: Vec<NewerDefault>,
}

/// A shipped kind of case of which this server has a newer default.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "code": "three_hardships", "version": 2 }))]
pub struct NewerDefault {
    /// The kind.
    code: CaseKindCode,
    /// The version of the default, which is not that of the kind.
    #[schema(value_type = Version)]
    version: i64,
}

/// List kinds of case
///
/// Lists the kinds of case with their paths, archived ones too, and in `newer_defaults` the shipped kinds of
/// which this server has a newer default than the one that the district has, or has changed. A confidential kind is shown to the
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
    let newer = items.iter().filter_map(|kind| {
        let version = defaults::newer_than(kind)?;
        Some(NewerDefault { code: kind.code.clone(), version })
    });
    let newer_defaults = newer.collect();
    Ok(Json(CaseKinds { items, newer_defaults }))
}

/// The version of a kind.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseKindQuery {
    /// An earlier version, as a case names it in `kind_version`. Default: the current one.
    #[param(inline)]
    version: Option<BaseVersion>,
    /// The default that this server ships in place of the district's content, with the version of the
    /// district on which a change is based. Default: no.
    #[serde(default)]
    #[param(required = false)]
    default: bool,
}

/// Get a kind of case
///
/// With `If-None-Match`, answers 304 if the version is unchanged. `default=true` shows the default that
/// this server ships, always with 200 whatever `version` and `If-None-Match` are, and 404 for a kind that is
/// not shipped: without `code` and `version` it is the body of the `PUT` that takes it over. A
/// confidential kind does not exist
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
            (Some(current), _) if query.default => Ok(defaults::of(&code)
                .map(|default| CaseKind { version: current.version, ..default.clone() })),
            (Some(_), Some(version)) => kind_store::at(conn, district, &code, version),
            (current, _) => Ok(current),
        }
    });
    let kind = found.await?.ok_or_else(Problem::not_found)?;
    // The version is not that of the default in its place.
    if query.default {
        return Ok(versioned::at_version(HttpResponse::Ok(), kind.version).json(&kind));
    }
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
    let changed = commands.run(principal, key, change, |change, tx, key, principal| {
        kind_edit::change(tx, key, principal, change, &[])
    });
    let done = changed.await?;
    let answer = versioned::at_version(HttpResponse::Ok(), done.made.version);
    Ok(done.answer(answer))
}
