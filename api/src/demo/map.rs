//! The areas and their outlines. Villages and grids are rectangles: that of the
//! district is halved recursively along its longer side, so that they tile it without
//! gaps or overlaps and each village contains its point.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::place::Place;

use super::draw::Draw;
use crate::load::record::{AreaRecord, OutlineRecord};

/// The district, towns and villages: code, name, lat, lon.
const JIANGJIN: &str = include_str!("jiangjin.csv");
/// West, south, east and north of the district, in hundred-thousandths of a
/// degree: whole numbers, so that edges meet exactly.
const DISTRICT: Rect =
    Rect { west: 10_580_000, south: 2_845_000, east: 10_665_000, north: 2_950_000 };

/// The map of a district.
pub(super) struct Map {
    pub(super) areas: Vec<AreaRecord>,
    pub(super) outlines: Vec<OutlineRecord>,
    /// The grids in the order of their codes.
    pub(super) grids: Vec<Grid>,
}

/// A grid with its name in addresses.
pub(super) struct Grid {
    pub(super) code: AreaCode,
    pub(super) address: String,
    rect: Rect,
}

impl Grid {
    /// A point of the grid: `x` and `y` from 0 (west, south) to 1.
    pub(super) fn at(&self, x: f64, y: f64) -> Place {
        // Slightly inside, so that rounding never moves a point to the edge.
        let within = |share: f64| share.clamp(0.02, 0.98);
        let lon =
            f64::from(self.rect.west) + f64::from(self.rect.east - self.rect.west) * within(x);
        let lat =
            f64::from(self.rect.south) + f64::from(self.rect.north - self.rect.south) * within(y);
        place(lon.round(), lat.round())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rect {
    west: i32,
    south: i32,
    east: i32,
    north: i32,
}

struct Named {
    code: AreaCode,
    name: String,
    lon: i32,
    lat: i32,
}

/// A point in hundred-thousandths of a degree.
fn place(lon: f64, lat: f64) -> Place {
    #[expect(clippy::expect_used, reason = "all points lie in the district's rectangle")]
    Place::new(lat / 1e5, lon / 1e5).expect("in range")
}

/// The towns and villages of Jiangjin, in the order of their codes.
fn named() -> Vec<Named> {
    let degrees = |text: &str| text.parse::<f64>().ok();
    #[expect(clippy::cast_possible_truncation, reason = "degrees times 1e5 fit an i32")]
    let fine = |degrees: f64| (degrees * 1e5).round() as i32;
    let line = |line: &str| {
        let mut fields = line.split(',');
        let code = fields.next()?.parse().ok()?;
        let name = fields.next()?.to_owned();
        let (lat, lon) = (degrees(fields.next()?)?, degrees(fields.next()?)?);
        Some(Named { code, name, lon: fine(lon), lat: fine(lat) })
    };
    JIANGJIN.lines().skip(1).filter_map(line).collect()
}

/// Draws a district of `grids` grids.
pub(super) fn draw(grids: usize, draw: &mut Draw) -> Map {
    let named = named();
    let all: Vec<&Named> = named.iter().filter(|one| one.code.level() == Level::Village).collect();
    let villages = &all[..(grids * all.len()).div_ceil(super::GRIDS).min(all.len())];
    let counts = share_out(grids, villages.len(), draw);
    let mut rects = vec![DISTRICT; villages.len()];
    let order: Vec<usize> = (0..villages.len()).collect();
    split_villages(villages, order, DISTRICT, &mut rects);
    let mut map = Map { areas: vec![], outlines: vec![], grids: vec![] };
    for ((village, rect), count) in villages.iter().zip(rects).zip(counts) {
        let mut cells = Vec::with_capacity(count);
        split_grids(rect, count, draw, &mut cells);
        let town = village.code.ancestor(Level::Town);
        let town = named.iter().find(|one| Some(one.code) == town);
        let town = town.map_or("", |town| town.name.as_str());
        for (cell, n) in cells.into_iter().zip(1..) {
            #[expect(
                clippy::expect_used,
                reason = "twelve digits and three more are a grid's code"
            )]
            let code = format!("{}{n:03}", village.code).parse().expect("a code");
            let address = format!("{town}{}{n}网格", village.name);
            map.outlines.push(OutlineRecord { grid: code, ring: ring(cell) });
            map.grids.push(Grid { code, address, rect: cell });
        }
    }
    map.areas = areas(&named, &map.grids);
    map
}

/// The number of grids per village: at least one, mostly between 0.5 and 1.5 times the
/// average.
#[expect(clippy::cast_precision_loss, reason = "counts of grids are small")]
fn share_out(grids: usize, villages: usize, draw: &mut Draw) -> Vec<usize> {
    let weights: Vec<f64> = (0..villages).map(|_| draw.between(0.5, 1.5)).collect();
    let sum: f64 = weights.iter().sum();
    let spare = (grids - villages) as f64;
    let mut counts = Vec::with_capacity(villages);
    let (mut passed, mut given) = (0.0, 0);
    for weight in weights {
        passed += weight;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count, rounded"
        )]
        let until = (spare * passed / sum).round() as usize;
        counts.push(1 + until - given);
        given = until;
    }
    counts
}

/// Assigns each village of `order` its rectangle of `rect`, which is split between the
/// two middle villages along the longer side.
fn split_villages(villages: &[&Named], mut order: Vec<usize>, rect: Rect, rects: &mut [Rect]) {
    if let [only] = order.as_slice() {
        rects[*only] = rect;
        return;
    }
    let wide = rect.east - rect.west >= rect.north - rect.south;
    let along = |n: &usize| if wide { villages[*n].lon } else { villages[*n].lat };
    order.sort_by_key(|n| (along(n), *n));
    let upper = order.split_off(order.len() / 2);
    let last = order.last().map_or(0, along);
    let cut = i32::midpoint(last, upper.first().map_or(last, along));
    let (low, high) = if wide {
        (Rect { east: cut, ..rect }, Rect { west: cut, ..rect })
    } else {
        (Rect { north: cut, ..rect }, Rect { south: cut, ..rect })
    };
    split_villages(villages, order, low, rects);
    split_villages(villages, upper, high, rects);
}

/// Splits `rect` into `count` grids.
#[expect(clippy::cast_precision_loss, reason = "counts of grids are small")]
fn split_grids(rect: Rect, count: usize, draw: &mut Draw, cells: &mut Vec<Rect>) {
    if count <= 1 {
        cells.push(rect);
        return;
    }
    let half = count / 2;
    let share = half as f64 / count as f64 * draw.between(0.85, 1.15);
    let wide = rect.east - rect.west >= rect.north - rect.south;
    let (from, to) = if wide { (rect.west, rect.east) } else { (rect.south, rect.north) };
    #[expect(clippy::cast_possible_truncation, reason = "between two i32")]
    let cut = from + (f64::from(to - from) * share).round() as i32;
    let (low, high) = if wide {
        (Rect { east: cut, ..rect }, Rect { west: cut, ..rect })
    } else {
        (Rect { north: cut, ..rect }, Rect { south: cut, ..rect })
    };
    split_grids(low, half, draw, cells);
    split_grids(high, count - half, draw, cells);
}

fn ring(rect: Rect) -> Vec<Place> {
    let Rect { west, south, east, north } = rect;
    let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    corners.into_iter().map(|(lon, lat)| place(lon.into(), lat.into())).collect()
}

/// All areas that have grids, the district first. The point of a larger area is that of
/// its first grid, so that it is always inside.
fn areas(named: &[Named], grids: &[Grid]) -> Vec<AreaRecord> {
    let larger = named.iter().filter_map(|one| {
        let first = grids.iter().find(|grid| one.code.contains(&grid.code))?;
        Some(AreaRecord { code: one.code, name: one.name.clone(), place: first.at(0.5, 0.5) })
    });
    let own = grids.iter().map(|grid| {
        let n = grid.code.as_str()[12..].trim_start_matches('0');
        AreaRecord { code: grid.code, name: format!("第{n}网格"), place: grid.at(0.5, 0.5) }
    });
    let mut areas: Vec<AreaRecord> = larger.chain(own).collect();
    areas.sort_by_key(|area| (area.level(), area.code));
    areas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(rect: &Rect) -> i64 {
        i64::from(rect.east - rect.west) * i64::from(rect.north - rect.south)
    }

    #[test]
    fn the_grids_tile_the_district_without_gap_or_overlap() {
        let map = draw(700, &mut Draw::new(3, "map"));
        let sum: i64 = map.grids.iter().map(|grid| area(&grid.rect)).sum();
        assert_eq!(sum, area(&DISTRICT));
        for (n, one) in map.grids.iter().enumerate() {
            assert!(area(&one.rect) > 0, "{:?}", one.rect);
            let apart = |other: &Rect| {
                let one = &one.rect;
                other.west >= one.east
                    || other.east <= one.west
                    || other.south >= one.north
                    || other.north <= one.south
            };
            assert!(map.grids[n + 1..].iter().all(|other| apart(&other.rect)));
        }
    }
}
