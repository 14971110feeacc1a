//! The specification of plans by number, on a street.

mod bounds;
mod checker;
mod crowd;
mod days;
mod random;
mod shortages;
mod spec;
mod tour;

use proptest::prelude::*;

pub(super) use random::some_instance;

use super::instance::{Bar, Instance, Partner, Pin, Quota, Seconds, Shift, Visit, Volunteer};
use super::solution::Solution;
use super::travel::Matrix;
use super::{Budget, Detail, Weights, plan};

/// A street: places are numbers, and travel time is their difference.
pub(super) fn street(volunteers: Vec<(i32, Volunteer)>, visits: Vec<(i32, Visit)>) -> Instance {
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

/// A volunteer with a shift from 0 to 1,000 on the first day.
pub(super) fn volunteer() -> Volunteer {
    Volunteer { shifts: vec![shift(0, 0, 1_000)], ..Volunteer::default() }
}

pub(super) fn shift(day: i32, open: Seconds, close: Seconds) -> Shift {
    Shift { day, open, close, ..Shift::default() }
}

/// A visit of ten seconds at any time, of the lowest priority.
pub(super) fn visit() -> Visit {
    Visit { service: 10, priority: 1, due: 9, ..Visit::default() }
}

fn planned(instance: &Instance) -> Solution {
    plan(instance, Weights::default(), &Budget::Iterations(2_000), 1).expect("it makes sense")
}

/// The volunteer and the begin of a visit.
fn goes(plan: &Solution, visit: usize) -> Option<(usize, Seconds)> {
    let stops = plan.routes.iter().flat_map(|r| r.stops.iter().map(move |s| (r.volunteer, s)));
    stops.filter(|(_, stop)| stop.visit == visit).map(|(who, stop)| (who, stop.start)).next()
}

/// When a volunteer is home from visits made in this order, each as early as can be, found
/// second by second; none if they cannot be made in this order within the shift.
pub(super) fn home_at(
    instance: &Instance,
    (volunteer, shift): (usize, usize),
    order: &[usize],
) -> Option<Seconds> {
    let hours = &instance.volunteers[volunteer].shifts[shift];
    let free = |from: Seconds, length: Seconds| {
        !hours.breaks.iter().any(|span| from < span.1 && from + length > span.0)
    };
    let first = |from: Seconds, length: Seconds, may: &dyn Fn(Seconds) -> bool| {
        (from..=hours.close).find(|at| free(*at, length) && may(*at))
    };
    let way = |from, to| instance.travel[0].way(from, to);
    let (mut left, mut at) = (hours.open, volunteer);
    for &visit in order {
        let (request, place) = (&instance.visits[visit], instance.place(visit));
        let arrive = first(left, way(at, place), &|_| true)? + way(at, place);
        let within = |start: Seconds| {
            let mut windows = request.windows.iter();
            request.windows.is_empty() || windows.any(|span| (span.0..=span.1).contains(&start))
        };
        left = first(arrive, request.service, &within)? + request.service;
        at = place;
    }
    let home = first(left, way(at, volunteer), &|_| true)? + way(at, volunteer);
    (home <= hours.close).then_some(home)
}

/// The travel time of visits made in this order.
pub(super) fn travel_of(instance: &Instance, volunteer: usize, order: &[usize]) -> i64 {
    let stops = order.iter().map(|visit| instance.place(*visit));
    let places: Vec<usize> =
        std::iter::once(volunteer).chain(stops).chain(std::iter::once(volunteer)).collect();
    places.windows(2).map(|pair| i64::from(instance.travel[0].way(pair[0], pair[1]))).sum()
}

/// All orders of all subsets of the visits.
pub(super) fn all_orders(visits: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    let mut next = 0;
    while let Some(order) = orders.get(next).cloned() {
        next += 1;
        for visit in (0..visits).filter(|visit| !order.contains(visit)) {
            orders.push([order.as_slice(), &[visit]].concat());
        }
    }
    orders
}

/// A day on a street: as many people, one shift each, and as many visits.
pub(super) fn some_street(people: usize, visits: usize) -> impl Strategy<Value = Instance> {
    let span = |most: Seconds, long: Seconds| {
        (0..most, 1..long).prop_map(|(open, length)| (open, open + length))
    };
    let person = (0..100, span(50, 300), prop::collection::vec(span(250, 30), 0..2));
    let person = person.prop_map(|(at, (open, close), breaks)| {
        (at, Volunteer { shifts: vec![Shift { breaks, ..shift(0, open, close) }], ..volunteer() })
    });
    let windows = prop::collection::vec(span(200, 100), 0..3);
    let request = (0..100, 1..30, windows, 1..6).prop_map(|(at, service, windows, priority)| {
        (at, Visit { service, windows, priority, ..visit() })
    });
    let (people, visits) =
        (prop::collection::vec(person, people), prop::collection::vec(request, visits));
    (people, visits).prop_map(|(people, visits)| street(people, visits))
}
