//! Invalid outlines: a ring that crosses itself or has a spike, and grids that
//! overlap.
//!
//! Candidates come from an R-tree of boxes, so that the time is nearly linear in the
//! points of a ring and the grids of a district. (The validation of the `geo` crate
//! compares every line of a ring with every other.)

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Area, BooleanOps, Coord, Line, LineString, Polygon};
use gridward_domain::place::Place;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// The tolerated overlap, as a share of the smaller grid: outlines are drawn
/// separately, so the edges of neighbours never match exactly.
const SLIVER: f64 = 0.01;
/// The distance in degrees below which a point is on a line: about a centimetre.
const NEAR: f64 = 1e-7;

type Tree = RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>;

/// A defect of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// Two lines cross or touch.
    Crossing,
    /// A spike: the ring goes out and returns on the same line.
    Spike,
}

/// The first defect of a closed ring.
pub(super) fn defect(ring: &[Place]) -> Option<Defect> {
    let lines: Vec<Line> = line_string(ring).lines().filter(|line| line.delta() != ZERO).collect();
    let tree = tree(lines.iter().map(|line| frame([line.start, line.end])));
    let count = lines.len();
    let mut found = None;
    for (at, line) in lines.iter().enumerate() {
        let near = tree.locate_in_envelope_intersecting(frame([line.start, line.end]));
        for other in near.map(|near| near.data).filter(|other| *other > at) {
            let meeting = line_intersection(*line, lines[other]);
            let neighbours = other == at + 1 || (at == 0 && other == count - 1);
            match meeting {
                Some(LineIntersection::Collinear { .. }) if neighbours => {
                    return Some(Defect::Spike);
                }
                Some(_) if !neighbours => found = Some(Defect::Crossing),
                _ => {}
            }
        }
    }
    found
}

const ZERO: Coord = Coord { x: 0.0, y: 0.0 };

/// For each of `rings`, the indices of earlier rings that it overlaps, at most
/// `most`.
pub(super) fn overlaps(rings: &[&[Place]], most: usize) -> Vec<Vec<usize>> {
    let polygons: Vec<Polygon> =
        rings.iter().map(|ring| Polygon::new(line_string(ring), vec![])).collect();
    let frames: Vec<AABB<[f64; 2]>> =
        polygons.iter().map(|polygon| frame(polygon.exterior().coords().copied())).collect();
    let tree = tree(frames.iter().copied());
    let earlier = |at: usize| {
        let near = tree.locate_in_envelope_intersecting(frames[at]).map(|near| near.data);
        let mut near: Vec<usize> = near.filter(|other| *other < at).collect();
        near.sort_unstable();
        near.into_iter()
            .filter(|other| overlap(&polygons[at], &polygons[*other]))
            .take(most)
            .collect()
    };
    (0..polygons.len()).map(earlier).collect()
}

/// Whether the two overlap by more than the tolerance.
fn overlap(one: &Polygon, other: &Polygon) -> bool {
    if is_separated(one, other) || is_separated(other, one) {
        return false;
    }
    let tolerated = SLIVER * one.unsigned_area().min(other.unsigned_area());
    one.intersection(other).unsigned_area() > tolerated
}

/// Whether an edge of `one` separates the two, as for most neighbours; much faster
/// than computing their intersection.
fn is_separated(one: &Polygon, other: &Polygon) -> bool {
    let mut edges = one.exterior().lines().filter(|edge| edge.delta() != ZERO);
    edges.any(|edge| {
        let delta = edge.delta() / edge.dx().hypot(edge.dy());
        let left = |c: &Coord| delta.x * (c.y - edge.start.y) - delta.y * (c.x - edge.start.x);
        let is_left = |polygon: &Polygon| polygon.exterior().coords().all(|c| left(c) >= -NEAR);
        let is_right = |polygon: &Polygon| polygon.exterior().coords().all(|c| left(c) <= NEAR);
        (is_left(one) && is_right(other)) || (is_right(one) && is_left(other))
    })
}

fn line_string(ring: &[Place]) -> LineString {
    ring.iter().map(|place| Coord { x: place.lon(), y: place.lat() }).collect()
}

fn frame(corners: impl IntoIterator<Item = Coord>) -> AABB<[f64; 2]> {
    let corners: Vec<[f64; 2]> = corners.into_iter().map(|c| [c.x, c.y]).collect();
    AABB::from_points(&corners)
}

fn tree(frames: impl Iterator<Item = AABB<[f64; 2]>>) -> Tree {
    let boxes = frames.enumerate().map(|(at, frame)| {
        GeomWithData::new(Rectangle::from_corners(frame.lower(), frame.upper()), at)
    });
    RTree::bulk_load(boxes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(f64, f64)]) -> Vec<Place> {
        points.iter().map(|(lon, lat)| Place::new(*lat, *lon).expect("a place")).collect()
    }

    fn square(west: f64, side: f64) -> Vec<Place> {
        let east = west + side;
        ring(&[(west, 0.0), (east, 0.0), (east, side), (west, side), (west, 0.0)])
    }

    #[test]
    fn a_simple_ring_has_no_defect() {
        assert_eq!(defect(&square(0.0, 1.0)), None);
        let concave = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (1.0, 0.5), (0.0, 2.0), (0.0, 0.0)];
        assert_eq!(defect(&ring(&concave)), None);
        let doubled = [(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0)];
        assert_eq!(defect(&ring(&doubled)), None, "a point that is repeated is no line");
        let straight = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 0.0)];
        assert_eq!(defect(&ring(&straight)), None, "a point in the midst of a straight edge");
    }

    #[test]
    fn a_ring_that_crosses_or_touches_itself_is_found() {
        let bow_tie = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.1), (0.0, 0.0)];
        assert_eq!(defect(&ring(&bow_tie)), Some(Defect::Crossing));
        let eight =
            [(0.0, 0.0), (2.0, 2.0), (4.0, 0.0), (4.0, 3.0), (2.0, 2.0), (0.0, 3.0), (0.0, 0.0)];
        assert_eq!(defect(&ring(&eight)), Some(Defect::Crossing));
    }

    #[test]
    fn a_spike_is_found_wherever_it_begins() {
        let spike = [(0.0, 0.0), (1.0, 0.0), (5.0, 2.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        for turn in 0..spike.len() {
            let mut points = spike;
            points.rotate_left(turn);
            let closed = [&points[..], &points[..1]].concat();
            assert_eq!(defect(&ring(&closed)), Some(Defect::Spike), "{turn}");
        }
        let short = [(0.0, 0.0), (3.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)];
        assert_eq!(defect(&ring(&short)), Some(Defect::Spike), "it comes back part of the way");
    }

    #[test]
    fn neighbours_may_share_edges_and_slivers_but_no_more() {
        let rings = [square(0.0, 1.0), square(1.0, 1.0), square(1.995, 1.0), square(2.5, 1.0)];
        let rings: Vec<&[Place]> = rings.iter().map(Vec::as_slice).collect();
        assert_eq!(overlaps(&rings, 3), [vec![], vec![], vec![], vec![2]]);
    }

    #[test]
    fn neighbours_that_no_line_separates_do_not_overlap() {
        let hook =
            [(0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (2.0, 3.0), (2.0, 1.0), (0.0, 1.0), (0.0, 0.0)];
        let held = [(0.0, 1.0), (2.0, 1.0), (2.0, 3.0), (0.0, 3.0), (0.0, 1.0)];
        let deep = [(0.0, 0.9), (2.1, 0.9), (2.1, 3.0), (0.0, 3.0), (0.0, 0.9)];
        let rings = [ring(&hook), ring(&held), ring(&deep)];
        let rings: Vec<&[Place]> = rings.iter().map(Vec::as_slice).collect();
        assert_eq!(overlaps(&rings, 3), [vec![], vec![], vec![0, 1]]);
    }

    #[test]
    fn a_grid_inside_another_overlaps_it_and_only_so_many_are_named() {
        let rings = [square(0.0, 1.0), square(0.0, 1.0), square(0.0, 1.0), square(0.0, 0.5)];
        let rings: Vec<&[Place]> = rings.iter().map(Vec::as_slice).collect();
        assert_eq!(overlaps(&rings, 2), [vec![], vec![0], vec![0, 1], vec![0, 1]]);
    }
}
