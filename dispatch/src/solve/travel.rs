//! The estimate of travel times.
//!
//! Travel time is the great-circle distance (haversine) times a detour factor, at the speed of the
//! mode, in whole minutes, rounded up.

use geo::{Distance, Haversine, Point};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use gridward_domain::place::Place;
use gridward_domain::time::Minutes;

/// The mode of travel.
///
/// Speeds are door to door on village roads, stops and parking included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// On foot, 4.5 km/h.
    Walk,
    /// By bicycle or electric bicycle, 15 km/h: the speed of the comparisons.
    #[default]
    Bicycle,
    /// By motorcycle, 30 km/h.
    Motorcycle,
    /// By car, 35 km/h.
    Car,
}

impl Mode {
    /// Speed along the road in metres per minute.
    pub const fn metres_a_minute(self) -> f64 {
        match self {
            Self::Walk => 4_500.0 / 60.0,
            Self::Bicycle => 15_000.0 / 60.0,
            Self::Motorcycle => 30_000.0 / 60.0,
            Self::Car => 35_000.0 / 60.0,
        }
    }
}

/// The travel model: road distance over straight-line distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    detour: f64,
}

/// A number outside the range of detour factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a detour factor must be a number from 1 to 10")]
pub struct DetourError;

impl Travel {
    /// The default detour factor.
    pub const DETOUR: f64 = 1.3;

    /// A travel model with this detour factor.
    ///
    /// # Errors
    /// Below 1, above 10 or not a number.
    pub fn with_detour(detour: f64) -> Result<Self, DetourError> {
        if (1.0..=10.0).contains(&detour) { Ok(Self { detour }) } else { Err(DetourError) }
    }

    /// Road distance over straight-line distance, 1 to 10.
    pub const fn detour(&self) -> f64 {
        self.detour
    }

    /// Travel time between two places, rounded up to whole minutes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a way is never negative, and half the Earth on foot at detour 10 is under 2^32"
    )]
    pub fn minutes(&self, from: Place, to: Place, mode: Mode) -> Minutes {
        if from == to {
            return Minutes(0);
        }
        let point = |place: Place| Point::new(place.lon(), place.lat());
        let metres = Haversine.distance(point(from), point(to)) * self.detour;
        Minutes((metres / mode.metres_a_minute()).ceil() as u32)
    }
}

impl Default for Travel {
    fn default() -> Self {
        Self { detour: Self::DETOUR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lat: f64, lon: f64) -> Place {
        Place::new(lat, lon).expect("a place")
    }

    #[test]
    fn a_hundredth_of_a_degree_north_is_six_minutes_by_bicycle_and_twenty_on_foot() {
        // 1,111.95 m straight, 1,445.5 m of road: 5.78 and 19.27 minutes.
        let (from, to) = (place(29.29, 106.25), place(29.30, 106.25));
        let travel = Travel::default();
        assert_eq!(travel.minutes(from, to, Mode::Bicycle), Minutes(6));
        assert_eq!(travel.minutes(from, to, Mode::Walk), Minutes(20));
        assert_eq!(travel.minutes(to, from, Mode::Walk), Minutes(20));
    }

    #[test]
    fn staying_takes_no_time() {
        let here = place(29.29, 106.25);
        assert_eq!(Travel::default().minutes(here, here, Mode::Walk), Minutes(0));
    }

    #[test]
    fn a_road_shorter_than_the_straight_line_is_refused() {
        for wrong in [0.99, 10.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Travel::with_detour(wrong), Err(DetourError));
        }
    }
}
