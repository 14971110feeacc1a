//! The HTTP endpoints for audiences.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use gridward_domain::authority::Action;
use gridward_domain::id::AudienceId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{AudienceContent, AudienceCount, AudiencePreview, NewAudience, SavedAudience};
use super::{members, preview, reading, save, store};
use crate::auth::Authenticated;
use crate::beneficiary::Beneficiary;
use crate::beneficiary::filter::{BeneficiarySort, SortKey};
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, NoFilter, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(preview_audience)
        .service(list_audiences)
        .service(create_audience)
        .service(get_audience)
        .service(change_audience)
        .service(delete_audience)
        .service(list_audience_members);
}

/// Count an audience
///
/// Counts the current beneficiaries of an area that a filter selects, in all and in each area
/// directly below, and says the filter in Chinese and in English. A filter combines conditions on
/// the plain fields of a beneficiary's entry; sealed fields, such as hardships, and free text cannot
/// be filtered (422). Nothing is saved; the log records a count by answers. Allowed roles: supervisors and
/// admins, within their area.
#[utoipa::path(
    tag = "audiences",
    operation_id = "preview_audience",
    params(openapi::OwnNames),
    request_body(content = AudiencePreview, description = "The filter, and the area"),
    responses((status = OK, description = "The count", body = AudienceCount), openapi::Write),
)]
#[post("/audiences/preview")]
pub(crate) async fn preview_audience(
    (db, clock): (Data<Db>, Data<Clock>),
    Authenticated(principal): Authenticated,
    // Parsed so that an invalid one is rejected; the call changes nothing.
    _: IdempotencyKey,
    Body(body): Body<AudiencePreview>,
) -> Result<HttpResponse, Problem> {
    let (today, filter) = (clock::day((clock)()), body.filter.clone());
    let count = db.read(move |conn| preview::preview(conn, &principal, &body, today)).await?;
    reading::record(&db, principal, (count.area, &filter), None, count.count).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(count))
}

/// List audiences
///
/// Lists the saved audiences of the caller's area, newest first. Allowed roles: supervisors, admins
/// and auditors.
#[utoipa::path(
    tag = "audiences",
    operation_id = "list_audiences",
    params(PageQuery),
    responses(
        (status = OK, description = "A page of audiences", body = Page<SavedAudience>),
        openapi::Read,
    ),
)]
#[get("/audiences")]
pub(crate) async fn list_audiences(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { page, .. }: Paged<NoFilter>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadAudiences)?;
    let wanted = page.wanted::<AudienceId>()?;
    let limit = wanted.limit;
    let read = db.read(move |conn| {
        let rows = store::list(conn, &principal.scope(), &wanted)?;
        store::shown(conn, principal.district(), &rows)
    });
    let shown = read.await.map_err(Problem::from)?;
    let page = page::page(shown, limit, |audience: &SavedAudience| audience.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// Save an audience
///
/// Saves a filter by name, for the beneficiaries of an area. Allowed roles: supervisors and admins,
/// within their area.
#[utoipa::path(
    tag = "audiences",
    operation_id = "create_audience",
    request_body(content = NewAudience, description = "The audience"),
    responses(
        (
            status = CREATED, description = "The audience", body = SavedAudience,
            headers(("Location" = String, description = "The audience's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/audiences")]
pub(crate) async fn create_audience(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewAudience>,
) -> Result<HttpResponse, Problem> {
    let created = commands
        .run(principal, key, new, |new, tx, _, principal| save::create(tx, principal, new))
        .await?;
    let path = format!("/v1/audiences/{}", created.made.id);
    let mut answer = versioned::at_version(HttpResponse::Created(), created.made.version);
    answer.insert_header((LOCATION, path));
    Ok(created.answer(answer))
}

/// Get an audience
///
/// Allowed roles: supervisors, admins and auditors, within their area.
#[utoipa::path(
    tag = "audiences",
    operation_id = "get_audience",
    params(("id" = AudienceId, Path, description = "The audience")),
    responses(
        (
            status = OK, description = "The audience", body = SavedAudience,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The audience is unchanged"),
        openapi::Read,
    ),
)]
#[get("/audiences/{id}")]
pub(crate) async fn get_audience(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<AudienceId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadAudiences)?;
    let held = IfNoneMatch::of(&request)?;
    let read = db.read(move |conn| {
        let row = store::row(conn, &principal.scope(), *id)?;
        row.map(|row| row.shown(conn)).transpose()
    });
    let audience = read.await.map_err(Problem::from)?.ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, audience.version, &audience))
}

/// Change an audience
///
/// Replaces the name and the filter; the area stays. Repeating the call changes nothing. Allowed
/// roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "audiences",
    operation_id = "change_audience",
    params(("id" = AudienceId, Path, description = "The audience"), openapi::OwnNames),
    request_body(content = AudienceContent, description = "The content"),
    responses(
        (
            status = OK, description = "The changed audience", body = SavedAudience,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/audiences/{id}")]
pub(crate) async fn change_audience(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<AudienceId>,
    base: IfMatch,
    Body(content): Body<AudienceContent>,
) -> Result<HttpResponse, Problem> {
    let change = db
        .write(principal.district(), move |tx| save::change(tx, &principal, *id, &content, &base));
    let audience = change.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), audience.version).json(audience))
}

/// Delete an audience
///
/// Campaigns that were made from it keep their copy of the filter. Allowed roles: supervisors and
/// admins, within their area.
#[utoipa::path(
    tag = "audiences",
    operation_id = "delete_audience",
    params(("id" = AudienceId, Path, description = "The audience")),
    responses((status = NO_CONTENT, description = "The audience is deleted"), openapi::Remove),
)]
#[delete("/audiences/{id}")]
pub(crate) async fn delete_audience(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<AudienceId>,
    base: IfMatch,
) -> Result<HttpResponse, Problem> {
    let delete = db.write(principal.district(), move |tx| save::delete(tx, &principal, *id, &base));
    delete.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the members of an audience
///
/// Lists the current beneficiaries of the audience's area that belong to it today, masked, ordered
/// by grid. The log records a list by answers. Allowed roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "audiences",
    operation_id = "list_audience_members",
    params(("id" = AudienceId, Path, description = "The audience"), PageQuery),
    responses(
        (status = OK, description = "A page of beneficiaries, masked", body = Page<Beneficiary>),
        openapi::Read,
    ),
)]
#[get("/audiences/{id}/members")]
pub(crate) async fn list_audience_members(
    request: HttpRequest,
    (db, keys, clock): (Data<Db>, Data<KeyRing>, Data<Clock>),
    Authenticated(principal): Authenticated,
    id: Path<AudienceId>,
    Paged { page, .. }: Paged<NoFilter>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageAudiences)?;
    let Wanted { limit, after } = page.wanted::<SortKey>()?;
    let after = after.map(|after| after.check(BeneficiarySort::Grid)).transpose()?;
    let (keys, today, wanted) = (keys.clone(), clock::day((clock)()), Wanted { limit, after });
    let id = *id;
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let row = store::row(conn, &principal.scope(), id)?;
        let row = row.ok_or_else(Problem::not_found)?;
        let filter = row.filter()?;
        let members = members::list(conn, &key, row.area, &filter, &wanted, today)?;
        Ok::<_, Problem>((row.area, filter, members))
    });
    let (area, filter, members) = read.await?;
    let shown = i64::try_from(members.len()).unwrap_or(i64::MAX);
    reading::record(&db, principal, (area, &filter), Some(id), shown).await?;
    let page = page::page(members, limit, |one| SortKey::of(BeneficiarySort::Grid, one));
    Ok(page.answer(request.path(), request.query_string()))
}
