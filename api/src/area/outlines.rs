//! The outlines of all areas of a level, as features for a map.
//!
//! They are made for a whole district at a time, so that neighbours fit together in every answer,
//! and kept until an outline changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use geo::{MultiPolygon, Polygon};
use geojson::{Feature, Geometry, GeometryValue, JsonObject};
use gridward_domain::area::{AreaCode, Level};
use moka::sync::Cache;

use super::simplify::simplify;
use super::store::{self, Ring};
use super::{borders, map};
use crate::db::{Conn, DbError};

/// The maximum size of the kept features in bytes.
const KEPT_BYTES: u64 = 64 << 20;

/// The tolerance of the outlines of a level in degrees: about 50, 20, 5 and 2 m.
const fn tolerance(level: Level) -> f64 {
    match level {
        Level::District => 0.000_5,
        Level::Town => 0.000_2,
        Level::Village => 0.000_05,
        Level::Grid => 0.000_02,
    }
}

/// The outlines of the areas of a level in a district, as GeoJSON features by area.
#[derive(Debug)]
pub struct Outlines {
    /// The version of the district's outlines.
    pub version: i64,
    features: BTreeMap<AreaCode, String>,
}

impl Outlines {
    /// The outlines of `level` made of the rings of the grids.
    fn new(version: i64, level: Level, rings: Vec<(AreaCode, Ring)>) -> Self {
        let mut grids: BTreeMap<AreaCode, Vec<(AreaCode, Ring)>> = BTreeMap::new();
        for (grid, ring) in rings {
            if let Some(area) = grid.ancestor(level) {
                grids.entry(area).or_default().push((grid, ring));
            }
        }
        let (areas, grids): (Vec<AreaCode>, Vec<_>) = grids.into_iter().unzip();
        let outlines: Vec<MultiPolygon> = grids.into_iter().map(map::union).collect();
        let simple = simplify(&outlines, tolerance(level)).into_iter();
        let features = areas.into_iter().zip(simple).map(|(area, outline)| {
            let feature = feature(area, outline).to_string();
            (area, feature)
        });
        Self { version, features: features.collect() }
    }

    /// A GeoJSON feature collection of the areas inside `area`.
    pub fn collection(&self, area: &AreaCode) -> String {
        let inside = self.features.iter().filter(|(code, _)| area.contains(code));
        let features: Vec<&str> = inside.map(|(_, feature)| feature.as_str()).collect();
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
    }

    fn bytes(&self) -> u32 {
        let bytes: usize = self.features.values().map(String::len).sum();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

/// The feature of an area with this outline: a polygon, or a multipolygon if it has several parts.
pub fn feature(area: AreaCode, outline: MultiPolygon) -> Feature {
    let geometry = match <[Polygon; 1]>::try_from(outline.0) {
        Ok([polygon]) => GeometryValue::from(&polygon),
        Err(polygons) => GeometryValue::from(&MultiPolygon(polygons)),
    };
    let mut properties = JsonObject::new();
    properties.insert("code".to_owned(), area.as_str().into());
    Feature {
        bbox: None,
        geometry: Some(Geometry::new(geometry)),
        id: None,
        properties: Some(properties),
        foreign_members: None,
    }
}

/// The outlines of districts, by level.
#[derive(Clone)]
pub struct OutlineCache(Cache<(AreaCode, Level), Arc<Outlines>>);

impl Default for OutlineCache {
    fn default() -> Self {
        let weigh = |_: &(AreaCode, Level), outlines: &Arc<Outlines>| outlines.bytes();
        Self(Cache::builder().weigher(weigh).max_capacity(KEPT_BYTES).build())
    }
}

impl OutlineCache {
    /// The current outlines of `level` in the district.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        &self,
        conn: &mut Conn,
        district: AreaCode,
        level: Level,
    ) -> Result<Arc<Outlines>, DbError> {
        let version = borders::version(conn, district)?;
        let key = (district, level);
        if let Some(kept) = self.0.get(&key).filter(|kept| kept.version == version) {
            return Ok(kept);
        }
        let rings = store::rings(conn, &district.range())?;
        let outlines = Arc::new(Outlines::new(version, level, rings));
        self.0.insert(key, Arc::clone(&outlines));
        Ok(outlines)
    }
}
