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
use super::help::{Help, NEAREST, Visits, as_asked, has_any, levels, makers, merge, pinned_stops};
use super::plan::{Route, Unserved};
use super::problem::{DispatchProblem, Visit, Volunteer};
use super::record;
use super::split::Part;
use super::team::Team;
use super::ties::Ties;
use super::{Context, PlanError, late};
use crate::interrupt::{Interrupt, Interrupted};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::skill::Skill;

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
    Context { ties, options, interrupt, .. }: Context<'_>,
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
        let mut team = Team::new(ties, &part, options.weights);
        for visit in &assigned {
            team.append_pinned(visit);
        }
        team.recompute_loads();
        record::unserved(&team, &asked, interrupt)
    });
    let explained: Vec<_> = explained.collect::<Result<_, _>>()?;
    Ok(explained.into_iter().flatten().collect())
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
    let bound: Vec<_> = problem.ties.iter().filter_map(|tie| tie.among(&here)).collect();
    let part = Part {
        volunteers: volunteers.iter().collect(),
        visits: all.iter().collect(),
        as_asked,
        is_help: true,
    };
    let offered: HashSet<TaskId> = left.iter().map(|visit| visit.id).collect();
    let (bound, helps) = (Ties::of(&bound), has_any(&offered));
    let planned =
        construct(&part, Context { ties: &bound, former: &HashMap::new(), ..context }, helps)?;
    let Planned { routes, left, .. } = planned;
    let fell = left.iter().any(|left| !offered.contains(left));
    Ok((!fell).then_some(Help::of(offered, routes, left)))
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
