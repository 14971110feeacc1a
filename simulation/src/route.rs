//! The times of one person's visits on one day.

use gridward_domain::place::Place;
use gridward_domain::time::{Minutes, Window};

use crate::district::Person;

/// A visit or a call on a route.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// The home of the beneficiary; none for a call, which is made anywhere on the way.
    pub place: Option<Place>,
    /// Minutes of service.
    pub service: Minutes,
    /// The hours that must contain the service.
    pub window: Option<Window>,
}

/// The travel minutes from home through `stops` and back.
pub fn travel(who: &Person, stops: &[Stop]) -> Minutes {
    let places = || stops.iter().filter_map(|stop| stop.place);
    let from = std::iter::once(who.home).chain(places());
    let to = places().chain(std::iter::once(who.home));
    from.zip(to).map(|(from, to)| who.mode.minutes(from, to)).sum()
}

/// Whether a route through `stops` fits into the hours from leaving home to being home again.
pub fn fits(who: &Person, hours: Window, stops: &[Stop]) -> bool {
    let way = |from: Place, to: Place| who.mode.minutes(from, to).0;
    let (mut at, mut now) = (who.home, u32::from(hours.start().minutes()));
    for stop in stops {
        let place = stop.place.unwrap_or(at);
        now += way(at, place);
        if let Some(window) = stop.window {
            now = now.max(window.start().minutes().into());
        }
        now += stop.service.0;
        if stop.window.is_some_and(|window| now > window.end().minutes().into()) {
            return false;
        }
        at = place;
    }
    now + way(at, who.home) <= hours.end().minutes().into()
}
