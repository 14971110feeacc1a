//! The places of single visits in days whose other visits stay, such as their remedies promise them.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::former::{hour, possible};
use super::problem::{DispatchProblem, Pin, Visit, Volunteer};
use super::split::Part;
use super::team::Team;
use super::ties::Ties;
use super::units::time_of_day;
use super::{Observer, PlanError};
use crate::routing::Weights;
use gridward_domain::area::Level;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::{TimeOfDay, Window};

/// Pins free visits to the person and the day of their pins without an hour, one after another, each beside the
/// visits that are pinned then. If one does not fit while all these keep their hours, those of `kept` on that day
/// may begin later, in the same order. One that does not fit in any case, or that two people make, remains free.
/// People help in other grids up to the level `reach`, as in a plan. Returns `kept` with the visits that are
/// pinned now.
///
/// # Errors
/// [`PlanError::Cancelled`].
pub fn make_room(
    problem: &mut DispatchProblem,
    visits: &[(TaskId, Pin)],
    kept: impl IntoIterator<Item = TaskId>,
    reach: Level,
    observer: &impl Observer,
) -> Result<HashSet<TaskId>, PlanError> {
    let (ties, none) = (Ties::of(&problem.ties), HashSet::new());
    let mut kept: HashSet<TaskId> = kept.into_iter().collect();
    let mut visits = possible(problem, visits, reach);
    visits.retain(|visit| ties.pair(visit.id).is_none());
    let people = visits.iter().filter_map(|visit| Some(visit.pinned?.volunteer));
    let people: HashSet<PersonId> = people.collect();
    let is_theirs = |visit: &&Visit| visit.pinned.is_some_and(|it| people.contains(&it.volunteer));
    let mut pinned: Vec<Visit> = problem.visits.iter().filter(is_theirs).cloned().collect();
    for visit in visits {
        if observer.proceed().is_break() {
            return Err(PlanError::Cancelled);
        }
        let place = |movable: &HashSet<TaskId>| {
            starts((&problem.volunteers, &ties), (&pinned, &visit), movable)
        };
        let Some(starts) = place(&none).or_else(|| place(&kept)) else { continue };
        kept.insert(visit.id);
        pinned.push(visit);
        for visit in &mut pinned {
            if let Some((pin, start)) = visit.pinned.as_mut().zip(starts.get(&visit.id)) {
                pin.start = Some(*start);
            }
        }
    }
    let pins: HashMap<TaskId, Option<Pin>> =
        pinned.into_iter().map(|visit| (visit.id, visit.pinned)).collect();
    for visit in &mut problem.visits {
        visit.pinned = pins.get(&visit.id).copied().unwrap_or(visit.pinned);
    }
    Ok(kept)
}

/// The starts of the visit and of those of `movable` on the day that it is pinned to; none if it does not fit
/// there.
fn starts(
    (volunteers, ties): (&[Volunteer], &Ties),
    (pinned, visit): (&[Visit], &Visit),
    movable: &HashSet<TaskId>,
) -> Option<HashMap<TaskId, TimeOfDay>> {
    let pin = visit.pinned?;
    let moves = |other: &Visit| {
        other.pinned.is_some_and(|it| it.day == pin.day)
            && movable.contains(&other.id)
            && !other.is_call()
            && ties.pair(other.id).is_none()
    };
    let is_theirs = |other: &&Visit| other.pinned.is_some_and(|it| it.volunteer == pin.volunteer);
    let mut others: Vec<&Visit> = pinned.iter().filter(is_theirs).collect();
    // In the order of their hours the visits follow one another; calls have their times beside them.
    others.sort_by_key(|other| (!other.is_call(), hour(other), other.id));
    let stop = |other: &Visit| {
        let has_hour = other.pinned.is_some_and(|it| it.start.is_some());
        (has_hour, if moves(other) { not_earlier(other) } else { other.clone() })
    };
    let stops: Vec<(bool, Visit)> = others.into_iter().map(stop).collect();
    let who = volunteers.iter().filter(|who| who.id == pin.volunteer);
    let part = Part { volunteers: who.collect(), ..Part::default() };
    let mut team = Team::new(ties, &part, Weights::default());
    if !fill(&mut team, &stops, pin.day) {
        return None;
    }
    let (member, day) = team.pinned_day(pin)?;
    let slot = team.cheapest_on((member, day), visit, true)?;
    team.place(visit, slot);
    let stops = team.members[member].days[day].all();
    let changed = stops.filter(|stop| stop.visit.id == visit.id || moves(stop.visit));
    changed.map(|stop| Some((stop.visit.id, time_of_day(stop.start)?))).collect()
}

/// The pinned visit without its hour, before which it does not begin; with its hour if no later one is possible.
fn not_earlier(visit: &Visit) -> Visit {
    let Some((pin, hour)) = visit.pinned.and_then(|pin| Some((pin, pin.start?))) else {
        return visit.clone();
    };
    let window = |start, end| Window::new(start, end).ok();
    let windows: Vec<Window> = if visit.windows.is_empty() {
        window(hour, TimeOfDay::LAST).into_iter().collect()
    } else {
        let windows = visit.windows.iter();
        windows.filter_map(|it| window(it.start().max(hour), it.end())).collect()
    };
    if windows.is_empty() {
        return visit.clone();
    }
    Visit { windows, pinned: Some(Pin { start: None, ..pin }), ..visit.clone() }
}

/// Puts the stops, with whether they have hours, into their days. Returns whether all of `day` fit; those of other
/// days that do not have no visitor.
fn fill<'p>(team: &mut Team<'p>, stops: &'p [(bool, Visit)], day: NaiveDate) -> bool {
    for (has_hour, stop) in stops {
        let Some(pin) = stop.pinned else { continue };
        let Some((member, at)) = team.pinned_day(pin) else { continue };
        let slot = if *has_hour {
            let last = team.slots(member, at, stop).last();
            last.filter(|slot| team.misses(stop, *slot).most() == 0)
        } else {
            team.cheapest_on((member, at), stop, false)
        };
        match slot {
            Some(slot) => team.place(stop, slot),
            None if pin.day == day => return false,
            None => {}
        }
    }
    team.recompute_loads();
    true
}
