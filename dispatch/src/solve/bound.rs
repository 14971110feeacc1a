//! Lower bounds on the measures of a plan, so that a reader sees how far from the best possible it is at most;
//! here that of travel.
//!
//! The journeys of a plan join the places of its visits to homes, each place twice at least. The bound lets visits
//! at one place share their journeys, makes every journey by the fastest of the modes, and considers neither
//! hours, offers, skills, areas nor breaks, so no plan of the same visits has less travel. Calls have none.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::bound_load;
use super::plan::Plan;
use super::problem::{DispatchProblem, Visit};
use super::travel::Mode;
use crate::routing::bound::travel::{MOST_VISITS, least_between};
use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use gridward_domain::place::Place;
use gridward_domain::time::Minutes;

/// Lower bounds on measures, so that a reader sees what another plan could improve at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Bounds {
    /// Travel minutes: no plan that makes the visits of this one has less, by any of the people on any days. The
    /// travel of this plan less this bound is the most that another plan could save.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub travel: Minutes,
    /// Priority points: no plan leaves fewer unserved, by the minutes that people have and the visits that some
    /// person may make. Absent in plans of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub unserved_priority: Option<u32>,
    /// The largest share: no plan that makes the visits of this one has a smaller one. Absent in plans of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 0))]
    pub largest_share: Option<f64>,
}

/// The bounds of the plan for the problem, as far as its volunteers serve: see
/// [`DispatchProblem::reaching`].
pub fn bounds(problem: &DispatchProblem, plan: &Plan) -> Bounds {
    bounds_of_those(problem, plan, |_| true)
}

/// As [`bounds`], of the measures of the visits in `area` only: see [`measures_in`](super::measures_in).
pub fn bounds_in(problem: &DispatchProblem, plan: &Plan, area: &AreaCode) -> Bounds {
    bounds_of_those(problem, plan, |visit| area.contains(&visit.grid))
}

/// The bounds on the measures of those visits that are counted.
fn bounds_of_those(
    problem: &DispatchProblem,
    plan: &Plan,
    is_counted: impl Fn(&Visit) -> bool,
) -> Bounds {
    let (unserved_priority, largest_share) = bound_load::least(problem, plan, &is_counted);
    Bounds {
        travel: least_travel(problem, plan, &is_counted, MOST_VISITS),
        unserved_priority: Some(unserved_priority),
        largest_share: Some(largest_share),
    }
}

/// The bound of travel: by trees for up to `most` places, and by the nearest ways of each for more.
pub(super) fn least_travel(
    problem: &DispatchProblem,
    plan: &Plan,
    is_counted: impl Fn(&Visit) -> bool,
    most: usize,
) -> Minutes {
    let speed = |mode: &Mode| mode.metres_a_minute();
    let modes = problem.volunteers.iter().map(|who| who.mode);
    let Some(mode) = modes.max_by(|a, b| speed(a).total_cmp(&speed(b))) else {
        return Minutes(0);
    };
    let way = |from: Place, to: Place| mode.minutes(from, to).0;
    let visited = plan.routes.iter().flat_map(|route| route.stops.iter().map(|stop| stop.visit));
    let visited: HashSet<TaskId> = visited.collect();
    let is_reached =
        |visit: &&Visit| visited.contains(&visit.id) && !visit.is_call() && is_counted(visit);
    let places = distinct(problem.visits.iter().filter(is_reached).map(|visit| visit.place));
    let homes = distinct(problem.volunteers.iter().map(|who| who.home));
    let travel = if places.len() <= most {
        let home = |place: usize| {
            let ways = homes.iter().map(|home| way(*home, places[place]));
            f64::from(ways.min().unwrap_or_default())
        };
        least_between(places.len(), |a, b| f64::from(way(places[a], places[b])), home)
    } else {
        nearest(&places, &homes, way)
    };
    Minutes(u32::try_from(travel).unwrap_or(u32::MAX))
}

/// The different places, from south to north.
fn distinct(places: impl Iterator<Item = Place>) -> Vec<Place> {
    let mut places: Vec<Place> = places.collect();
    places.sort_unstable_by(by_latitude);
    places.dedup();
    places
}

fn by_latitude(one: &Place, other: &Place) -> Ordering {
    one.lat().total_cmp(&other.lat()).then(one.lon().total_cmp(&other.lon()))
}

/// The sum of the ways from each place to the nearest other one or home. Each journey is attributed to its
/// two ends, half each.
fn nearest(places: &[Place], homes: &[Place], way: impl Fn(Place, Place) -> u32) -> i64 {
    let mut all: Vec<(Place, bool)> = places.iter().map(|place| (*place, true)).collect();
    all.extend(homes.iter().map(|home| (*home, false)));
    all.sort_unstable_by(|one, other| by_latitude(&one.0, &other.0));
    let least = |at: usize| {
        let from = all[at].0;
        // No place is nearer than the difference in latitude.
        let north = |to: Place| Place::new(to.lat(), from.lon()).map_or(0, |to| way(from, to));
        let nearer =
            |best: u32, to: Place| (north(to) <= best).then(|| best.min(way(from, to))).ok_or(best);
        let after = all[at + 1..].iter().map(|(place, _)| *place).try_fold(u32::MAX, nearer);
        let best = after.unwrap_or_else(|best| best);
        let before = all[..at].iter().rev().map(|(place, _)| *place).try_fold(best, nearer);
        i64::from(before.unwrap_or_else(|best| best))
    };
    (0..all.len()).filter(|at| all[*at].1).map(least).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_place_is_found_from_either_side() {
        let place = |lat: i32, lon: i32| {
            Place::new(29.0 + f64::from(lat) / 100.0, 106.0 + f64::from(lon) / 100.0)
                .expect("a place")
        };
        let way = |from: Place, to: Place| Mode::Bicycle.minutes(from, to).0;
        let places = distinct((0..40).map(|n| place(n * 7 % 13, n * 11 % 17)));
        let homes = distinct([place(5, 20), place(20, 1)].into_iter());
        let by_trying = places.iter().map(|from| {
            let others = places.iter().chain(&homes).filter(|to| *to != from);
            i64::from(others.map(|to| way(*from, *to)).min().expect("another place"))
        });
        assert_eq!(nearest(&places, &homes, way), by_trying.sum::<i64>());
    }
}
