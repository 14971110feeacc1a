//! Simplifies outlines without opening gaps between neighbours.
//!
//! Outlines that touch share vertices. They are cut into arcs where three or more meet, or where
//! one ends; an arc between two areas therefore occurs once in each, and is simplified (Ramer,
//! Douglas and Peucker) in the same direction for both, to the same points. The vertices where
//! arcs meet stay. If two neighbours do not share the vertices of their common border, each is
//! simplified by itself, and the gap between them is at most twice the tolerance.

use std::collections::{HashMap, HashSet};

use geo::{Coord, LineString, MultiPolygon, Polygon, Simplify as _};

/// The units of a degree in which vertices are compared and written: about 1.1 m.
const UNITS: f64 = 1e5;
/// The fewest points of a ring, of which the last equals the first.
const SMALLEST: usize = 4;

/// A vertex in units: longitude and latitude.
type Vertex = (i32, i32);

/// The points of a ring, without the repetition of the first.
type Ring = Vec<Vertex>;

/// The outlines in units of a hundred-thousandth of a degree, simplified up to `tolerance`
/// degrees.
pub fn simplify(outlines: &[MultiPolygon], tolerance: f64) -> Vec<MultiPolygon> {
    let rings = || outlines.iter().flat_map(|outline| &outline.0).flat_map(rings_of);
    let nodes = nodes(rings().map(ring));
    let simple = |line: &LineString| simple(&ring(line), &nodes, tolerance);
    let polygon = |polygon: &Polygon| {
        let holes = polygon.interiors().iter().map(simple).collect();
        Polygon::new(simple(polygon.exterior()), holes)
    };
    outlines.iter().map(|outline| outline.0.iter().map(polygon).collect()).collect()
}

fn rings_of(polygon: &Polygon) -> impl Iterator<Item = &LineString> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// The vertices of a closed line, each different from the one before.
fn ring(line: &LineString) -> Ring {
    #[expect(clippy::cast_possible_truncation, reason = "360 degrees are 36 million units")]
    let units = |degrees: f64| (degrees * UNITS).round() as i32;
    let mut ring: Ring = line.coords().map(|point| (units(point.x), units(point.y))).collect();
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring
}

/// The vertices that the rings pass on more than one way: where arcs meet.
fn nodes(rings: impl Iterator<Item = Ring>) -> HashSet<Vertex> {
    let mut ways: HashMap<Vertex, (Vertex, Vertex)> = HashMap::new();
    let mut nodes = HashSet::new();
    for ring in rings {
        for (at, &vertex) in ring.iter().enumerate() {
            let before = ring[(at + ring.len() - 1) % ring.len()];
            let after = ring[(at + 1) % ring.len()];
            let way = (before.min(after), before.max(after));
            if *ways.entry(vertex).or_insert(way) != way {
                nodes.insert(vertex);
            }
        }
    }
    nodes
}

/// The ring with its arcs simplified; as it is if little would be left of it.
fn simple(ring: &Ring, nodes: &HashSet<Vertex>, tolerance: f64) -> LineString {
    // A ring without nodes is one arc, which begins at the same vertex in both directions.
    let first = ring.iter().position(|vertex| nodes.contains(vertex));
    let smallest = || ring.iter().enumerate().min_by_key(|(_, vertex)| **vertex);
    let first = first.or_else(|| smallest().map(|(at, _)| at)).unwrap_or_default();
    let closed: Ring = ring.iter().cycle().skip(first).take(ring.len() + 1).copied().collect();
    let mut points = Vec::with_capacity(closed.len());
    let mut from = 0;
    for at in 1..closed.len() {
        if at + 1 == closed.len() || nodes.contains(&closed[at]) {
            points.pop();
            points.extend(arc(&closed[from..=at], tolerance));
            from = at;
        }
    }
    if points.len() >= SMALLEST { line(points) } else { line(closed) }
}

/// The simplified arc: the same points in either direction.
fn arc(points: &[Vertex], tolerance: f64) -> Vec<Vertex> {
    let backwards = points.iter().rev().lt(points);
    let mut points = points.to_vec();
    if backwards {
        points.reverse();
    }
    let coords = points.iter().map(|(x, y)| Coord { x: f64::from(*x), y: f64::from(*y) });
    let simple = LineString::new(coords.collect()).simplify(tolerance * UNITS);
    #[expect(clippy::cast_possible_truncation, reason = "they were units before")]
    let units = |coord: &Coord| (coord.x as i32, coord.y as i32);
    let mut simple: Vec<Vertex> = simple.coords().map(units).collect();
    if backwards {
        simple.reverse();
    }
    simple
}

fn line(points: Vec<Vertex>) -> LineString {
    let degrees = |units: i32| f64::from(units) / UNITS;
    points.into_iter().map(|(x, y)| Coord { x: degrees(x), y: degrees(y) }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use geo::Area as _;
    use proptest::prelude::*;

    use super::*;

    const SIDE: i32 = 1_000;

    /// A wavy line from one corner of a chessboard to the next, the same in both directions.
    fn wave(from: Vertex, to: Vertex, wiggles: &[i32]) -> Vec<Vertex> {
        let ordered = from.min(to);
        let (dx, dy) = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
        let steps = i32::try_from(wiggles.len()).expect("few") + 1;
        let mut line = vec![from];
        for step in 1..steps {
            let along = SIDE * step / steps;
            let index = if from == ordered { step - 1 } else { steps - 1 - step };
            let aside = wiggles[usize::try_from(index).expect("an index")];
            let aside = if dx == 0 { (aside, 0) } else { (0, aside) };
            let along = if from == ordered { along } else { SIDE - SIDE * (steps - step) / steps };
            line.push((from.0 + dx * along + aside.0, from.1 + dy * along + aside.1));
        }
        line
    }

    /// The squares of a chessboard with wavy edges.
    fn board(size: i32, wiggles: &[i32]) -> Vec<MultiPolygon> {
        let mut squares = Vec::new();
        for (column, row) in (0..size).flat_map(|column| (0..size).map(move |row| (column, row))) {
            let corner = |right: i32, up: i32| ((column + right) * SIDE, (row + up) * SIDE);
            let corners = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1), corner(0, 0)];
            let ring: Vec<Vertex> =
                corners.windows(2).flat_map(|side| wave(side[0], side[1], wiggles)).collect();
            let closed = ring.iter().copied().chain(ring.first().copied()).collect();
            squares.push(MultiPolygon(vec![Polygon::new(line(closed), vec![])]));
        }
        squares
    }

    /// The sides of all rings, each with the number of times that it is passed, in one direction
    /// less the other.
    fn sides(outlines: &[MultiPolygon]) -> BTreeMap<(Vertex, Vertex), i32> {
        let mut sides = BTreeMap::new();
        for line in outlines.iter().flat_map(|outline| &outline.0).flat_map(rings_of) {
            let ring = ring(line);
            for (at, &from) in ring.iter().enumerate() {
                let to = ring[(at + 1) % ring.len()];
                let direction = if from < to { 1 } else { -1 };
                *sides.entry((from.min(to), from.max(to))).or_default() += direction;
            }
        }
        sides
    }

    proptest! {
        #[test]
        fn neighbours_share_every_side_after_as_before(
            size in 2..4_i32,
            wiggles in proptest::collection::vec(-90..90_i32, 1..9),
            tolerance in 0..200_u32,
        ) {
            let tolerance = f64::from(tolerance) / UNITS;
            let squares = simplify(&board(size, &wiggles), tolerance);
            // A side inside the board is passed once in each direction; one at its edge once.
            let open = sides(&squares).into_iter().filter(|(_, balance)| *balance != 0);
            let inner = |(x, y): Vertex| {
                (100..size * SIDE - 100).contains(&x) && (100..size * SIDE - 100).contains(&y)
            };
            for ((from, to), _) in open {
                prop_assert!(!inner(from) || !inner(to), "a gap at {from:?} {to:?}");
            }
        }
    }

    #[test]
    fn small_bends_go_and_the_area_stays_nearly_the_same() {
        let wavy = board(2, &[3, -3, 3, -3, 3]);
        let plain = simplify(&wavy, 10.0 / UNITS);
        assert!(plain.iter().all(|square| square.0[0].exterior().0.len() == 5), "{plain:?}");
        for (before, after) in wavy.iter().zip(&plain) {
            let (before, after) = (before.unsigned_area(), after.unsigned_area());
            assert!((before - after).abs() < before / 100.0);
        }
    }

    #[test]
    fn an_enclave_fits_its_hole() {
        let ring = |reverse: bool| {
            let mut ring = wave((0, 0), (SIDE, 0), &[7, -5, 30]);
            ring.extend(wave((SIDE, 0), (SIDE, SIDE), &[2]));
            ring.extend(wave((SIDE, SIDE), (0, 0), &[]));
            if reverse {
                ring.reverse();
            }
            ring.push(ring[0]);
            line(ring)
        };
        let around = line(vec![
            (-SIDE, -SIDE),
            (3 * SIDE, -SIDE),
            (3 * SIDE, 3 * SIDE),
            (-SIDE, 3 * SIDE),
            (-SIDE, -SIDE),
        ]);
        let enclave = MultiPolygon(vec![Polygon::new(ring(false), vec![])]);
        let outer = MultiPolygon(vec![Polygon::new(around, vec![ring(true)])]);
        let simple = simplify(&[enclave, outer], 10.0 / UNITS);
        let points =
            |line: &LineString| -> HashSet<Vertex> { super::ring(line).into_iter().collect() };
        let (inside, hole) = (simple[0].0[0].exterior(), &simple[1].0[0].interiors()[0]);
        assert_eq!(points(inside), points(hole));
        assert!(points(inside).len() < 7);
    }

    #[test]
    fn a_ring_smaller_than_the_tolerance_stays_a_ring() {
        let tiny = line(vec![(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)]);
        let tiny = MultiPolygon(vec![Polygon::new(tiny, vec![])]);
        let simple = simplify(std::slice::from_ref(&tiny), 1.0);
        assert!(simple[0].unsigned_area() > 0.0, "{simple:?}");
    }
}
