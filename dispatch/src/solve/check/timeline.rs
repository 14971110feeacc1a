//! Checks one route, stop by stop.

use super::{Index, Violation, distance, in_area, is_there};
use crate::solve::plan::{Route, Stop};
use crate::solve::problem::{Shift, Visit, Volunteer};
use gridward_domain::place::Place;
use gridward_domain::time::Window;

/// Checks that the volunteer can walk the route as written, and may.
pub(super) fn check(index: &Index<'_>, route: &Route) -> Result<(), Violation> {
    let who = index.person(route.volunteer)?;
    let shift = who
        .shifts
        .iter()
        .find(|shift| shift.day == route.day)
        .ok_or(Violation::NoShift(route.volunteer, route.day))?;
    if route.stops.is_empty() {
        return Err(Violation::EmptyRoute(route.volunteer, route.day));
    }
    let shift = &calls(index, who, shift, route)?;
    let mut free = minute(shift.window.start());
    let mut place = who.home;
    let mut travel = 0;
    for stop in &route.stops {
        let visit = index.visit(stop.visit)?;
        if visit.is_call() {
            continue;
        }
        is_allowed(who, route, stop, visit)?;
        if !distance::takes(who, place, visit.place, stop.travel.0) {
            return Err(Violation::Journey(stop.visit));
        }
        follows(shift, stop, visit, free)?;
        free = minute(stop.leave);
        place = visit.place;
        travel += stop.travel.0;
    }
    way_home(who, shift, route, (place, free), travel)
}

/// Checks the calls of a route, and returns the shift with one more break for each of them: nothing
/// else happens during a call.
fn calls(
    index: &Index<'_>,
    who: &Volunteer,
    shift: &Shift,
    route: &Route,
) -> Result<Shift, Violation> {
    let mut with_calls = shift.clone();
    for stop in &route.stops {
        let visit = index.visit(stop.visit)?;
        if !visit.is_call() {
            continue;
        }
        is_allowed(who, route, stop, visit)?;
        if stop.travel.0 != 0 || stop.arrive != stop.start {
            return Err(Violation::Journey(visit.id));
        }
        follows(&with_calls, stop, visit, minute(shift.window.start()))?;
        if stop.leave > shift.window.end() {
            return Err(Violation::Times(visit.id));
        }
        // None for a call that takes no time.
        with_calls.breaks.extend(Window::new(stop.start, stop.leave).ok());
    }
    Ok(with_calls)
}

/// Checks area, skills, first day and pin.
fn is_allowed(who: &Volunteer, route: &Route, stop: &Stop, visit: &Visit) -> Result<(), Violation> {
    if let Some(pin) = visit.pinned {
        let kept = pin.volunteer == who.id
            && pin.day == route.day
            && pin.start.is_none_or(|start| start == stop.start);
        return if kept { Ok(()) } else { Err(Violation::Pin(visit.id)) };
    }
    if !in_area(who, visit) || !is_there(who, visit, route.day) {
        return Err(Violation::Area(visit.id));
    }
    if !visit.skills.iter().all(|skill| who.skills.contains(skill)) {
        return Err(Violation::Skill(visit.id));
    }
    if route.day < visit.not_before { Err(Violation::TooEarly(visit.id)) } else { Ok(()) }
}

/// Checks the times of one stop, for a volunteer who is free from minute `free`.
fn follows(shift: &Shift, stop: &Stop, visit: &Visit, free: u32) -> Result<(), Violation> {
    let (arrive, start, leave) = (minute(stop.arrive), minute(stop.start), minute(stop.leave));
    let travel = stop.travel.0;
    if arrive < free.saturating_add(travel)
        || start < arrive
        || leave != start.saturating_add(visit.service.0)
        || !is_clear(shift, arrive - travel, arrive)
    {
        return Err(Violation::Times(visit.id));
    }
    if !is_clear(shift, start, leave) {
        return Err(Violation::Break(visit.id));
    }
    let hour_is_pinned = visit.pinned.is_some_and(|pin| pin.start.is_some());
    if hour_is_pinned || in_a_window(visit, start, leave) {
        Ok(())
    } else {
        Err(Violation::Window(visit.id))
    }
}

fn way_home(
    who: &Volunteer,
    shift: &Shift,
    route: &Route,
    (place, free): (Place, u32),
    travel: u32,
) -> Result<(), Violation> {
    let written = route.travel.0.checked_sub(travel);
    let Some(back) = written.filter(|back| distance::takes(who, place, who.home, *back)) else {
        return Err(Violation::Travel(who.id, route.day));
    };
    let end = minute(shift.window.end());
    if (free..=end).any(|depart| depart + back <= end && is_clear(shift, depart, depart + back)) {
        Ok(())
    } else {
        Err(Violation::Home(who.id, route.day))
    }
}

/// Whether a span overlaps no break of the shift.
pub(super) fn is_clear(shift: &Shift, from: u32, to: u32) -> bool {
    let touches = |pause: &Window| from < minute(pause.end()) && to > minute(pause.start());
    !shift.breaks.iter().any(touches)
}

/// Whether one of the visit's windows contains the span; without windows any span is allowed.
pub(super) fn in_a_window(visit: &Visit, from: u32, to: u32) -> bool {
    let holds = |window: &Window| minute(window.start()) <= from && to <= minute(window.end());
    visit.windows.is_empty() || visit.windows.iter().any(holds)
}

/// A time of day in minutes.
pub(super) fn minute(time: gridward_domain::time::TimeOfDay) -> u32 {
    u32::from(time.minutes())
}
