//! Travel times between places, in whole seconds.

use rayon::prelude::*;

use super::instance::{MOST_SECONDS, Seconds};
use gridward_domain::place::Place;

/// For fewer places, threads cost more than they save.
const MANY_PLACES: usize = 512;

/// The travel times from every place to every other, row by row.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    places: usize,
    seconds: Vec<Seconds>,
    symmetric: bool,
    metric: bool,
}

impl Matrix {
    /// The matrix with `places` rows; none if the size is wrong or a travel time is negative or too
    /// large. It need be neither symmetric nor metric.
    pub fn new(places: usize, seconds: Vec<Seconds>) -> Option<Self> {
        let fits = places.checked_mul(places) == Some(seconds.len());
        if !fits || seconds.iter().any(|way| !(0..=MOST_SECONDS).contains(way)) {
            return None;
        }
        let symmetric =
            (0..places).all(|a| (0..a).all(|b| seconds[a * places + b] == seconds[b * places + a]));
        Some(Self { places, seconds, symmetric, metric: false })
    }

    /// The matrix of the travel times `way`, which must be symmetric and keep the triangle
    /// inequality but for rounding.
    pub fn metric(places: usize, way: impl Fn(usize, usize) -> Seconds) -> Self {
        let mut seconds = vec![0; places * places];
        for a in 0..places {
            for b in 0..a {
                let length = way(a, b).clamp(0, MOST_SECONDS);
                seconds[a * places + b] = length;
                seconds[b * places + a] = length;
            }
        }
        Self { places, seconds, symmetric: true, metric: true }
    }

    /// The matrix of great-circle distances (on a sphere of radius 6,371,008.8 m) times
    /// `detour`, at `metres_a_second`, rounded to whole seconds.
    pub fn great_circle(places: &[Place], detour: f64, metres_a_second: f64) -> Self {
        let points: Vec<[f64; 3]> = places.iter().map(on_unit_sphere).collect();
        let count = points.len();
        let mut seconds = vec![0; count * count];
        // Both halves are computed: that is faster than copying columns.
        let fill = |(row, from): (&mut [Seconds], &[f64; 3])| {
            for (way, to) in row.iter_mut().zip(&points) {
                *way = rounded(RADIUS * angle(from, to) * detour / metres_a_second);
            }
        };
        if count < MANY_PLACES {
            seconds.chunks_mut(count.max(1)).zip(&points).for_each(fill);
        } else {
            seconds.par_chunks_mut(count).zip(&points).for_each(fill);
        }
        Self { places: count, seconds, symmetric: true, metric: true }
    }

    /// The number of places.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Whether the matrix is symmetric.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// Whether the triangle inequality is known to hold.
    pub fn is_metric(&self) -> bool {
        self.metric
    }

    /// The travel time from one place to another.
    #[inline]
    pub fn way(&self, from: usize, to: usize) -> Seconds {
        self.seconds[from * self.places + to]
    }

    /// The travel times from a place.
    #[inline]
    pub fn from(&self, place: usize) -> &[Seconds] {
        &self.seconds[place * self.places..][..self.places]
    }

    /// The transposed matrix.
    pub fn reversed(&self) -> Self {
        let n = self.places;
        let seconds = (0..n * n).map(|at| self.seconds[at % n * n + at / n]).collect();
        Self { places: n, seconds, symmetric: self.symmetric, metric: self.metric }
    }
}

/// The mean radius of the earth in metres.
const RADIUS: f64 = 6_371_008.8;

/// A place as a point of the unit sphere.
fn on_unit_sphere(place: &Place) -> [f64; 3] {
    let (lat, lon) = (place.lat().to_radians(), place.lon().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// The angle between two points of the unit sphere, by their chord. The haversine formula without
/// trigonometry for each pair.
fn angle(from: &[f64; 3], to: &[f64; 3]) -> f64 {
    let square = |axis: usize| (from[axis] - to[axis]) * (from[axis] - to[axis]);
    let chord = (square(0) + square(1) + square(2)).sqrt();
    2.0 * (chord / 2.0).min(1.0).asin()
}

/// Rounds to whole seconds, halves to even.
fn rounded(seconds: f64) -> Seconds {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a range that fits")]
    let rounded = seconds.round_ties_even().clamp(0.0, f64::from(MOST_SECONDS)) as Seconds;
    rounded
}

#[cfg(test)]
mod tests {
    use geo::{Distance, HaversineMeasure, Point};

    use super::*;

    #[test]
    fn distances_are_those_of_the_haversine_formula() {
        let at = |lat: f64, lon: f64| Place::new(lat, lon).expect("a place");
        let places: Vec<Place> = (0..60_u32)
            .map(|number| {
                let (north, east) = (f64::from(number % 7), f64::from(number % 11));
                at(29.0 + 0.013 * north + 1e-5 * f64::from(number), 106.0 + 0.017 * east)
            })
            .chain([at(-80.0, -170.0), at(80.0, 10.0), at(0.0, 0.0)])
            .collect();
        let matrix = Matrix::great_circle(&places, 1.3, 15.0 / 3.6);
        let globe = HaversineMeasure::new(RADIUS);
        let point = |place: &Place| Point::new(place.lon(), place.lat());
        for (a, from) in places.iter().enumerate() {
            for (b, to) in places.iter().enumerate() {
                let expected = globe.distance(point(from), point(to)) * 1.3 / (15.0 / 3.6);
                assert_eq!(matrix.way(a, b), rounded(expected), "{from:?} {to:?}");
                assert_eq!(matrix.way(a, b), matrix.way(b, a));
            }
        }
    }
}
