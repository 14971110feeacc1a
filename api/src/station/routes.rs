//! The HTTP endpoints for stations.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::bounded_text::RegisterId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::store::StationRow;
use super::{Station, StationContent, edit, store};
use crate::area;
use crate::auth::Authenticated;
use crate::crypto::key_ring::KeyRing;
use crate::db::DbError;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::tx::Db;

/// Filter and page of stations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StationQuery {
    /// Only stations that serve this area: in it, or around it.
    area: Option<AreaCode>,
}

/// List stations
///
/// Lists the service stations in the caller's area, and those of the village, the town and the
/// district around it, ordered by id. Allowed roles: all.
#[utoipa::path(
    tag = "registers",
    operation_id = "list_stations",
    params(StationQuery, PageQuery),
    responses((status = OK, description = "A page of stations", body = Page<Station>), openapi::Read),
)]
#[get("/stations")]
pub(crate) async fn list_stations(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<StationQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::UseService, &area)?;
    area::known::in_query(&db, query.area).await?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let stations = db.read(move |conn| store::list(conn, &area.range(), &wanted)).await?;
    let page = page::page(stations, limit, |station: &Station| station.id.clone());
    Ok(page.answer(request.path(), request.query_string()))
}

/// Get a station
///
/// Those who work on cases see its lawyer, too. Allowed roles: all.
#[utoipa::path(
    tag = "registers",
    operation_id = "get_station",
    params(("id" = RegisterId, Path, description = "The station")),
    responses(
        (
            status = OK, description = "The station", body = Station,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The station is unchanged"),
        openapi::Read,
    ),
)]
#[get("/stations/{id}")]
pub(crate) async fn get_station(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::UseService)?;
    let held = IfNoneMatch::of(&request)?;
    let read = db.read(move |conn| {
        let row = store::row(conn, principal.district(), id.as_str())?;
        let is_seen = |row: &StationRow| row.valid_to.is_none() && row.serves(&principal.area);
        let Some(row) = row.filter(is_seen) else { return Ok(None) };
        let lawyer = match principal.may(Action::WorkCases) {
            Ok(()) => row.lawyer(&keys.key(conn, principal.district())?)?,
            Err(_) => None,
        };
        Ok::<_, DbError>(Some(Station { lawyer, ..row.station()? }))
    });
    let station = read.await?.ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, station.version, &station))
}

/// Put a station
///
/// Creates the station under an id of the caller's choice, or replaces its content, which requires
/// `If-Match`. Phones in the served area receive it. Repeating the call changes nothing. Allowed
/// roles: admins.
#[utoipa::path(
    tag = "registers",
    operation_id = "put_station",
    params(("id" = RegisterId, Path, description = "The station"), openapi::OwnNames),
    request_body(content = StationContent, description = "The content"),
    responses(
        (
            status = OK, description = "The changed station", body = Station,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (
            status = CREATED, description = "The new station", body = Station,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/stations/{id}")]
pub(crate) async fn put_station(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<RegisterId>,
    base: IfMatch,
    Body(content): Body<StationContent>,
) -> Result<HttpResponse, Problem> {
    let put = db.write(principal.district(), move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        edit::put(tx, &key, &principal, (id.as_str(), &content), &base)
    });
    let (station, is_new) = put.await?;
    let status = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(versioned::at_version(status, station.version).json(station))
}

/// End a station
///
/// The station is no longer listed, and phones delete it. Allowed roles: admins.
#[utoipa::path(
    tag = "registers",
    operation_id = "end_station",
    params(("id" = RegisterId, Path, description = "The station")),
    responses((status = NO_CONTENT, description = "The station has ended"), openapi::Remove),
)]
#[delete("/stations/{id}")]
pub(crate) async fn end_station(
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
