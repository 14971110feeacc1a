//! What a plan by number promises, told by a street.

mod bounds;
mod checker;
mod random;
mod spec;

use super::instance::{Bar, Instance, Partner, Pin, Seconds, Shift, Visit, Volunteer};
use super::solution::Solution;
use super::travel::Matrix;
use super::{Budget, Weights, plan};

/// A street: places are numbers, and a way is as long as they are apart.
fn street(volunteers: Vec<(i32, Volunteer)>, visits: Vec<(i32, Visit)>) -> Instance {
    let places: Vec<i32> =
        volunteers.iter().map(|v| v.0).chain(visits.iter().map(|v| v.0)).collect();
    let ways = Matrix::metric(places.len(), |a, b| (places[a] - places[b]).abs());
    Instance {
        bars: vec![Bar::None; volunteers.len() * visits.len()],
        travel: vec![ways],
        volunteers: volunteers.into_iter().map(|v| v.1).collect(),
        visits: visits.into_iter().map(|v| v.1).collect(),
    }
}

/// Has the hours from 0 to 1,000 of the first day.
fn volunteer() -> Volunteer {
    Volunteer { shifts: vec![shift(0, 0, 1_000)], ..Volunteer::default() }
}

fn shift(day: i32, open: Seconds, close: Seconds) -> Shift {
    Shift { day, open, close, ..Shift::default() }
}

/// Ten seconds at any hour, not urgent.
fn visit() -> Visit {
    Visit { service: 10, priority: 1, due: 9, ..Visit::default() }
}

fn planned(instance: &Instance) -> Solution {
    plan(instance, Weights::default(), &Budget::Iterations(2_000), 1).expect("it makes sense")
}

/// The volunteer and the beginning of a visit.
fn goes(plan: &Solution, visit: usize) -> Option<(usize, Seconds)> {
    let stops = plan.routes.iter().flat_map(|r| r.stops.iter().map(move |s| (r.volunteer, s)));
    stops.filter(|(_, stop)| stop.visit == visit).map(|(who, stop)| (who, stop.start)).next()
}
