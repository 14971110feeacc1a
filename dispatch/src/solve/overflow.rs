//! Offers the visits that a grid's own volunteers cannot make to their neighbours: first of the
//! village, then of the town, then of the district.
//!
//! Assigned visits are pinned to their volunteer and time, and only unserved visits are assigned,
//! so help never changes a grid's own plan. The volunteers who live nearest to a visit come first,
//! so the cost grows with the number of unserved visits; only where they cannot help are all
//! volunteers of the area considered.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::construct::construct;
use super::options::Options;
use super::plan::{Route, Unserved};
use super::problem::{DispatchProblem, Pin, Visit, Volunteer};
use super::reason::reason;
use super::remedy::remedy;
use super::split::Part;
use super::team::{Member, Team};
use super::ties::Ties;
use super::timeline::ShiftTimeline;
use crate::routing::InstanceError;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, TaskId};

/// The levels whose volunteers help, the nearest first.
const LEVELS: [Level; 3] = [Level::Village, Level::Town, Level::District];

/// How many volunteers are considered for a visit first, by distance of their homes.
const NEAREST: usize = 48;

/// The result of offering visits to the volunteers of an area.
struct Help {
    offered: HashSet<TaskId>,
    /// The routes of the volunteers who help.
    routes: Vec<Route>,
    unserved: Vec<Unserved>,
}

/// Offers unserved visits to the volunteers of larger areas, up to `options.reach`.
pub(super) fn overflow(
    problem: &DispatchProblem,
    ties: &Ties,
    options: &Options,
    routes: &mut Vec<Route>,
    unserved: &mut Vec<Unserved>,
) -> Result<(), InstanceError> {
    let visits: HashMap<TaskId, &Visit> =
        problem.visits.iter().map(|visit| (visit.id, visit)).collect();
    let homes: HashMap<PersonId, AreaCode> =
        problem.volunteers.iter().map(|who| (who.id, who.grid)).collect();
    let levels = LEVELS.into_iter().filter(|level| *level >= options.reach);
    for (level, most) in levels.flat_map(|level| [(level, NEAREST), (level, usize::MAX)]) {
        let mut left: BTreeMap<AreaCode, Vec<&Visit>> = BTreeMap::new();
        let waiting = unserved.iter().filter_map(|left| visits.get(&left.visit).copied());
        let makers = makers(routes, ties);
        for visit in waiting.filter(|visit| visit.pinned.is_none()) {
            if let Some(area) = visit.grid.ancestor(level)
                && is_whole(visit, area, ties, &visits, |tied| homes.get(makers.get(&tied)?))
            {
                left.entry(area).or_default().push(visit);
            }
        }
        let assigned = &*routes;
        let helps: Vec<Help> = left
            .into_par_iter()
            .filter_map(|(area, left)| {
                offer(problem, ties, options, (area, most), &left, (assigned, &visits)).transpose()
            })
            .collect::<Result<_, _>>()?;
        merge(helps, routes, unserved);
    }
    if options.reach < Level::Grid {
        update_reasons(problem, options.reach, routes, unserved, (&visits, ties));
    }
    Ok(())
}

/// Replaces the routes of the volunteers who help. Drops them as alternatives of other visits:
/// those were computed for their loads before.
fn merge(helps: Vec<Help>, routes: &mut Vec<Route>, unserved: &mut Vec<Unserved>) {
    let theirs = helps.iter().flat_map(|help| &help.routes);
    let helpers: HashSet<PersonId> = theirs.map(|route| route.volunteer).collect();
    routes.retain(|route| !helpers.contains(&route.volunteer));
    for stop in routes.iter_mut().flat_map(|route| &mut route.stops) {
        stop.why.next.retain(|other| !helpers.contains(&other.volunteer));
    }
    for help in helps {
        routes.extend(help.routes);
        unserved.retain(|left| !help.offered.contains(&left.visit));
        unserved.extend(help.unserved);
    }
}

/// The volunteer of each assigned visit that is tied to others.
fn makers(routes: &[Route], ties: &Ties) -> HashMap<TaskId, PersonId> {
    let stops = routes.iter().flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let bound = stops.filter(|(_, stop)| ties.binds(stop.visit));
    bound.map(|(route, stop)| (stop.visit, route.volunteer)).collect()
}

/// Whether all visits tied to `visit` can be planned with the volunteers of `area`: their
/// volunteers live there if assigned, and the visits are there if not.
fn is_whole<'h>(
    visit: &Visit,
    area: AreaCode,
    ties: &Ties,
    visits: &HashMap<TaskId, &Visit>,
    home_of_maker: impl Fn(TaskId) -> Option<&'h AreaCode>,
) -> bool {
    ties.cluster(visit.id).iter().all(|tied| match (home_of_maker(*tied), visits.get(tied)) {
        (Some(home), _) => area.contains(home),
        (None, left) => left.is_some_and(|left| left.pinned.is_none() && area.contains(&left.grid)),
    })
}

/// Updates the reasons of unserved visits after all help: considers the volunteers of the area and
/// those who live elsewhere and serve one of its grids.
fn update_reasons(
    problem: &DispatchProblem,
    reach: Level,
    routes: &[Route],
    unserved: &mut [Unserved],
    (visits, ties): (&HashMap<TaskId, &Visit>, &Ties),
) {
    let mut left: BTreeMap<AreaCode, Vec<&mut Unserved>> = BTreeMap::new();
    for unserved in unserved {
        if let Some(area) = visits.get(&unserved.visit).and_then(|visit| visit.grid.ancestor(reach))
        {
            left.entry(area).or_default().push(unserved);
        }
    }
    let makers = makers(routes, ties);
    left.into_par_iter().for_each(|(area, mut left)| {
        let asked: Vec<&Visit> =
            left.iter().filter_map(|left| visits.get(&left.visit).copied()).collect();
        let serves = |who: &&Volunteer| {
            area.contains(&who.grid)
                || asked.iter().any(|visit| {
                    who.serves(visit.grid)
                        || ties.fellows(visit.id).any(|task| makers.get(&task) == Some(&who.id))
                })
        };
        let people: Vec<Volunteer> = problem
            .volunteers
            .iter()
            .filter(serves)
            .map(|who| if area.contains(&who.grid) { who.serving_also(area) } else { who.clone() })
            .collect();
        let ids = people.iter().map(|who| who.id).collect();
        let assigned = pinned_stops(routes, &ids, visits);
        let part = Part { volunteers: people.iter().collect(), ..Part::default() };
        let mut team = Team::new(problem, ties, &part);
        for visit in &assigned {
            team.append_pinned(visit);
        }
        team.settle();
        for (unserved, visit) in left.iter_mut().zip(asked) {
            unserved.reason = reason(&team, visit);
            unserved.remedy = remedy(&team, visit);
        }
    });
}

/// The assigned visits of these volunteers, pinned to their times, in route order.
fn pinned_stops(
    routes: &[Route],
    people: &HashSet<PersonId>,
    visits: &HashMap<TaskId, &Visit>,
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

/// Offers `left` to volunteers of the area; see [`people_near`]. None if an assigned visit would
/// become unserved.
fn offer(
    problem: &DispatchProblem,
    ties: &Ties,
    options: &Options,
    (area, most): (AreaCode, usize),
    left: &[&Visit],
    (routes, visits): (&[Route], &HashMap<TaskId, &Visit>),
) -> Result<Option<Help>, InstanceError> {
    let volunteers = people_near(problem, ties, area, most, left);
    if most > NEAREST && volunteers.len() == people_near(problem, ties, area, NEAREST, left).len() {
        return Ok(None); // the same people have been asked already
    }
    let people: HashSet<PersonId> = volunteers.iter().map(|who| who.id).collect();
    let mut all = pinned_stops(routes, &people, visits);
    all.extend(left.iter().map(|visit| (*visit).clone()));
    let here: HashSet<TaskId> = all.iter().map(|visit| visit.id).collect();
    let bound = problem.ties.iter().filter_map(|tie| tie.among(&here)).collect();
    let asked = DispatchProblem { volunteers, visits: all, ties: bound, travel: problem.travel };
    let part = Part {
        volunteers: asked.volunteers.iter().collect(),
        visits: asked.visits.iter().collect(),
        // Timelines use the requested hours of visits that are pinned for the search only, but for
        // pairs.
        as_asked: all_as_asked(routes, ties, visits),
    };
    let offered: HashSet<TaskId> = left.iter().map(|visit| visit.id).collect();
    let helps = |who: &Member<'_>| {
        let mut stops = who.days.iter().flat_map(ShiftTimeline::all);
        stops.any(|stop| offered.contains(&stop.visit.id))
    };
    let (routes, unserved) = construct(&asked, &Ties::of(&asked.ties), &part, options, helps)?;
    let fell = unserved.iter().any(|left| !offered.contains(&left.visit));
    Ok((!fell).then_some(Help { offered, routes, unserved }))
}

/// The assigned visits as requested, but for pairs.
fn all_as_asked<'p>(
    routes: &[Route],
    ties: &Ties,
    visits: &HashMap<TaskId, &'p Visit>,
) -> HashMap<TaskId, &'p Visit> {
    let stops = routes.iter().flat_map(|route| &route.stops);
    let alone = stops.filter(|stop| ties.pair(stop.visit).is_none());
    alone.filter_map(|stop| Some((stop.visit, *visits.get(&stop.visit)?))).collect()
}

/// The capable volunteers of the area whose homes are nearest to a visit of `left`, up to `most`
/// per visit; all volunteers if a visit is tied to others.
fn people_near(
    problem: &DispatchProblem,
    ties: &Ties,
    area: AreaCode,
    most: usize,
    left: &[&Visit],
) -> Vec<Volunteer> {
    let mut all: Vec<&Volunteer> =
        problem.volunteers.iter().filter(|who| area.contains(&who.grid)).collect();
    // Sorted, so that the order of the input does not matter.
    all.sort_unstable_by_key(|who| who.id);
    let is_tied = left.iter().any(|visit| ties.binds(visit.id));
    let mut near: BTreeMap<PersonId, &Volunteer> = BTreeMap::new();
    for visit in left {
        let able = |who: &&&Volunteer| {
            is_tied || visit.skills.is_subset(&who.skills) && !visit.forbidden.contains(&who.id)
        };
        let able: Vec<&Volunteer> = all.iter().filter(able).copied().collect();
        let most = if is_tied { usize::MAX } else { most };
        let able = visit.place.nearest(able, |who| who.home, most);
        near.extend(able.into_iter().map(|who| (who.id, who)));
    }
    near.into_values().map(|who| who.serving_also(area)).collect()
}
