//! Plans one part: the assignment of the search, and then greedy insertion of calls and of unserved
//! visits.
//!
//! The search has no calls. Calls that are pinned to a time are like breaks for it; the others are
//! inserted into its routes, whose visits make way without a change of their order.
//!
//! The search decides the order of every route. The timelines here are derived from that order by
//! the same arithmetic, over the requested hours, so that explanations agree with them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::alike::Kind;
use super::member::InsertionSlot;
use super::member::Member;
use super::plan::{Route, Unserved};
use super::problem::{Pin, Visit};
use super::record::{routes, unserved};
use super::search::search;
use super::split::Part;
use super::team::Team;
use super::ties::Ties;
use super::{Context, PlanError, idle};
use crate::interrupt::{Interrupt, Interrupted};
use crate::routing::solution::{self, Solution};
use gridward_domain::area::Level;
use gridward_domain::id::TaskId;
use gridward_domain::time::TimeOfDay;

/// The maximum number of visits that the search of a part takes, besides those tied to them. Its memory
/// grows with their square, and few teams have the time for as many.
const MOST_SEARCHED: usize = 4_096;

/// A part as planned.
pub(super) struct Planned {
    /// The routes of the selected members.
    pub(super) routes: Vec<Route>,
    /// The unserved visits. None of them fits anywhere.
    pub(super) left: Vec<TaskId>,
    /// Why they are unserved, unless neighbours are asked next.
    pub(super) unserved: Vec<Unserved>,
}

/// Plans a part, with the routes of the members that `includes` selects.
pub(super) fn construct(
    part: &Part<'_>,
    context: Context<'_>,
    includes: impl Fn(&Member<'_>) -> bool,
) -> Result<Planned, PlanError> {
    let Context { ties, options, interrupt, .. } = context;
    let mut team = Team::new(ties, part, options.weights);
    // Sorted, so that the order of the input does not matter.
    let mut all = part.visits.clone();
    all.sort_unstable_by_key(|visit| visit.id);
    let (calls, visits): (Vec<&Visit>, Vec<&Visit>) = all.into_iter().partition(|it| it.is_call());
    let (mut pinned, mut free) = place_pinned(&mut team, part, calls);
    let (visits, others) = searched(ties, visits, MOST_SEARCHED);
    let found = search(&team, &visits, context)?;
    let settled = settled(&team, &visits, &found);
    for (route, stop) in stops(&found) {
        let visit = visits[stop.visit];
        let visit = part.as_asked.get(&visit.id).copied().unwrap_or(visit);
        let visit = settled.get(&stop.visit).unwrap_or(visit);
        team.append(route.volunteer, route.shift, visit);
    }
    team.recompute_loads();
    fill(&mut team, &mut pinned, interrupt)?;
    free.extend(found.unserved.iter().map(|visit| visits[*visit]));
    free.extend(others);
    free.sort_unstable_by_key(|visit| urgency(visit));
    fill(&mut team, &mut free, interrupt)?;
    // Help for other grids does not change their plans.
    if !part.is_help {
        idle::engage(&mut team, interrupt)?;
        // The givers have more time.
        fill(&mut team, &mut free, interrupt)?;
    }
    free.extend(pinned);
    let routes = routes(&team, options.alternatives, includes, interrupt)?;
    let is_explained = options.reach == Level::Grid;
    let unserved = if is_explained { unserved(&team, &free, interrupt)? } else { Vec::new() };
    Ok(Planned { routes, left: free.iter().map(|visit| visit.id).collect(), unserved })
}

/// The pinned and the most urgent visits, up to `most` and what is tied to them; and the others, which
/// are inserted into the routes that the search finds.
fn searched<'p>(
    ties: &Ties,
    visits: Vec<&'p Visit>,
    most: usize,
) -> (Vec<&'p Visit>, Vec<&'p Visit>) {
    if visits.len() <= most {
        return (visits, Vec::new());
    }
    let mut first = visits.clone();
    first.select_nth_unstable_by_key(most, |visit| (visit.pinned.is_none(), urgency(visit)));
    first.truncate(most);
    let chosen: HashSet<_> = first.iter().flat_map(|visit| ties.cluster(visit.id)).collect();
    visits.into_iter().partition(|visit| chosen.contains(&visit.id))
}

/// Puts the calls that are pinned to a time into their days, and adds the minutes of all pinned ones
/// to the loads. Returns the other pinned calls and the free ones.
fn place_pinned<'p>(
    team: &mut Team<'p>,
    part: &Part<'p>,
    calls: Vec<&'p Visit>,
) -> (Vec<&'p Visit>, Vec<&'p Visit>) {
    let (pinned, free) = calls.into_iter().partition::<Vec<_>, _>(|call| call.pinned.is_some());
    let mut left = Vec::new();
    for call in pinned {
        let Some((member, day)) = call.pinned.and_then(|pin| team.pinned_day(pin)) else {
            left.push(call);
            continue;
        };
        let who = &mut team.members[member];
        who.add_load(day, call.service.0);
        let is_timed = call.pinned.is_some_and(|pin| pin.start.is_some());
        match who.days[day].call_start(call).filter(|_| is_timed) {
            Some(start) => {
                let call = part.as_asked.get(&call.id).copied().unwrap_or(call);
                who.days[day].insert_call(call, start);
            }
            None => left.push(call),
        }
    }
    (left, free)
}

/// The visits of pairs by number, each pinned to the time that the search found: it suits the
/// other.
fn settled(team: &Team<'_>, visits: &[&Visit], found: &Solution) -> HashMap<usize, Visit> {
    let pairs = stops(found).filter(|(_, stop)| team.ties.pair(visits[stop.visit].id).is_some());
    let pinned = pairs.filter_map(|(route, stop)| {
        let who = &team.members[route.volunteer];
        let day = who.days[route.shift].shift.day;
        let start = TimeOfDay::new(u16::try_from(stop.start / 60).ok()?).ok()?;
        let pin = Pin { volunteer: who.volunteer.id, day, start: Some(start) };
        Some((stop.visit, Visit { pinned: Some(pin), ..visits[stop.visit].clone() }))
    });
    pinned.collect()
}

fn stops(found: &Solution) -> impl Iterator<Item = (&solution::ShiftRoute, &solution::Stop)> {
    found.routes.iter().flat_map(|route| route.stops.iter().map(move |stop| (route, stop)))
}

/// Inserts unserved visits that still fit. A visit on the way can cut a journey that a break
/// delays, so an insertion can make room for another: repeats until none fits.
pub(super) fn fill<'p>(
    team: &mut Team<'p>,
    free: &mut Vec<&'p Visit>,
    interrupt: &Interrupt<'_>,
) -> Result<(), Interrupted> {
    // The kinds of visits that fit nowhere as long as the team stays as it is.
    let mut unfit: HashSet<Kind<'p>> = HashSet::new();
    loop {
        let offered = free.len();
        free.retain(|visit| {
            let kind = Kind::of(visit, team.ties);
            if interrupt.is_set() || kind.as_ref().is_some_and(|kind| unfit.contains(kind)) {
                return true;
            }
            match cheapest(team, visit) {
                // The search assigns both visits of a pair or neither.
                Some(slot) if team.ties.pair(visit.id).is_none() => {
                    team.place(visit, slot);
                    unfit.clear();
                    return false;
                }
                Some(_) => {}
                None => unfit.extend(kind),
            }
            true
        });
        interrupt.check()?;
        if free.is_empty() || free.len() == offered {
            return Ok(());
        }
    }
}

/// The most urgent first; ties are broken by id.
pub(super) fn urgency(visit: &Visit) -> impl Ord + use<> {
    (Reverse(visit.priority), visit.due, visit.id)
}

/// The slot that is least late and adds the least travel and waiting.
fn cheapest(team: &Team<'_>, visit: &Visit) -> Option<InsertionSlot> {
    if let Some(pin) = visit.pinned {
        return pinned_slot(team, visit, pin);
    }
    let members = team.free_for(visit).filter(|member| !team.is_spent(*member, visit));
    cheapest_among(team, visit, members.flat_map(|member| team.days_for(member, visit)))
}

/// The slot in these days of members that costs least.
pub(super) fn cheapest_among(
    team: &Team<'_>,
    visit: &Visit,
    days: impl Iterator<Item = (usize, usize)>,
) -> Option<InsertionSlot> {
    let slots = days.flat_map(|(member, day)| team.slots(member, day, visit));
    slots.filter(|slot| team.fits(visit, *slot)).min_by_key(|slot| cost(team, visit, *slot))
}

/// Days late, for calls the load, and added travel and waiting; ties are broken by day, member and
/// position.
pub(super) fn cost(
    team: &Team<'_>,
    visit: &Visit,
    slot: InsertionSlot,
) -> (u32, Option<CallCost>, i64, NaiveDate, usize, usize) {
    let day = team.members[slot.member].days[slot.day].shift.day;
    let late = visit.days_late(day);
    let call = visit.is_call().then(|| call_cost(team, visit, slot));
    let added = i64::from(slot.position.extra) + team.waiting(visit, day);
    (late, call, added, day, slot.member, slot.position.at)
}

/// The load with a call in twentieths of the offered minutes, whether the beneficiary does not know
/// the member, and the load in millionths.
type CallCost = (u64, bool, u64);

/// What a call costs, which has no travel to compare: an even load, and of about even ones a known
/// person.
fn call_cost(team: &Team<'_>, call: &Visit, slot: InsertionSlot) -> CallCost {
    let who = team.members[slot.member].volunteer;
    let load = u64::from(team.load_with(call, slot));
    let share = |parts: u64| load * parts / u64::from(who.share_of().0.max(1));
    (share(20), !call.knows(who.id), share(1_000_000))
}

/// The slot on the pinned day that adds the least travel.
pub(super) fn pinned_slot(team: &Team<'_>, visit: &Visit, pin: Pin) -> Option<InsertionSlot> {
    let (member, day) = team.pinned_day(pin).filter(|(member, _)| team.allows(visit)(member))?;
    // An offer is exceeded only where pinned visits alone do.
    team.cheapest_on((member, day), visit, !team.is_bound(member, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::Tie;
    use crate::solve::tests::{pin, visit};
    use gridward_domain::range::Priority;

    #[test]
    fn the_search_takes_pinned_visits_then_urgent_ones_and_what_is_tied_to_them() {
        let urgent = Visit { priority: Priority::of::<9>(), ..visit(3) };
        let held = Visit { pinned: Some(pin(1, 1, None)), ..visit(5) };
        let all = [visit(1), visit(2), urgent, visit(4), held, visit(6)];
        let tie = Tie::SamePerson(vec![all[2].id, all[5].id]);
        let of = |ties: &[Tie], most| {
            let (searched, others) = searched(&Ties::of(ties), all.iter().collect(), most);
            assert_eq!(searched.len() + others.len(), all.len());
            searched.iter().map(|one| one.id).collect::<Vec<_>>()
        };
        assert_eq!(of(&[], 2), [all[2].id, all[4].id]);
        assert_eq!(of(&[], 3), [all[0].id, all[2].id, all[4].id]);
        assert_eq!(of(&[tie], 2), [all[2].id, all[4].id, all[5].id]);
        assert_eq!(of(&[], 6).len(), 6);
    }
}
