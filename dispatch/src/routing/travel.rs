//! Travel times between places, in whole seconds.

use geo::{Distance, HaversineMeasure, Point};

use super::instance::{MOST_SECONDS, Seconds};
use gridward_domain::place::Place;

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

    /// The matrix of great-circle distances (haversine on a sphere of radius 6,371,008.8 m) times
    /// `detour`, at `metres_a_second`, rounded to whole seconds.
    pub fn great_circle(places: &[Place], detour: f64, metres_a_second: f64) -> Self {
        let globe = HaversineMeasure::new(6_371_008.8);
        let point = |place: usize| Point::new(places[place].lon(), places[place].lat());
        Self::metric(places.len(), |a, b| {
            rounded(globe.distance(point(a), point(b)) * detour / metres_a_second)
        })
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

/// Rounds to whole seconds, halves to even.
fn rounded(seconds: f64) -> Seconds {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a range that fits")]
    let rounded = seconds.round_ties_even().clamp(0.0, f64::from(MOST_SECONDS)) as Seconds;
    rounded
}
