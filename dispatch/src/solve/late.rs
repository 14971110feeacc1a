//! Offers late visits to neighbours: those that their volunteers can make only after the due day.
//!
//! A visit moves only to a volunteer who makes it on an earlier day; else it stays where it is. First all
//! are offered to those who can be in time, then those that are still late to those who can be less late.
//! Volunteers who have such a visit are not asked for others, so their routes change by what leaves them
//! alone: their other stops keep their times. Each visit is offered to the volunteers who live nearest,
//! first of the village, then of the town, then of the district, so the cost grows with the number of late
//! visits.
//!
//! After that, the volunteers whose days have changed may have time for unserved visits, which they
//! get before reasons are given.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
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
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, TaskId};

/// By when a late visit is wanted.
#[derive(Clone, Copy)]
enum Wanted {
    /// By the due day.
    InTime,
    /// On any day before the one that it has.
    Sooner,
}

/// The most visits of an area that are offered to those who would be late too, the most urgent first: of a
/// district that is far behind, most visits are late.
const MOST_SOONER: usize = 1_000;

/// A late visit, and the last day that is wanted.
#[derive(Clone, Copy)]
struct LateVisit<'p> {
    visit: &'p Visit,
    until: NaiveDate,
}

/// Moves late visits to neighbours who can make them in time, or less late, and gives the volunteers whose
/// days have changed the visits of `left` that fit there.
pub(super) fn relieve(
    problem: &DispatchProblem,
    context: Context<'_>,
    routes: &mut Vec<Route>,
    left: &mut Vec<TaskId>,
    visits: &Visits<'_>,
) -> Result<(), Interrupted> {
    let mut changed: HashSet<PersonId> = HashSet::new();
    for wanted in [Wanted::InTime, Wanted::Sooner] {
        for level in levels(context.options.reach) {
            changed.extend(round(problem, context, (wanted, level), (routes, left), visits)?);
        }
    }
    if !changed.is_empty()
        && let Some(help) = refill(problem, context, &changed, left, (routes, visits))?
    {
        merge(vec![help], routes, left);
    }
    Ok(())
}

/// Offers the late visits to the volunteers of one level; returns the volunteers whose days change.
fn round(
    problem: &DispatchProblem,
    context: Context<'_>,
    (wanted, level): (Wanted, Level),
    (routes, left): (&mut Vec<Route>, &mut Vec<TaskId>),
    visits: &Visits<'_>,
) -> Result<HashSet<PersonId>, Interrupted> {
    let (late, holders) = late(problem, context.ties, (routes, visits), wanted);
    let mut asked: BTreeMap<AreaCode, Vec<LateVisit<'_>>> = BTreeMap::new();
    for one in late {
        if let Some(area) = one.visit.grid.ancestor(level) {
            asked.entry(area).or_default().push(one);
        }
    }
    let present = (routes.as_slice(), visits);
    let helps: Vec<Help> = asked
        .into_par_iter()
        .filter_map(|(area, asked)| {
            let asked = most_urgent(asked, wanted);
            offer(problem, context, area, (&asked, &holders), present).transpose()
        })
        .collect::<Result<_, _>>()?;
    let mut changed = HashSet::new();
    for help in helps {
        if let Some(released) = release(problem, context, &help, (routes, visits))? {
            changed.extend(help.people.iter().chain(&released.people).copied());
            // The visits were assigned before, so none of them is left.
            merge(vec![help, released], routes, left);
        }
    }
    Ok(changed)
}

/// The late visits that may move and could be made by the day that is wanted, and the volunteers who have
/// them.
fn late<'p>(
    problem: &DispatchProblem,
    ties: &Ties,
    (routes, visits): (&[Route], &Visits<'p>),
    wanted: Wanted,
) -> (Vec<LateVisit<'p>>, HashSet<PersonId>) {
    let shifts = problem.volunteers.iter().flat_map(|who| &who.shifts);
    let Some(first) = shifts.map(|shift| shift.day).min() else { return Default::default() };
    let stops = routes.iter().flat_map(|route| route.stops.iter().map(move |stop| (route, stop)));
    let late = stops.filter_map(|(route, stop)| {
        let visit = *visits.get(&stop.visit)?;
        let until = match wanted {
            Wanted::InTime => visit.due,
            Wanted::Sooner => route.day.pred_opt()?,
        };
        let is_late = route.day > visit.due && first.max(visit.not_before) <= until;
        let is_free = visit.pinned.is_none() && !ties.binds(visit.id);
        (is_late && is_free).then_some((LateVisit { visit, until }, route.volunteer))
    });
    late.unzip()
}

/// The visits that are offered, the most urgent first.
fn most_urgent(mut asked: Vec<LateVisit<'_>>, wanted: Wanted) -> Vec<LateVisit<'_>> {
    asked.sort_unstable_by_key(|late| urgency(late.visit));
    if matches!(wanted, Wanted::Sooner) {
        asked.truncate(MOST_SOONER);
    }
    asked
}

/// Offers late visits, in their order, to volunteers of the area who have none themselves; none if no visit
/// can be made by the day that is wanted.
fn offer(
    problem: &DispatchProblem,
    Context { ties, options, interrupt, .. }: Context<'_>,
    area: AreaCode,
    (asked, holders): (&[LateVisit<'_>], &HashSet<PersonId>),
    (routes, visits): (&[Route], &Visits<'_>),
) -> Result<Option<Help>, Interrupted> {
    let is_asked = |who: &&Volunteer| area.contains(&who.grid) && !holders.contains(&who.id);
    let mut people: Vec<&Volunteer> = problem.volunteers.iter().filter(is_asked).collect();
    // Sorted, so that the order of the input does not matter.
    people.sort_unstable_by_key(|who| who.id);
    let near = asked.iter().map(|late| {
        interrupt.check()?;
        Ok(nearest(&people, late))
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
    for (late, near) in asked.iter().zip(near) {
        interrupt.check()?;
        if let Some(slot) = cheapest(&team, late, &near) {
            team.place(late.visit, slot);
            offered.insert(late.visit.id);
        }
    }
    if offered.is_empty() {
        return Ok(None);
    }
    let mut routes = record::routes(&team, options.alternatives, has_any(&offered), interrupt)?;
    if options.alternatives {
        let stops = routes.iter_mut().flat_map(|route| &mut route.stops);
        for stop in stops.filter(|stop| offered.contains(&stop.visit)) {
            // The volunteer who had it could still make it, late.
            stop.why.others = stop.why.others.max(1);
        }
    }
    Ok(Some(Help::of(offered, routes, Vec::new())))
}

/// The volunteers who live nearest to a visit, of those who could make it and have a shift by the day that
/// is wanted.
fn nearest(people: &[&Volunteer], LateVisit { visit, until }: &LateVisit<'_>) -> Vec<PersonId> {
    let days = visit.not_before..=*until;
    let able = |who: &&&Volunteer| {
        visit.skills.is_subset(&who.skills)
            && !visit.forbidden.contains(&who.id)
            && who.shifts.iter().any(|shift| days.contains(&shift.day))
    };
    let able: Vec<&Volunteer> = people.iter().filter(able).copied().collect();
    visit.place.nearest(able, |who| who.home, NEAREST).into_iter().map(|who| who.id).collect()
}

/// The slot by the day that is wanted that is least late and adds the least travel.
fn cheapest(
    team: &Team<'_>,
    LateVisit { visit, until }: &LateVisit<'_>,
    near: &[PersonId],
) -> Option<InsertionSlot> {
    let members = near.iter().filter_map(|id| team.member(*id));
    let members = members.filter(|member| !team.is_spent(*member, visit));
    let days = members.flat_map(|member| team.days_for(member, visit));
    let is_wanted =
        |(member, day): &(usize, usize)| team.members[*member].days[*day].shift.day <= *until;
    cheapest_among(team, visit, days.filter(is_wanted))
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
