//! The HTTP endpoints for memorial sites.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::bounded_text::RegisterId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::store::MemorialRow;
use super::{Memorial, MemorialContent, edit, store};
use crate::area;
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::tx::Db;

/// Filter and page of memorial sites.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemorialQuery {
    /// Only sites in this area.
    area: Option<AreaCode>,
}

/// List memorial sites
///
/// Lists the memorial sites in the caller's area, ordered by id. Allowed roles: all.
#[utoipa::path(
    tag = "registers",
    operation_id = "list_memorials",
    params(MemorialQuery, PageQuery),
    responses((status = OK, description = "A page of memorial sites", body = Page<Memorial>), openapi::Read),
)]
#[get("/memorials")]
pub(crate) async fn list_memorials(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<MemorialQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::UseService, &area)?;
    area::known::in_query(&db, query.area).await?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let memorials = db.read(move |conn| store::list(conn, &area.range(), &wanted)).await?;
    let page = page::page(memorials, limit, |memorial: &Memorial| memorial.id.clone());
    Ok(page.answer(request.path(), request.query_string()))
}

/// Get a memorial site
///
/// Allowed roles: all.
#[utoipa::path(
    tag = "registers",
    operation_id = "get_memorial",
    params(("id" = RegisterId, Path, description = "The memorial site")),
    responses(
        (
            status = OK, description = "The memorial site", body = Memorial,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The memorial site is unchanged"),
        openapi::Read,
    ),
)]
#[get("/memorials/{id}")]
pub(crate) async fn get_memorial(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::UseService)?;
    let held = IfNoneMatch::of(&request)?;
    let row = db.read(move |conn| store::row(conn, principal.district(), id.as_str())).await?;
    let seen = |row: &MemorialRow| row.valid_to.is_none() && principal.area.contains(&row.grid);
    let row = row.filter(seen).ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, row.version, &row.memorial()?))
}

/// Put a memorial site
///
/// Creates the memorial site under an id of the caller's choice, or replaces its content, which
/// requires `If-Match`. Phones in the area receive it. Repeating the call changes nothing. Allowed
/// roles: admins.
#[utoipa::path(
    tag = "registers",
    operation_id = "put_memorial",
    params(("id" = RegisterId, Path, description = "The memorial site"), openapi::OwnNames),
    request_body(content = MemorialContent, description = "The content"),
    responses(
        (
            status = OK, description = "The changed memorial site", body = Memorial,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (
            status = CREATED, description = "The new memorial site", body = Memorial,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/memorials/{id}")]
pub(crate) async fn put_memorial(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
    base: IfMatch,
    Body(content): Body<MemorialContent>,
) -> Result<HttpResponse, Problem> {
    let put = db.write(principal.district(), move |tx| {
        edit::put(tx, &principal, id.as_str(), &content, &base)
    });
    let (memorial, is_new) = put.await?;
    let status = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(versioned::at_version(status, memorial.version).json(memorial))
}

/// End a memorial site
///
/// The memorial site is no longer listed, and phones delete it. Allowed roles: admins.
#[utoipa::path(
    tag = "registers",
    operation_id = "end_memorial",
    params(("id" = RegisterId, Path, description = "The memorial site")),
    responses((status = NO_CONTENT, description = "The memorial site has ended"), openapi::Remove),
)]
#[delete("/memorials/{id}")]
pub(crate) async fn end_memorial(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
    base: IfMatch,
) -> Result<HttpResponse, Problem> {
    let end =
        db.write(principal.district(), move |tx| edit::end(tx, &principal, id.as_str(), &base));
    end.await?;
    Ok(HttpResponse::NoContent().finish())
}
