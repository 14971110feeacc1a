//! Offers late visits to neighbours: those that their volunteers can make only after the due day, while
//! it is still possible to be in time.
//!
//! A visit moves only to a volunteer who makes it in time; else it stays where it is. Volunteers who
//! have such a visit are not asked for others, so their routes change by what leaves them alone: their
//! other stops keep their times. Each visit is offered to the volunteers who live nearest, first of
//! the village, then of the town, then of the district, so the cost grows with the number of late visits.
//!
//! After that, the volunteers whose days have changed may have time for unserved visits, which they
//! get before reasons are given.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::Context;
use super::construct::{cheapest_among, fill, urgency};
use super::help::{
    Help, NEAREST, Visits, as_asked, assigned, has_any, levels, makers, merge, pinned_stops,
};
use super::member::InsertionSlot;
use super::plan::Route;
use super::problem::{DispatchProblem, Visit, Volunteer};
use super::record;
use super::split::Part;
use super::team::Team;
use super::ties::Ties;
use crate::interrupt::Interrupted;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};

/// Moves late visits to neighbours who can make them in time, and gives the volunteers whose days have
/// changed the visits of `left` that fit there.
pub(super) fn relieve(
    problem: &DispatchProblem,
    context: Context<'_>,
    routes: &mut Vec<Route>,
    left: &mut Vec<TaskId>,
    visits: &Visits<'_>,
) -> Result<(), Interrupted> {
    let (mut late, holders) = late(problem, context.ties, routes, visits);
    let mut changed: HashSet<PersonId> = HashSet::new();
    for level in levels(context.options.reach).filter(|_| !holders.is_empty()) {
        let mut asked: BTreeMap<AreaCode, Vec<&Visit>> = BTreeMap::new();
        for visit in &late {
            if let Some(area) = visit.grid.ancestor(level) {
                asked.entry(area).or_default().push(visit);
            }
        }
        let present = (routes.as_slice(), visits);
        let helps: Vec<Help> = asked
            .into_par_iter()
            .filter_map(|(area, asked)| {
                offer(problem, context, area, (asked, &holders), present).transpose()
            })
            .collect::<Result<_, _>>()?;
        for help in helps {
            let Some(released) = release(problem, context, &help, (routes, visits))? else {
                continue;
            };
            late.retain(|visit| !help.offered.contains(&visit.id));
            changed.extend(help.people.iter().chain(&released.people));
            // The visits were assigned before, so none of them is left.
            merge(vec![help, released], routes, left);
        }
    }
    if !changed.is_empty()
        && let Some(help) = refill(problem, context, &changed, left, (routes, visits))?
    {
        merge(vec![help], routes, left);
    }
    Ok(())
}

/// The late visits that may move and could be made in time, and the volunteers who have them.
fn late<'p>(
    problem: &DispatchProblem,
    ties: &Ties,
    routes: &[Route],
    visits: &Visits<'p>,
) -> (Vec<&'p Visit>, HashSet<PersonId>) {
    let shifts = problem.volunteers.iter().flat_map(|who| &who.shifts);
    let Some(first) = shifts.map(|shift| shift.day).min() else { return Default::default() };
    let stops = routes.iter().flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let late = stops.filter_map(|(route, stop)| {
        let visit = *visits.get(&stop.visit)?;
        let is_late = route.day > visit.due && first.max(visit.not_before) <= visit.due;
        let is_free = visit.pinned.is_none() && !ties.binds(visit.id);
        (is_late && is_free).then_some((visit, route.volunteer))
    });
    late.unzip()
}

/// Offers late visits to volunteers of the area who have none themselves; none if no visit can be made
/// in time.
fn offer(
    problem: &DispatchProblem,
    Context { ties, options, interrupt, .. }: Context<'_>,
    area: AreaCode,
    (mut asked, holders): (Vec<&Visit>, &HashSet<PersonId>),
    (routes, visits): (&[Route], &Visits<'_>),
) -> Result<Option<Help>, Interrupted> {
    asked.sort_unstable_by_key(|visit| urgency(visit));
    let is_asked = |who: &&Volunteer| area.contains(&who.grid) && !holders.contains(&who.id);
    let mut people: Vec<&Volunteer> = problem.volunteers.iter().filter(is_asked).collect();
    // Sorted, so that the order of the input does not matter.
    people.sort_unstable_by_key(|who| who.id);
    let near = asked.iter().map(|visit| {
        interrupt.check()?;
        Ok(nearest_in_time(&people, visit))
    });
    let near: Vec<Vec<PersonId>> = near.collect::<Result<_, _>>()?;
    let ids: HashSet<PersonId> = near.iter().flatten().copied().collect();
    let helpers = people.into_iter().filter(|who| ids.contains(&who.id));
    let helpers: Vec<Volunteer> = helpers.map(|who| who.serving_also(area)).collect();
    let stops = pinned_stops(routes, &ids, visits);
    let wanted = as_asked(&stops, ties, visits);
    let part = Part { volunteers: helpers.iter().collect(), as_asked: wanted, ..Part::default() };
    let Some(mut team) = assigned((ties, options), &part, &stops) else { return Ok(None) };
    let mut offered = HashSet::new();
    for (visit, near) in asked.into_iter().zip(near) {
        interrupt.check()?;
        if let Some(slot) = cheapest_in_time(&team, visit, &near) {
            team.place(visit, slot);
            offered.insert(visit.id);
        }
    }
    if offered.is_empty() {
        return Ok(None);
    }
    let routes = record::routes(&team, options.alternatives, has_any(&offered), interrupt)?;
    Ok(Some(Help::of(offered, routes, Vec::new())))
}

/// The volunteers who live nearest to a visit, of those who could make it and have a shift in time.
fn nearest_in_time(people: &[&Volunteer], visit: &Visit) -> Vec<PersonId> {
    let days = visit.not_before..=visit.due;
    let able = |who: &&&Volunteer| {
        visit.skills.is_subset(&who.skills)
            && !visit.forbidden.contains(&who.id)
            && who.shifts.iter().any(|shift| days.contains(&shift.day))
    };
    let able: Vec<&Volunteer> = people.iter().filter(able).copied().collect();
    visit.place.nearest(able, |who| who.home, NEAREST).into_iter().map(|who| who.id).collect()
}

/// The slot in time that adds the least travel.
fn cheapest_in_time(team: &Team<'_>, visit: &Visit, near: &[PersonId]) -> Option<InsertionSlot> {
    let members = near.iter().filter_map(|id| team.member(*id));
    let members = members.filter(|member| !team.is_spent(*member, visit));
    let days = members.flat_map(|member| team.days_for(member, visit));
    let is_in_time = |(member, day): &(usize, usize)| {
        visit.days_late(team.members[*member].days[*day].shift.day) == 0
    };
    cheapest_among(team, visit, days.filter(is_in_time))
}

/// The routes of those who had the visits of `help`, without them. The other stops keep their times;
/// none if a journey between them would not fit.
fn release(
    problem: &DispatchProblem,
    Context { ties, options, interrupt, .. }: Context<'_>,
    help: &Help,
    (routes, visits): (&[Route], &Visits<'_>),
) -> Result<Option<Help>, Interrupted> {
    let taken = &help.offered;
    let had = |route: &&Route| route.stops.iter().any(|stop| taken.contains(&stop.visit));
    let people: HashSet<PersonId> =
        routes.iter().filter(had).map(|route| route.volunteer).collect();
    let mut stops = pinned_stops(routes, &people, visits);
    stops.retain(|visit| !taken.contains(&visit.id));
    let volunteers = problem.volunteers.iter().filter(|who| people.contains(&who.id)).collect();
    let part = Part { volunteers, ..Part::default() };
    let Some(team) = assigned((ties, options), &part, &stops) else { return Ok(None) };
    let mut released = record::routes(&team, false, |_| true, interrupt)?;
    let changed = help.people.union(&people).copied().collect();
    keep_alternatives(&mut released, routes, &changed);
    Ok(Some(Help { people, offered: HashSet::new(), routes: released, left: Vec::new() }))
}

/// Gives the stops of these routes the alternatives that they had before, without the volunteers whose
/// days have `changed`.
fn keep_alternatives(new: &mut [Route], old: &[Route], changed: &HashSet<PersonId>) {
    let people: HashSet<PersonId> = new.iter().map(|route| route.volunteer).collect();
    let theirs = old.iter().filter(|route| people.contains(&route.volunteer));
    let before: HashMap<TaskId, _> =
        theirs.flat_map(|route| &route.stops).map(|stop| (stop.visit, &stop.why)).collect();
    for stop in new.iter_mut().flat_map(|route| &mut route.stops) {
        if let Some(why) = before.get(&stop.visit) {
            let unchanged = why.next.iter().filter(|other| !changed.contains(&other.volunteer));
            (stop.why.others, stop.why.next) = (why.others, unchanged.cloned().collect());
        }
    }
}

/// Inserts the unserved visits that fit into the days of the volunteers who have `changed`; none if none
/// fits. A pair of visits needs a search, so it stays unserved.
fn refill(
    problem: &DispatchProblem,
    Context { ties, options, interrupt, .. }: Context<'_>,
    changed: &HashSet<PersonId>,
    left: &[TaskId],
    (routes, visits): (&[Route], &Visits<'_>),
) -> Result<Option<Help>, Interrupted> {
    let theirs = problem.volunteers.iter().filter(|who| changed.contains(&who.id)).cloned();
    let theirs = DispatchProblem { volunteers: theirs.collect(), ..DispatchProblem::default() };
    let theirs = theirs.reaching(options.reach);
    let stops = pinned_stops(routes, changed, visits);
    let wanted = as_asked(&stops, ties, visits);
    let volunteers = theirs.volunteers.iter().collect();
    let part = Part { volunteers, as_asked: wanted, ..Part::default() };
    let Some(mut team) = assigned((ties, options), &part, &stops) else { return Ok(None) };
    let makers = makers(routes, ties);
    let is_free = |visit: &&Visit| {
        let mut fellows = ties.fellows(visit.id).filter_map(|fellow| makers.get(&fellow));
        visit.pinned.is_none() && fellows.all(|maker| changed.contains(maker))
    };
    let waiting = left.iter().filter_map(|left| visits.get(left).copied());
    let mut waiting: Vec<&Visit> = waiting.filter(is_free).collect();
    waiting.sort_unstable_by_key(|visit| urgency(visit));
    let mut offered: HashSet<TaskId> = waiting.iter().map(|visit| visit.id).collect();
    fill(&mut team, &mut waiting, interrupt)?;
    for left in &waiting {
        offered.remove(&left.id);
    }
    if offered.is_empty() {
        return Ok(None);
    }
    let mut filled = record::routes(&team, options.alternatives, has_any(&offered), interrupt)?;
    keep_alternatives(&mut filled, routes, changed);
    Ok(Some(Help::of(offered, filled, Vec::new())))
}
