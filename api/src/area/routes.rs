//! The HTTP endpoints for areas.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use geojson::{Feature, JsonObject};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Action;
use gridward_domain::place::Place;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::map::Maps;
use super::model::AreaWithCounts;
use super::{Area, map, store};
use crate::auth::Authenticated;
use crate::clock::Clock;
use crate::http::Query;
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

/// List areas
///
/// Lists the current areas among the caller's area and its descendants, ordered by code.
/// Allowed roles: all.
#[utoipa::path(
    tag = "areas",
    operation_id = "list_areas",
    params(AreaQuery, PageQuery),
    responses((status = OK, description = "A page of areas", body = Page<Area>), openapi::Read),
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
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let areas = db.read(move |conn| store::list(conn, &principal.scope(), level, parent, &wanted));
    let areas = page::page(areas.await.map_err(Problem::from)?, limit, |area: &Area| area.code);
    Ok(areas.answer(request.path(), request.query_string()))
}

/// Get an area
///
/// Includes the totals of the area and its descendants. A closed area has `valid_to`. Allowed
/// roles: all.
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
        Ok::<_, Problem>(AreaWithCounts { area, counts })
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
    let geometry = match <[geo::Polygon; 1]>::try_from(outline.0) {
        Ok([polygon]) => geojson::Geometry::new(geojson::GeometryValue::from(&polygon)),
        Err(polygons) => {
            geojson::Geometry::new(geojson::GeometryValue::from(&geo::MultiPolygon(polygons)))
        }
    };
    let mut properties = JsonObject::new();
    properties.insert("code".to_owned(), code.as_str().into());
    let feature = Feature {
        bbox: None,
        geometry: Some(geometry),
        id: None,
        properties: Some(properties),
        foreign_members: None,
    };
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "private, max-age=3600"))
        .content_type("application/geo+json")
        .body(feature.to_string()))
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
