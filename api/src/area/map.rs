//! Finds the grid that contains a point, and the outlines of areas.
//!
//! The grid polygons of a district are kept in an R-tree in memory, loaded on first use and
//! reloaded when an outline has changed.

use std::sync::Arc;

use geo::{
    Coord, Distance, Euclidean, LineString, MapCoords, MultiPolygon, Point, Polygon, unary_union,
};
use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;
use moka::sync::Cache;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::borders;
use super::store::{self, Ring};
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::tx::Db;

/// The maximum number of districts in memory.
const DISTRICTS: u64 = 64;

/// The polygons of a district's grids, indexed by position.
pub struct Map {
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
    grids: Vec<(AreaCode, Polygon)>,
}

impl Map {
    /// Builds the map from grids and their outer rings of `[lon, lat]`.
    pub fn new(rings: Vec<(AreaCode, Ring)>) -> Self {
        let grids: Vec<(AreaCode, Polygon)> =
            rings.into_iter().map(|(code, ring)| (code, polygon(ring))).collect();
        let boxes = grids.iter().enumerate().map(|(at, (_, polygon))| {
            let corners: Vec<[f64; 2]> = polygon.exterior().coords().map(|c| [c.x, c.y]).collect();
            let frame = AABB::from_points(&corners);
            GeomWithData::new(Rectangle::from_corners(frame.lower(), frame.upper()), at)
        });
        Self { tree: RTree::bulk_load(boxes.collect()), grids }
    }

    /// The distance of `place` from the grid in metres, zero inside; `None` if the grid has no
    /// outline.
    pub fn distance_m(&self, grid: &AreaCode, place: Place) -> Option<f64> {
        /// The length of a degree of latitude.
        const METRES: f64 = 111_195.0;
        let (_, polygon) = self.grids.iter().find(|(code, _)| code == grid)?;
        let shrink = place.lat().to_radians().cos();
        // Around the place, the earth is flat.
        let flat = polygon.map_coords(|Coord { x, y }| Coord {
            x: (x - place.lon()) * shrink * METRES,
            y: (y - place.lat()) * METRES,
        });
        Some(Euclidean.distance(&Point::new(0.0, 0.0), &flat))
    }

    /// The grid that contains `place`; on a shared edge, the grid with the smaller code.
    pub fn locate(&self, place: Place) -> Option<AreaCode> {
        let point = Coord { x: place.lon(), y: place.lat() };
        let frames = self.tree.locate_all_at_point([point.x, point.y]);
        frames
            .filter_map(|frame| self.grids.get(frame.data))
            .filter(|(_, polygon)| geo::Intersects::intersects(polygon, &point))
            .map(|(code, _)| *code)
            .min()
    }
}

fn polygon(ring: Ring) -> Polygon {
    let ring = ring.into_iter().map(|[x, y]| Coord { x, y }).collect();
    Polygon::new(LineString::new(ring), vec![])
}

/// The outline of the area made of `rings`: their union, rounded to a millionth of a degree
/// (a tenth of a metre), since the noise of the union is far smaller.
pub fn union(rings: Vec<(AreaCode, Ring)>) -> MultiPolygon {
    let polygons: Vec<Polygon> = rings.into_iter().map(|(_, ring)| polygon(ring)).collect();
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    unary_union(&polygons).map_coords(|Coord { x, y }| Coord { x: round(x), y: round(y) })
}

/// A map with the version of the outlines.
type Versioned = (i64, Arc<Map>);

/// The maps of districts, kept until an outline changes.
#[derive(Clone)]
pub struct Maps(Cache<AreaCode, Versioned>);

impl Default for Maps {
    fn default() -> Self {
        Self(Cache::new(DISTRICTS))
    }
}

impl Maps {
    /// The map of the district that contains `area`.
    ///
    /// # Errors
    /// 503 when the database is unavailable.
    pub async fn of(&self, db: &Db, area: AreaCode) -> Result<Arc<Map>, Problem> {
        let maps = self.clone();
        Ok(db.read(move |conn| maps.read(conn, area.district())).await?)
    }

    fn read(&self, conn: &mut Conn, district: AreaCode) -> Result<Arc<Map>, DbError> {
        let version = borders::version(conn, district)?;
        if let Some((_, map)) = self.0.get(&district).filter(|(known, _)| *known == version) {
            return Ok(map);
        }
        let map = Arc::new(Map::new(store::rings(conn, &district.range())?));
        self.0.insert(district, (version, Arc::clone(&map)));
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(code: &str, west: f64, south: f64) -> (AreaCode, Vec<[f64; 2]>) {
        let (east, north) = (west + 0.01, south + 0.01);
        let ring = vec![[west, south], [east, south], [east, north], [west, north], [west, south]];
        (code.parse().expect("a code"), ring)
    }

    fn squares() -> Vec<(AreaCode, Ring)> {
        vec![square("500116001002001", 106.0, 29.0), square("500116001002002", 106.01, 29.0)]
    }

    fn at(lat: f64, lon: f64) -> Place {
        Place::new(lat, lon).expect("a place")
    }

    #[test]
    fn a_point_is_found_in_its_grid_and_one_outside_in_none() {
        let map = Map::new(squares());
        let code = |code: &str| Some(code.parse::<AreaCode>().expect("a code"));
        assert_eq!(map.locate(at(29.005, 106.005)), code("500116001002001"));
        assert_eq!(map.locate(at(29.005, 106.015)), code("500116001002002"));
        assert_eq!(map.locate(at(29.005, 106.01)), code("500116001002001"), "on the edge");
        assert_eq!(map.locate(at(29.02, 106.005)), None);
    }

    #[test]
    fn a_place_is_so_many_metres_from_a_grid() {
        let (map, first) = (Map::new(squares()), "500116001002001".parse().expect("a code"));
        let metres = |lat, lon| map.distance_m(&first, at(lat, lon)).map(f64::round);
        assert_eq!(metres(29.005, 106.005), Some(0.0));
        assert_eq!(metres(29.02, 106.005), Some(1112.0));
        assert_eq!(metres(29.005, 106.02), Some(972.0));
        let unknown = "500116001002009".parse().expect("a code");
        assert_eq!(map.distance_m(&unknown, at(29.005, 106.005)), None);
    }

    #[test]
    fn the_outline_of_two_grids_is_the_edge_around_both() {
        let outline = union(squares());
        assert_eq!(outline.0.len(), 1);
        let area = geo::Area::unsigned_area(&outline);
        assert!((area - 0.01 * 0.02).abs() < 1e-12, "{area}");
        assert!(outline.0[0].exterior().coords().any(|c| *c == Coord { x: 106.02, y: 29.01 }));
    }
}
