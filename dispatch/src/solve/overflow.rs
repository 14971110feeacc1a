//! Offers the visits that a grid's own volunteers cannot make to their neighbours: first of the
//! village, then of the town, then of the district.
//!
//! Assigned visits are pinned to their volunteer and time, and only unserved visits are assigned, so
//! help changes a grid's own plan only by what leaves it: its late visits are offered last (`late`).
//! The volunteers who live nearest to a visit come first, so the cost grows with the number of
//! unserved visits; only where they cannot help are all volunteers of the area considered.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use super::construct::{Planned, construct};
use super::plan::{Route, Unserved};
use super::problem::{DispatchProblem, Pin, Visit, Volunteer};
use super::record;
use super::split::Part;
use super::team::{Member, Team};
use super::ties::Ties;
use super::timeline::ShiftTimeline;
use super::{Context, PlanError, late};
use crate::interrupt::{Interrupt, Interrupted};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::skill::Skill;

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

/// Offers the visits that are `left` to the volunteers of larger areas, up to `options.reach`. Returns
/// those that remain, with the reasons.
pub(super) fn overflow(
    problem: &DispatchProblem,
    context: Context<'_>,
    routes: &mut Vec<Route>,
    mut left: Vec<TaskId>,
) -> Result<Vec<Unserved>, PlanError> {
    let Context { ties, options, .. } = context;
    let visits: Visits<'_> = problem.visits.iter().map(|visit| (visit.id, visit)).collect();
    let homes: HashMap<PersonId, AreaCode> =
        problem.volunteers.iter().map(|who| (who.id, who.grid)).collect();
    let rounds = levels(options.reach).flat_map(|level| [(level, NEAREST), (level, usize::MAX)]);
    for (level, most) in rounds {
        let mut asked: BTreeMap<AreaCode, Vec<&Visit>> = BTreeMap::new();
        let waiting = left.iter().filter_map(|left| visits.get(left).copied());
        let makers = makers(routes, ties);
        for visit in waiting.filter(|visit| visit.pinned.is_none()) {
            if let Some(area) = visit.grid.ancestor(level)
                && is_whole(visit, area, ties, &visits, |tied| homes.get(makers.get(&tied)?))
            {
                asked.entry(area).or_default().push(visit);
            }
        }
        let assigned = &*routes;
        let helps: Vec<Help> = asked
            .into_par_iter()
            .filter_map(|(area, asked)| {
                offer(problem, context, (area, most), &asked, (assigned, &visits)).transpose()
            })
            .collect::<Result<_, _>>()?;
        merge(helps, routes, &mut left);
    }
    late::relieve(problem, context, routes, &mut left, &visits)?;
    Ok(explain(problem, context, routes, (&left, &visits))?)
}

/// Replaces the routes of the volunteers who help. Drops them as alternatives of other visits:
/// those were computed for their loads before.
pub(super) fn merge(helps: Vec<Help>, routes: &mut Vec<Route>, left: &mut Vec<TaskId>) {
    let helpers: HashSet<PersonId> =
        helps.iter().flat_map(|help| help.people.iter().copied()).collect();
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

/// The volunteer of each assigned visit that is tied to others.
pub(super) fn makers(routes: &[Route], ties: &Ties) -> HashMap<TaskId, PersonId> {
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
    visits: &Visits<'_>,
    home_of_maker: impl Fn(TaskId) -> Option<&'h AreaCode>,
) -> bool {
    ties.cluster(visit.id).iter().all(|tied| match (home_of_maker(*tied), visits.get(tied)) {
        (Some(home), _) => area.contains(home),
        (None, left) => left.is_some_and(|left| left.pinned.is_none() && area.contains(&left.grid)),
    })
}

/// The reasons of unserved visits after all help: considers the volunteers of the area and those who
/// live elsewhere and serve one of its grids.
fn explain(
    problem: &DispatchProblem,
    Context { ties, options, interrupt }: Context<'_>,
    routes: &[Route],
    (left, visits): (&[TaskId], &Visits<'_>),
) -> Result<Vec<Unserved>, Interrupted> {
    let mut asked: BTreeMap<AreaCode, Vec<&Visit>> = BTreeMap::new();
    for visit in left.iter().filter_map(|left| visits.get(left).copied()) {
        if let Some(area) = visit.grid.ancestor(options.reach) {
            asked.entry(area).or_default().push(visit);
        }
    }
    let makers = makers(routes, ties);
    let explained = asked.into_par_iter().map(|(area, asked)| {
        let grids: HashSet<AreaCode> = asked.iter().map(|visit| visit.grid).collect();
        let fellows = asked.iter().flat_map(|visit| ties.fellows(visit.id));
        let fellows: HashSet<PersonId> =
            fellows.filter_map(|fellow| makers.get(&fellow).copied()).collect();
        let serves = |who: &&Volunteer| {
            area.contains(&who.grid)
                || fellows.contains(&who.id)
                || grids.iter().any(|grid| who.serves(*grid))
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
        let mut team = Team::new(problem, ties, &part, options.weights);
        for visit in &assigned {
            team.append_pinned(visit);
        }
        team.settle();
        record::unserved(&team, &asked, interrupt)
    });
    let explained: Vec<_> = explained.collect::<Result<_, _>>()?;
    Ok(explained.into_iter().flatten().collect())
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

/// Offers `left` to volunteers of the area; see [`people_near`]. None if an assigned visit would
/// become unserved.
fn offer(
    problem: &DispatchProblem,
    context: Context<'_>,
    (area, most): (AreaCode, usize),
    left: &[&Visit],
    (routes, visits): (&[Route], &Visits<'_>),
) -> Result<Option<Help>, PlanError> {
    let Context { ties, interrupt, .. } = context;
    let near = |most| people_near(problem, ties, (area, most), left, interrupt);
    let volunteers = near(most)?;
    if most > NEAREST && volunteers.len() == near(NEAREST)?.len() {
        return Ok(None); // the same people have been asked already
    }
    let people: HashSet<PersonId> = volunteers.iter().map(|who| who.id).collect();
    let mut all = pinned_stops(routes, &people, visits);
    // Timelines use the requested hours of visits that are pinned for the search only, but for pairs.
    let as_asked = as_asked(&all, ties, visits);
    all.extend(left.iter().map(|visit| (*visit).clone()));
    let here: HashSet<TaskId> = all.iter().map(|visit| visit.id).collect();
    let bound = problem.ties.iter().filter_map(|tie| tie.among(&here)).collect();
    let asked = DispatchProblem { volunteers, visits: all, ties: bound, travel: problem.travel };
    let part = Part {
        volunteers: asked.volunteers.iter().collect(),
        visits: asked.visits.iter().collect(),
        as_asked,
        is_help: true,
    };
    let offered: HashSet<TaskId> = left.iter().map(|visit| visit.id).collect();
    let (bound, helps) = (Ties::of(&asked.ties), has_any(&offered));
    let planned = construct(&asked, &part, Context { ties: &bound, ..context }, helps)?;
    let Planned { routes, left, .. } = planned;
    let fell = left.iter().any(|left| !offered.contains(left));
    Ok((!fell).then_some(Help::of(offered, routes, left)))
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

/// The capable volunteers of the area whose homes are nearest to a visit of `left`, up to `most`
/// per visit; all volunteers if a visit is tied to others.
fn people_near(
    problem: &DispatchProblem,
    ties: &Ties,
    (area, most): (AreaCode, usize),
    left: &[&Visit],
    interrupt: &Interrupt<'_>,
) -> Result<Vec<Volunteer>, Interrupted> {
    let mut all: Vec<&Volunteer> =
        problem.volunteers.iter().filter(|who| area.contains(&who.grid)).collect();
    // Sorted, so that the order of the input does not matter.
    all.sort_unstable_by_key(|who| who.id);
    let is_tied = left.iter().any(|visit| ties.binds(visit.id));
    let mut near: BTreeMap<PersonId, &Volunteer> = BTreeMap::new();
    let mut known: HashSet<(u64, u64, &BTreeSet<Skill>, &[PersonId])> = HashSet::new();
    for visit in left {
        interrupt.check()?;
        let (lat, lon) = (visit.place.lat().to_bits(), visit.place.lon().to_bits());
        if !known.insert((lat, lon, &visit.skills, &visit.forbidden)) {
            continue; // the same people are near
        }
        let able = |who: &&&Volunteer| {
            is_tied || visit.skills.is_subset(&who.skills) && !visit.forbidden.contains(&who.id)
        };
        let able: Vec<&Volunteer> = all.iter().filter(able).copied().collect();
        let most = if is_tied { usize::MAX } else { most };
        let able = visit.place.nearest(able, |who| who.home, most);
        near.extend(able.into_iter().map(|who| (who.id, who)));
    }
    Ok(near.into_values().map(|who| who.serving_also(area)).collect())
}
