//! The HTTP endpoints for areas.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Action;
use gridward_domain::place::Place;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::map::Maps;
use super::model::AreaWithCounts;
use super::outlines::OutlineCache;
use super::{Area, borders, known, map, outlines, store, successors};
use crate::auth::Authenticated;
use crate::clock::Clock;
use crate::http::Query;
use crate::http::if_none_match::{self, IfNoneMatch};
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::tx::Db;

/// Filter and page of areas.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AreaQuery {
    /// Only areas of this level.
    level: Option<Level>,
    /// Only direct children of this area.
    parent: Option<AreaCode>,
}

/// A page of areas, and the version of the outlines.
#[derive(Serialize, ToSchema)]
#[schema(as = AreaPage)]
pub struct Areas {
    /// The page.
    #[serde(flatten)]
    page: Page<Area>,
    /// The version of the district's outlines: those of another version are out of date.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 3)]
    borders: i64,
}

/// List areas
///
/// Lists the current areas among the caller's area and its descendants, ordered by code.
/// Allowed roles: all.
#[utoipa::path(
    tag = "areas",
    operation_id = "list_areas",
    params(AreaQuery, PageQuery),
    responses((status = OK, description = "A page of areas", body = Areas), openapi::Read),
)]
#[get("/areas")]
pub(crate) async fn list_areas(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<AreaQuery>,
) -> Result<HttpResponse, Problem> {
    let AreaQuery { level, parent } = query;
    principal.authorize(Action::ReadAreas, &parent.unwrap_or(principal.area))?;
    known::parameter(&db, "parent", parent).await?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let read = db.read(move |conn| {
        let areas = store::list(conn, &principal.scope(), level, parent, &wanted)?;
        Ok::<_, Problem>((areas, borders::version(conn, principal.district())?))
    });
    let (areas, borders) = read.await?;
    let page = page::page(areas, limit, |area: &Area| area.code);
    let mut answer = page.head(request.path(), request.query_string());
    Ok(answer.json(Areas { page, borders }))
}

/// Get an area
///
/// Includes the totals of the area and its descendants. A closed area has `valid_to`, and the areas
/// that took over from it. Allowed roles: all.
#[utoipa::path(
    tag = "areas",
    operation_id = "get_area",
    params(("code" = AreaCode, Path, description = "The area")),
    responses(
        (status = OK, description = "The area and its totals", body = AreaWithCounts),
        openapi::Read,
    ),
)]
#[get("/areas/{code}")]
pub(crate) async fn get_area(
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
) -> Result<Json<AreaWithCounts>, Problem> {
    principal.authorize(Action::ReadAreas, &code)?;
    let today = crate::clock::day((clock)());
    let found = db.read(move |conn| {
        let area = store::one(conn, &code)?.ok_or_else(Problem::not_found)?;
        let counts = store::counts(conn, &code, today)?;
        let successors = successors::of(conn, &code)?;
        Ok::<_, Problem>(AreaWithCounts { area, counts, successors })
    });
    found.await.map(Json)
}

/// An outline as a GeoJSON feature (RFC 7946) with a polygon or a multipolygon.
#[derive(ToSchema)]
#[schema(as = BoundaryFeature)]
#[expect(dead_code, reason = "describes the shape of what the GeoJSON library writes")]
pub struct Boundary {
    /// Always `Feature`.
    #[schema(max_length = 7, example = "Feature")]
    r#type: String,
    /// The outline, `[lon, lat]`, WGS-84.
    #[schema(value_type = Object)]
    geometry: serde_json::Value,
    /// The area's `code` in an object.
    #[schema(value_type = Object)]
    properties: serde_json::Value,
}

/// Get an area's boundary
///
/// The union of the outlines of its grids, as GeoJSON. Allowed roles: all.
#[utoipa::path(
    tag = "areas",
    operation_id = "get_area_boundary",
    params(("code" = AreaCode, Path, description = "The area")),
    responses(
        (
            status = OK, description = "The outline", body = Boundary,
            content_type = "application/geo+json",
        ),
        openapi::Read,
    ),
)]
#[get("/areas/{code}/boundary")]
pub(crate) async fn get_area_boundary(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
) -> Result<HttpResponse, Problem> {
    principal.authorize(Action::ReadAreas, &code)?;
    let outline = db.read({
        let code = *code;
        move |conn| {
            let rings = store::rings(conn, &code.range())?;
            if rings.is_empty() {
                return Err(Problem::not_found());
            }
            Ok(map::union(rings))
        }
    });
    let outline = outline.await?;
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "private, max-age=3600"))
        .content_type("application/geo+json")
        .body(outlines::feature(*code, outline).to_string()))
}

/// The level of the outlines.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutlineQuery {
    /// The level of the areas.
    level: Level,
}

/// Outlines as a GeoJSON feature collection (RFC 7946).
#[derive(ToSchema)]
#[schema(as = OutlineCollection)]
#[expect(dead_code, reason = "describes the shape of a text")]
pub struct Collection {
    /// Always `FeatureCollection`.
    #[schema(max_length = 17, example = "FeatureCollection")]
    r#type: String,
    /// The outline of each area.
    #[schema(max_items = 100_000)]
    features: Vec<Boundary>,
}

/// Get the outlines of all areas of a level
///
/// The outlines of the areas of the level in the area, in one answer for a map: simplified to
/// about 50, 20, 5 and 2 m for districts, towns, villages and grids, with five decimal places.
/// Neighbours keep their common border. The `ETag` is that of the version `borders` of
/// `GET /v1/areas`. Allowed roles: all.
#[utoipa::path(
    tag = "areas",
    operation_id = "list_outlines",
    params(("code" = AreaCode, Path, description = "The area"), OutlineQuery),
    responses(
        (
            status = OK, description = "The outlines, ordered by code", body = Collection,
            content_type = "application/geo+json",
            headers(("ETag" = String, description = "The version of the outlines")),
        ),
        (status = NOT_MODIFIED, description = "The outlines are unchanged"),
        openapi::Read,
    ),
)]
#[get("/areas/{code}/outlines")]
pub(crate) async fn list_outlines(
    request: HttpRequest,
    db: Data<Db>,
    cache: Data<OutlineCache>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
    Query(query): Query<OutlineQuery>,
) -> Result<HttpResponse, Problem> {
    principal.authorize(Action::ReadAreas, &code)?;
    let held = IfNoneMatch::of(&request)?;
    let (cache, area) = (cache.clone(), *code);
    let read = db.read(move |conn| {
        store::one(conn, &area)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(cache.read(conn, area.district(), query.level)?)
    });
    let outlines = read.await?;
    let etag = format!("\"b{}\"", outlines.version);
    if held.names(&etag) {
        return Ok(if_none_match::not_modified(etag));
    }
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("application/geo+json")
        .body(outlines.collection(&area)))
}

/// A point.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PointQuery {
    /// Latitude in degrees, WGS-84.
    #[param(minimum = -90, maximum = 90, example = 29.288)]
    lat: f64,
    /// Longitude in degrees, WGS-84.
    #[param(minimum = -180, maximum = 180, example = 106.259)]
    lon: f64,
}

/// Find the grid of a point
///
/// Returns the grid in the caller's area that contains the point. Allowed roles: all.
#[utoipa::path(
    tag = "areas",
    operation_id = "locate_area",
    params(PointQuery),
    responses((status = OK, description = "The grid", body = Area), openapi::Read),
)]
#[get("/areas/locate")]
pub(crate) async fn locate_area(
    db: Data<Db>,
    maps: Data<Maps>,
    Authenticated(principal): Authenticated,
    Query(point): Query<PointQuery>,
) -> Result<Json<Area>, Problem> {
    let place =
        Place::new(point.lat, point.lon).map_err(|error| Problem::unreadable("lat", error))?;
    let map = maps.of(&db, principal.area).await?;
    let grid = map.locate(place).ok_or_else(Problem::not_found)?;
    principal.authorize(Action::ReadAreas, &grid)?;
    let area = db.read(move |conn| store::one(conn, &grid)).await?;
    area.map(Json).ok_or_else(Problem::not_found)
}
