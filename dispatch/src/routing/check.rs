//! An independent checker of plans: it shares nothing with the search, so that each can be verified
//! against the other.

use std::collections::HashMap;

use thiserror::Error;

use super::instance::{Bar, Instance, Seconds, Shift};
use super::solution::{ShiftRoute, Solution, Stop};

/// A violated rule, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A route is for no shift, or for a shift that already has a route.
    #[error("route {0} is for no shift, or for a shift that already has a route")]
    Shift(usize),
    /// A visit occurs twice, nowhere, or is unknown.
    #[error("visit {0} occurs twice, is missing, or is unknown")]
    Count(usize),
    /// A barred volunteer makes a visit.
    #[error("visit {0} is made by a barred volunteer")]
    Barred(usize),
    /// A pinned visit has another volunteer, day or time.
    #[error("visit {0} is not made as pinned")]
    Pin(usize),
    /// A visit is before its first day.
    #[error("visit {0} is before its first day")]
    Early(usize),
    /// A visit is on a day on which the volunteer may not make it.
    #[error("visit {0} is on a day on which the volunteer may not make it")]
    OtherDay(usize),
    /// A service begins outside its windows.
    #[error("visit {0} begins outside its windows")]
    Window(usize),
    /// The times of a stop are inconsistent.
    #[error("the times of visit {0} are inconsistent")]
    Clock(usize),
    /// A journey or service overlaps a break or is outside the shift.
    #[error("route {0} leaves its shift or overlaps a break")]
    Hours(usize),
    /// The capacity of a shift is exceeded.
    #[error("route {0} exceeds the capacity of its shift")]
    Capacity(usize),
    /// The load of a volunteer exceeds the offer.
    #[error("the load of volunteer {0} exceeds the offer")]
    Offered(usize),
    /// Two volunteers make visits of one group.
    #[error("two volunteers make visits of the group of visit {0}")]
    Group(usize),
    /// The visits of a pair are not made as tied.
    #[error("visit {0} and its partner are not made as tied")]
    Partner(usize),
}

/// Checks that a plan keeps all rules.
///
/// # Errors
/// The first violation found.
pub fn check(instance: &Instance, plan: &Solution) -> Result<(), Violation> {
    each_once(instance, plan)?;
    let mut assignments = HashMap::new();
    let mut shifts = HashMap::new();
    for (number, route) in plan.routes.iter().enumerate() {
        let who = instance.volunteers.get(route.volunteer);
        let shift = who.and_then(|who| who.shifts.get(route.shift));
        let twice = shifts.insert((route.volunteer, route.shift), number).is_some();
        let Some(shift) = shift.filter(|_| !twice) else { return Err(Violation::Shift(number)) };
        check_route(instance, route, shift, number)?;
        for stop in &route.stops {
            check_visit(instance, route, shift, stop)?;
            assignments.insert(stop.visit, (route.volunteer, shift.day, stop.start));
        }
    }
    check_offers(instance, plan)?;
    check_ties(instance, &assignments)
}

fn each_once(instance: &Instance, plan: &Solution) -> Result<(), Violation> {
    let mut counts = vec![0; instance.visits.len()];
    let stops = plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.visit);
    for visit in stops.chain(plan.unserved.iter().copied()) {
        *counts.get_mut(visit).ok_or(Violation::Count(visit))? += 1;
    }
    match counts.iter().position(|count| *count != 1) {
        Some(visit) => Err(Violation::Count(visit)),
        None => Ok(()),
    }
}

fn check_route(
    instance: &Instance,
    route: &ShiftRoute,
    shift: &Shift,
    number: usize,
) -> Result<(), Violation> {
    let ways = &instance.travel[instance.volunteers[route.volunteer].matrix];
    let clash = |from: Seconds, to: Seconds| {
        from < to && shift.breaks.iter().any(|(opens, closes)| from < *closes && to > *opens)
    };
    let (mut at, mut left) = (route.volunteer, shift.open);
    for stop in &route.stops {
        let place = instance.volunteers.len() + stop.visit;
        let way = ways.way(at, place);
        let service = instance.visits[stop.visit].service;
        let in_order = left + way <= stop.arrive && stop.arrive <= stop.start;
        if stop.travel != way || !in_order || stop.leave != stop.start + service {
            return Err(Violation::Clock(stop.visit));
        }
        if clash(stop.arrive - way, stop.arrive) || clash(stop.start, stop.leave) {
            return Err(Violation::Hours(number));
        }
        (at, left) = (place, stop.leave);
    }
    let way = if route.stops.is_empty() { 0 } else { ways.way(at, route.volunteer) };
    // The journey home begins as early as the breaks allow.
    let departures = shift.breaks.iter().map(|pause| pause.1).chain([left]);
    let back = departures.filter(|out| *out >= left && !clash(*out, *out + way)).min();
    let back = back.map_or(Seconds::MAX, |out| out + way);
    if route.home != way || (!route.stops.is_empty() && back > shift.close) {
        return Err(Violation::Hours(number));
    }
    let amount: i64 =
        route.stops.iter().map(|stop| i64::from(instance.visits[stop.visit].amount)).sum();
    if shift.capacity.is_some_and(|most| amount > i64::from(most)) {
        return Err(Violation::Capacity(number));
    }
    Ok(())
}

fn check_visit(
    instance: &Instance,
    route: &ShiftRoute,
    shift: &Shift,
    stop: &Stop,
) -> Result<(), Violation> {
    let visit = &instance.visits[stop.visit];
    let within = |windows: &[(Seconds, Seconds)]| {
        windows.is_empty()
            || windows.iter().any(|(opens, closes)| (*opens..=*closes).contains(&stop.start))
    };
    if let Some(pin) = visit.pinned {
        let there = (pin.volunteer, pin.day) == (route.volunteer, shift.day);
        let on_time = match pin.start {
            Some(start) => start == stop.start,
            None => within(&visit.windows),
        };
        return if there && on_time { Ok(()) } else { Err(Violation::Pin(stop.visit)) };
    }
    if instance.bar(stop.visit, route.volunteer) != Bar::None {
        return Err(Violation::Barred(stop.visit));
    }
    if shift.day < visit.first_day {
        return Err(Violation::Early(stop.visit));
    }
    let mut only = visit.only.iter().filter(|only| only.volunteer == route.volunteer).peekable();
    if only.peek().is_some()
        && only.all(|only| shift.day < only.first_day || shift.day > only.last_day)
    {
        return Err(Violation::OtherDay(stop.visit));
    }
    if within(&visit.windows) { Ok(()) } else { Err(Violation::Window(stop.visit)) }
}

/// No load exceeds an offer, unless all visits of the volunteer on its days are pinned.
fn check_offers(instance: &Instance, plan: &Solution) -> Result<(), Violation> {
    let mut routes: Vec<Vec<&ShiftRoute>> = vec![Vec::new(); instance.volunteers.len()];
    for route in &plan.routes {
        routes[route.volunteer].push(route);
    }
    for (number, who) in instance.volunteers.iter().enumerate() {
        let over = |carried: Seconds, most: Seconds, counts: &dyn Fn(i32) -> bool| {
            let theirs = routes[number].iter().filter(|route| counts(who.shifts[route.shift].day));
            let stops = || theirs.clone().flat_map(|route| &route.stops);
            let service = stops().map(|stop| i64::from(instance.visits[stop.visit].service));
            let travel = theirs.clone().map(|route| route.travel());
            i64::from(carried) + service.sum::<i64>() + travel.sum::<i64>() > i64::from(most)
                && stops().any(|stop| instance.visits[stop.visit].pinned.is_none())
        };
        let over_a_quota = who.quotas.iter().any(|quota| {
            let days = quota.first_day..=quota.last_day;
            over(quota.carried, quota.most, &|day| days.contains(&day))
        });
        let over_the_offer = who.quotas.is_empty()
            && who.offered.is_some_and(|most| over(who.carried, most, &|_| true));
        if over_a_quota || over_the_offer {
            return Err(Violation::Offered(number));
        }
    }
    Ok(())
}

fn check_ties(
    instance: &Instance,
    assignments: &HashMap<usize, (usize, i32, Seconds)>,
) -> Result<(), Violation> {
    let mut holders = HashMap::new();
    for (number, visit) in instance.visits.iter().enumerate() {
        let assignment = assignments.get(&number);
        if let (Some(group), Some((who, ..))) = (visit.group, assignment)
            && holders.insert(group, who).is_some_and(|holder| holder != who)
        {
            return Err(Violation::Group(number));
        }
        let Some(partner) = visit.partner.filter(|partner| partner.first) else { continue };
        let together = match (assignment, assignments.get(&partner.visit)) {
            (None, None) => true,
            (Some((who, day, start)), Some((other, same_day, then))) => {
                let gap = then - start;
                who != other && day == same_day && (partner.gap.0..=partner.gap.1).contains(&gap)
            }
            _ => false,
        };
        if !together {
            return Err(Violation::Partner(number));
        }
    }
    Ok(())
}
