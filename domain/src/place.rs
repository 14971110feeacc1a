//! Geographic positions.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A position in WGS-84 degrees, within range and finite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawPlace")]
pub struct Place {
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    lat: f64,
    lon: f64,
}

/// The side of a cell, in degrees.
const CELL: f64 = 0.005;

/// Why two numbers are not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlaceError {
    /// The latitude is not a number from -90 to 90.
    #[error("a latitude must be from -90 to 90 degrees")]
    Latitude,
    /// The longitude is not a number from -180 to 180.
    #[error("a longitude must be from -180 to 180 degrees")]
    Longitude,
    /// The latitude is valid only as a longitude, and vice versa.
    #[error("latitude and longitude appear to be swapped")]
    Swapped,
}

impl Place {
    /// Stored for a place that is not known: 0, 0 is in the Atlantic.
    pub const UNKNOWN: Self = Self { lat: 0.0, lon: 0.0 };

    /// The position, unless it is [`Self::UNKNOWN`].
    pub fn known(self) -> Option<Self> {
        (self != Self::UNKNOWN).then_some(self)
    }

    /// The position at `lat` degrees north and `lon` degrees east.
    ///
    /// # Errors
    /// If a value is out of range or not finite; [`PlaceError::Swapped`] if the two would
    /// be valid in reverse order.
    pub fn new(lat: f64, lon: f64) -> Result<Self, PlaceError> {
        let fits = |degrees: f64, most: f64| degrees.is_finite() && degrees.abs() <= most;
        match (fits(lat, 90.0), fits(lon, 180.0)) {
            (true, true) => Ok(Self { lat, lon }),
            (false, true) if fits(lat, 180.0) && fits(lon, 90.0) => Err(PlaceError::Swapped),
            (false, _) => Err(PlaceError::Latitude),
            (true, false) => Err(PlaceError::Longitude),
        }
    }

    /// Latitude in degrees, -90 to 90.
    pub const fn lat(&self) -> f64 {
        self.lat
    }

    /// The centre of the position's cell: 0.005 degrees square, which in China is 556 m from
    /// south to north and 335 to 530 m from west to east.
    #[must_use]
    pub fn cell(&self) -> Self {
        let centre = |degrees: f64, most: f64| {
            let middle = ((degrees / CELL).floor() + 0.5) * CELL;
            // Four decimals are exact for a centre; the poles and the date line have half a cell.
            ((middle * 1e4).round() / 1e4).clamp(-most, most)
        };
        Self { lat: centre(self.lat, 90.0), lon: centre(self.lon, 180.0) }
    }

    /// The `most` elements of `all` whose `home` is nearest, nearest first; ties keep their
    /// order.
    pub fn nearest<T>(&self, all: Vec<T>, home: impl Fn(&T) -> Self, most: usize) -> Vec<T> {
        if all.len() <= most {
            return all;
        }
        // Squared distance in degrees of latitude; a degree of longitude is scaled by the
        // local latitude.
        let shrink = self.lat.to_radians().cos();
        let away = |to: Self| {
            let (north, east) = (self.lat - to.lat, (self.lon - to.lon) * shrink);
            north * north + east * east
        };
        let by_way = |one: &(f64, usize, T), other: &(f64, usize, T)| {
            one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))
        };
        let all = all.into_iter().enumerate().map(|(at, item)| (away(home(&item)), at, item));
        let mut all: Vec<_> = all.collect();
        all.select_nth_unstable_by(most, by_way);
        all.truncate(most);
        all.sort_unstable_by(by_way);
        all.into_iter().map(|(.., item)| item).collect()
    }

    /// Longitude in degrees, -180 to 180.
    pub const fn lon(&self) -> f64 {
        self.lon
    }
}

impl TryFrom<RawPlace> for Place {
    type Error = PlaceError;

    fn try_from(raw: RawPlace) -> Result<Self, PlaceError> {
        Self::new(raw.lat, raw.lon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_positions_of_a_cell_have_one_centre() {
        let cell = |lat, lon| {
            let centre = Place::new(lat, lon).expect("a place").cell();
            (centre.lat(), centre.lon())
        };
        assert_eq!(cell(29.284, 106.251), (29.2825, 106.2525));
        assert_eq!(cell(29.2801, 106.2549), (29.2825, 106.2525));
        assert_eq!(cell(29.2851, 106.2551), (29.2875, 106.2575));
        assert_eq!(cell(-0.001, -0.001), (-0.0025, -0.0025));
        assert_eq!(cell(90.0, 180.0), (90.0, 180.0));
    }

    #[test]
    fn swapped_coordinates_are_distinguished_from_values_out_of_range() {
        assert!(Place::new(29.29, 106.25).is_ok());
        assert_eq!(Place::new(106.25, 29.29), Err(PlaceError::Swapped));
        assert_eq!(Place::new(-91.0, 100.0), Err(PlaceError::Latitude));
        assert_eq!(Place::new(29.29, 181.0), Err(PlaceError::Longitude));
        assert_eq!(Place::new(f64::NAN, 106.0), Err(PlaceError::Latitude));
        assert_eq!(Place::new(29.0, f64::INFINITY), Err(PlaceError::Longitude));
    }
}
