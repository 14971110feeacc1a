//! What the offers of visits to neighbours have in common: those who help, and what becomes of the routes.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::Options;
use super::answer::{Verdict, Why};
use super::member::Member;
use super::plan::Route;
use super::problem::{Pin, Visit};
use super::split::Part;
use super::team::Team;
use super::ties::Ties;
use super::timeline::ShiftTimeline;
use gridward_domain::area::Level;
use gridward_domain::id::{PersonId, TaskId};

/// The levels whose volunteers help, the nearest first.
const LEVELS: [Level; 3] = [Level::Village, Level::Town, Level::District];

/// How many volunteers are considered for a visit first, by distance of their homes.
pub(super) const NEAREST: usize = 48;

/// The visits of a problem by their tasks.
pub(super) type Visits<'p> = HashMap<TaskId, &'p Visit>;

/// The result of offering visits to the volunteers of an area.
pub(super) struct Help {
    /// The volunteers whose routes change.
    pub(super) people: HashSet<PersonId>,
    /// The visits that were offered.
    pub(super) offered: HashSet<TaskId>,
    /// The routes of these volunteers.
    pub(super) routes: Vec<Route>,
    /// The offered visits that are left.
    pub(super) left: Vec<TaskId>,
}

impl Help {
    /// The help of the volunteers of these routes.
    pub(super) fn of(offered: HashSet<TaskId>, routes: Vec<Route>, left: Vec<TaskId>) -> Self {
        let people = routes.iter().map(|route| route.volunteer).collect();
        Self { people, offered, routes, left }
    }
}

/// The levels whose volunteers help, the nearest first.
pub(super) fn levels(reach: Level) -> impl Iterator<Item = Level> {
    LEVELS.into_iter().filter(move |level| *level >= reach)
}

/// Replaces the routes of the volunteers who help. Drops them as alternatives of other visits:
/// those were computed for their loads before. Those who could make a visit before still count as its others while its
/// volunteer stays, also where only the helpers were asked; of a visit that moves, those whose days are unchanged.
pub(super) fn merge(mut helps: Vec<Help>, routes: &mut Vec<Route>, left: &mut Vec<TaskId>) {
    let helpers: HashSet<PersonId> =
        helps.iter().flat_map(|help| help.people.iter().copied()).collect();
    let stops = routes.iter().flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let before: HashMap<TaskId, (PersonId, &Why)> =
        stops.map(|(route, stop)| (stop.visit, (route.volunteer, &stop.why))).collect();
    for Route { volunteer, stops, .. } in helps.iter_mut().flat_map(|help| &mut help.routes) {
        for stop in stops {
            let others = before.get(&stop.visit).map_or(0, |(who, why)| {
                if *who == *volunteer { why.others } else { still_able(why, &helpers) }
            });
            stop.why.others = stop.why.others.max(others);
        }
    }
    routes.retain(|route| !helpers.contains(&route.volunteer));
    for stop in routes.iter_mut().flat_map(|route| &mut route.stops) {
        stop.why.next.retain(|other| !helpers.contains(&other.volunteer));
    }
    let offered: HashSet<TaskId> =
        helps.iter().flat_map(|help| help.offered.iter().copied()).collect();
    left.retain(|left| !offered.contains(left));
    for help in helps {
        routes.extend(help.routes);
        left.extend(help.left);
    }
}

/// How many of the alternatives can make the visit and are not among the helpers, so that their days are as before.
fn still_able(why: &Why, helpers: &HashSet<PersonId>) -> u32 {
    let able = why.next.iter().filter(|other| matches!(other.verdict, Verdict::Possible(_)));
    let still = able.filter(|other| !helpers.contains(&other.volunteer));
    u32::try_from(still.count()).unwrap_or(u32::MAX)
}

/// The volunteer of each assigned visit that is tied to others.
pub(super) fn makers(routes: &[Route], ties: &Ties) -> HashMap<TaskId, PersonId> {
    let stops = routes.iter().flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let bound = stops.filter(|(_, stop)| ties.binds(stop.visit));
    bound.map(|(route, stop)| (stop.visit, route.volunteer)).collect()
}

/// The assigned visits of these volunteers, pinned to their times, in route order.
pub(super) fn pinned_stops(
    routes: &[Route],
    people: &HashSet<PersonId>,
    visits: &Visits<'_>,
) -> Vec<Visit> {
    let theirs = routes.iter().filter(|route| people.contains(&route.volunteer));
    let stops = theirs.flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let pinned = stops.filter_map(|(route, stop)| {
        let pin = Pin { volunteer: route.volunteer, day: route.day, start: Some(stop.start) };
        let visit = *visits.get(&stop.visit)?;
        Some(Visit { pinned: Some(pin), ..visit.clone() })
    });
    pinned.collect()
}

/// Whether a member makes one of the visits.
pub(super) fn has_any(offered: &HashSet<TaskId>) -> impl Fn(&Member<'_>) -> bool {
    |who| {
        let mut stops = who.days.iter().flat_map(ShiftTimeline::all);
        stops.any(|stop| offered.contains(&stop.visit.id))
    }
}

/// The assigned visits as requested, but for pairs.
pub(super) fn as_asked<'p>(
    assigned: &[Visit],
    ties: &Ties,
    visits: &Visits<'p>,
) -> HashMap<TaskId, &'p Visit> {
    let alone = assigned.iter().filter(|visit| ties.pair(visit.id).is_none());
    alone.filter_map(|visit| Some((visit.id, *visits.get(&visit.id)?))).collect()
}

/// The team of a part with the visits that it has: calls at their times and the others in their order,
/// at the hours that `part` has for them; none if one does not fit.
pub(super) fn assigned<'p>(
    (ties, options): (&'p Ties, &Options),
    part: &Part<'p>,
    stops: &'p [Visit],
) -> Option<Team<'p>> {
    let mut team = Team::new(ties, part, options.weights);
    let mut stops: Vec<&Visit> = stops.iter().collect();
    // Sorting is stable, so that the visits stay in their order.
    stops.sort_by_key(|visit| Reverse(visit.is_call()));
    for pinned in stops {
        let (member, day) = pinned.pinned.and_then(|pin| team.pinned_day(pin))?;
        let visit = part.as_asked.get(&pinned.id).copied().unwrap_or(pinned);
        if pinned.is_call() {
            let start = team.members[member].days[day].call_start(pinned)?;
            team.members[member].days[day].insert_call(visit, start);
        } else {
            let slot = team.slots(member, day, visit).last()?;
            if team.misses(visit, slot).most() > 0 {
                return None;
            }
            team.members[member].days[day].insert(visit, slot.position);
        }
    }
    team.recompute_loads();
    Some(team)
}
