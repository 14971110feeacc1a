//! Checks loads, explanations and measures.

use std::collections::HashMap;

use chrono::{Datelike as _, IsoWeek, NaiveDate};

use super::{Index, Violation, distance, in_area, is_there, may_go};
use crate::solve::answer::{Alternative, Verdict};
use crate::solve::plan::{Plan, Route, Stop};
use crate::solve::problem::{Visit, Volunteer};
use gridward_domain::id::PersonId;
use gridward_domain::place::Place;

/// Loads in minutes, including the earlier loads.
pub(super) struct Loads {
    total: HashMap<PersonId, u32>,
    /// By week, of the volunteers with offers for weeks.
    weeks: HashMap<(PersonId, IsoWeek), u32>,
}

impl Loads {
    /// A volunteer's load.
    fn of(&self, id: PersonId) -> u32 {
        self.total.get(&id).copied().unwrap_or_default()
    }

    /// Whether a volunteer's offer holds this much more on a day.
    pub(super) fn leave(&self, who: &Volunteer, day: NaiveDate, minutes: u32) -> bool {
        let week = day.iso_week();
        let offer = who.weeks.iter().find(|offer| offer.monday.iso_week() == week);
        let (load, offered) = match offer {
            Some(offer) => (self.weeks.get(&(who.id, week)).copied(), offer.offered),
            None => (self.total.get(&who.id).copied(), who.offered),
        };
        load.unwrap_or_default().saturating_add(minutes) <= offered.0
    }
}

/// Two summations of the same shares differ by far less.
const SLACK: f64 = 1e-9;

pub(super) fn loads(index: &Index<'_>, plan: &Plan) -> Loads {
    let carried = index.people.values().flat_map(|who| {
        who.weeks.iter().map(|week| ((who.id, week.monday.iso_week()), week.carried.0))
    });
    let mut weeks: HashMap<_, _> = carried.collect();
    let mut total: HashMap<_, _> =
        index.people.iter().map(|(id, who)| (*id, who.carried.0)).collect();
    for route in &plan.routes {
        let service: u32 = visits(index, route).map(|visit| visit.service.0).sum();
        let week = weeks.entry((route.volunteer, route.day.iso_week())).or_default();
        for load in [week, total.entry(route.volunteer).or_default()] {
            *load = load.saturating_add(service).saturating_add(route.travel.0);
        }
    }
    Loads { total, weeks }
}

/// No load exceeds an offer with a visit that is not pinned.
pub(super) fn offers_are_kept(
    index: &Index<'_>,
    plan: &Plan,
    loads: &Loads,
) -> Result<(), Violation> {
    let free = |route: &&Route| visits(index, route).any(|visit| visit.pinned.is_none());
    for route in plan.routes.iter().filter(free) {
        let who = index.person(route.volunteer)?;
        if !loads.leave(who, route.day, 0) {
            return Err(Violation::Offered(who.id));
        }
    }
    Ok(())
}

/// Every explanation of an assignment is true of the plan.
pub(super) fn whys_hold(index: &Index<'_>, plan: &Plan, loads: &Loads) -> Result<(), Violation> {
    for route in &plan.routes {
        let who = index.person(route.volunteer)?;
        let load = loads.of(who.id);
        for (at, stop) in route.stops.iter().enumerate() {
            let visit = index.visit(stop.visit)?;
            let extra = stop.why.extra_travel.0;
            let before = load.saturating_sub(visit.service.0 + extra);
            let able = index.people.values().filter(|other| other.id != who.id);
            let holds = stop.why.channel == visit.channel
                && adds(index, who, route, at, extra)
                && same(stop.why.share_after, part(load, who.share_of().0))
                && same(stop.why.share_before, part(before, who.share_of().0))
                && stop.why.known == [visit.last, visit.preferred].contains(&Some(who.id))
                && able.filter(|other| may_go(other, visit)).count() >= stop.why.others as usize
                && stop.why.next.iter().all(|other| alternative_holds(index, visit, loads, other));
            if !holds {
                return Err(Violation::Why(visit.id));
            }
        }
    }
    Ok(())
}

/// Whether an alternative is possible, as far as can be checked without its timeline.
fn alternative_holds(index: &Index<'_>, visit: &Visit, loads: &Loads, other: &Alternative) -> bool {
    let Some(who) = index.people.get(&other.volunteer) else { return false };
    let Verdict::Possible(cost) = &other.verdict else { return in_area(who, visit) };
    let added = visit.service.0.saturating_add(cost.extra_travel.0);
    let load = loads.of(who.id).saturating_add(added);
    may_go(who, visit)
        && loads.leave(who, cost.day, added)
        && cost.day >= visit.not_before
        && is_there(who, visit, cost.day)
        && who.shifts.iter().any(|shift| shift.day == cost.day)
        && i64::from(cost.late_days) == (cost.day - visit.due).num_days().max(0)
        && same(cost.share_after, part(load, who.share_of().0))
        && cost.known == [visit.last, visit.preferred].contains(&Some(who.id))
}

/// Whether stop `at` adds `extra` travel minutes to its route.
fn adds(index: &Index<'_>, who: &Volunteer, route: &Route, at: usize, extra: u32) -> bool {
    let is_call = |stop: &&Stop| index.visits.get(&stop.visit).is_some_and(|visit| visit.is_call());
    if is_call(&&route.stops[at]) {
        return extra == 0;
    }
    // Calls have no place.
    let at = route.stops[..at].iter().filter(|stop| !is_call(stop)).count();
    let stops: Vec<&Stop> = route.stops.iter().filter(|stop| !is_call(stop)).collect();
    let place = |stop: usize| -> Place {
        let visit = stops.get(stop).and_then(|stop| index.visits.get(&stop.visit));
        visit.map_or(who.home, |visit| visit.place)
    };
    let journeys: u32 = stops.iter().map(|stop| stop.travel.0).sum();
    let onward = match stops.get(at + 1) {
        Some(next) => next.travel.0,
        None => route.travel.0 - journeys,
    };
    let before = if at == 0 { who.home } else { place(at - 1) };
    match (stops[at].travel.0 + onward).checked_sub(extra) {
        Some(direct) => {
            distance::takes(who, before, place(at + 1), direct)
                // Rounding may make two journeys shorter than the one that they replace.
                || (extra == 0
                    && f64::from(direct) <= distance::minutes(who, before, place(at + 1)))
        }
        None => false,
    }
}

/// Every measure is true of the plan.
pub(super) fn measures_hold(
    index: &Index<'_>,
    plan: &Plan,
    loads: &Loads,
) -> Result<(), Violation> {
    let written = &plan.measures;
    let done: Vec<(&Route, &Visit)> = plan
        .routes
        .iter()
        .flat_map(|route| visits(index, route).map(move |visit| (route, visit)))
        .collect();
    let left = || plan.unserved.iter().filter_map(|left| index.visits.get(&left.visit));
    let days: Vec<i64> =
        done.iter().map(|(route, visit)| (route.day - visit.due).num_days().max(0)).collect();
    let is_known = |(route, visit): &&(&Route, &Visit)| {
        [visit.last, visit.preferred].contains(&Some(route.volunteer))
    };
    let could_be_known = |visit: &&Visit| {
        let known = [visit.last, visit.preferred].into_iter().flatten();
        known.filter_map(|id| index.people.get(&id)).any(|who| may_go(who, visit))
    };
    let counts: [(&'static str, u32, i64); 9] = [
        ("served", written.served, size(done.iter())),
        ("unserved", written.unserved, size(plan.unserved.iter())),
        (
            "unserved priority",
            written.unserved_priority,
            left().map(|visit| i64::from(visit.priority.get())).sum(),
        ),
        ("late", written.late, size(days.iter().filter(|days| **days > 0))),
        ("late days", written.late_days, days.iter().sum()),
        ("travel", written.travel.0, plan.routes.iter().map(|r| i64::from(r.travel.0)).sum()),
        ("service", written.service.0, done.iter().map(|(_, v)| i64::from(v.service.0)).sum()),
        ("known", written.known, size(done.iter().filter(is_known))),
        (
            "known possible",
            written.known_possible,
            size(index.visits.values().copied().filter(could_be_known)),
        ),
    ];
    match counts.into_iter().find(|(_, written, counted)| i64::from(*written) != *counted) {
        Some((name, ..)) => Err(Violation::Measure(name)),
        None => shares_hold(index, plan, loads),
    }
}

fn shares_hold(index: &Index<'_>, plan: &Plan, loads: &Loads) -> Result<(), Violation> {
    let written = &plan.measures;
    let offering = index.people.values().filter(|who| who.offered.0 > 0);
    let shares: Vec<f64> = offering.map(|who| part(loads.of(who.id), who.share_of().0)).collect();
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 people")]
    let people = shares.len().max(1) as f64;
    let mean = shares.iter().sum::<f64>() / people;
    // The deviation by the other formula: the mean of the squares less the square of the mean.
    let squares = shares.iter().map(|share| share * share).sum::<f64>() / people;
    let spread = (squares - mean * mean).max(0.0);
    let largest = shares.iter().copied().fold(0.0, f64::max);
    let figures = [
        ("largest share", written.largest_share, largest),
        ("mean share", written.mean_share, mean),
        ("spread of shares", written.share_spread.powi(2), spread),
    ];
    match figures.into_iter().find(|(_, written, counted)| !same(*written, *counted)) {
        Some((name, ..)) => Err(Violation::Measure(name)),
        None => Ok(()),
    }
}

fn visits<'b>(index: &'b Index<'_>, route: &'b Route) -> impl Iterator<Item = &'b Visit> {
    route.stops.iter().filter_map(|stop| index.visits.get(&stop.visit).copied())
}

/// The load as a share of `offered`; 1 for any load where nothing was offered.
fn part(load: u32, offered: u32) -> f64 {
    if load == 0 {
        0.0
    } else if offered == 0 {
        1.0
    } else {
        f64::from(load) / f64::from(offered)
    }
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() <= SLACK * one.abs().max(1.0)
}

fn size(all: impl Iterator) -> i64 {
    i64::try_from(all.count()).unwrap_or(i64::MAX)
}
