//! Travel times by another formula: the chord between two points of the unit sphere.

use crate::solve::problem::Volunteer;
use crate::solve::travel::DETOUR;
use gridward_domain::place::Place;

/// The mean radius of the Earth (GRS 80), metres.
const RADIUS: f64 = 6_371_008.771_4;

/// Two computations of the same length differ by far less, in minutes.
const SLACK: f64 = 1e-6;

/// Travel time in minutes, not rounded.
fn exact(who: &Volunteer, from: Place, to: Place) -> f64 {
    let unit = |place: Place| {
        let (lat, lon) = (place.lat().to_radians(), place.lon().to_radians());
        [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
    };
    let (one, other) = (unit(from), unit(to));
    let squares: f64 = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
    let angle = 2.0 * (squares.sqrt() / 2.0).min(1.0).asin();
    angle * RADIUS * DETOUR / who.mode.metres_a_minute()
}

/// Travel time in minutes, rounded up.
pub(super) fn minutes(who: &Volunteer, from: Place, to: Place) -> f64 {
    (exact(who, from, to) - SLACK).ceil().max(0.0)
}

/// Whether `written` is the travel time, rounded up.
pub(super) fn takes(who: &Volunteer, from: Place, to: Place, written: u32) -> bool {
    let over = f64::from(written) - exact(who, from, to);
    over > -SLACK && over < 1.0 + SLACK
}
