//! The estimate of travel times.
//!
//! Travel time is the great-circle distance (haversine) times a detour factor, at the speed of the
//! mode, in whole minutes, rounded up.

use geo::{Distance, Haversine, Point};
use serde::{Deserialize, Serialize};

use gridward_domain::place::Place;
use gridward_domain::time::Minutes;

/// Road distance over straight-line distance.
pub(super) const DETOUR: f64 = 1.3;

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

    /// Travel time between two places, rounded up to whole minutes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a way is never negative, and half the Earth on foot is under 2^32"
    )]
    pub fn minutes(self, from: Place, to: Place) -> Minutes {
        if from == to {
            return Minutes(0);
        }
        let point = |place: Place| Point::new(place.lon(), place.lat());
        let metres = Haversine.distance(point(from), point(to)) * DETOUR;
        Minutes((metres / self.metres_a_minute()).ceil() as u32)
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
        assert_eq!(Mode::Bicycle.minutes(from, to), Minutes(6));
        assert_eq!(Mode::Walk.minutes(from, to), Minutes(20));
        assert_eq!(Mode::Walk.minutes(to, from), Minutes(20));
    }

    #[test]
    fn staying_takes_no_time() {
        let here = place(29.29, 106.25);
        assert_eq!(Mode::Walk.minutes(here, here), Minutes(0));
    }
}
