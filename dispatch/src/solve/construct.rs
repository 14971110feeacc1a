//! A part with its visits given out: what the search decides, and then whatever
//! still fits.
//!
//! The search decides who goes where in which order; the timelines here are
//! worked out anew from that, so that reasons and records rest on one arithmetic.

use std::cmp::Reverse;

use chrono::NaiveDate;

use super::options::Options;
use super::problem::{Pin, Problem, Visit};
use super::search::search;
use super::split::Part;
use super::team::{Opening, Team};

/// A part with its visits given out.
pub(super) struct Draft<'p> {
    /// Who carries what.
    pub(super) team: Team<'p>,
    /// What nobody took.
    pub(super) left: Vec<&'p Visit>,
}

/// Gives the visits of a part out. Nothing that is left fits anywhere.
pub(super) fn construct<'p>(problem: &Problem, part: &Part<'p>, options: &Options) -> Draft<'p> {
    let mut team = Team::new(problem, part);
    // In an order of their own, so that the one in which they were listed cannot matter.
    let mut visits = part.visits.clone();
    visits.sort_unstable_by_key(|visit| visit.id);
    let found = search(problem, &team, &visits, options);
    for route in &found.routes {
        for stop in &route.stops {
            team.append(route.volunteer, route.shift, visits[stop.visit]);
        }
    }
    team.settle();
    let mut free: Vec<&Visit> = found.unserved.iter().map(|visit| visits[*visit]).collect();
    free.sort_unstable_by_key(|visit| urgency(visit));
    fill(&mut team, &mut free);
    Draft { team, left: free }
}

/// Gives out what still fits. A journey that a break holds up can be cut in two
/// by a call on the way, so what did not fit before can fit now: it is offered
/// again until nothing does.
fn fill<'p>(team: &mut Team<'p>, free: &mut Vec<&'p Visit>) {
    loop {
        let offered = free.len();
        free.retain(|visit| match cheapest(team, visit) {
            Some(opening) => {
                team.place(visit, opening);
                false
            }
            None => true,
        });
        if free.is_empty() || free.len() == offered {
            return;
        }
    }
}

/// The most urgent first; the id settles the rest.
fn urgency(visit: &Visit) -> impl Ord + use<> {
    (Reverse(visit.priority), visit.due, visit.id)
}

/// The opening that is least late and adds the least travel.
fn cheapest(team: &Team<'_>, visit: &Visit) -> Option<Opening> {
    if let Some(pin) = visit.pinned {
        return pinned_opening(team, visit, pin);
    }
    let members = team.capable(visit).filter(|member| !team.is_spent(*member, visit));
    let days = members.flat_map(|member| team.days_for(member, visit));
    let openings = days.flat_map(|(member, day)| team.openings(member, day, visit));
    openings
        .filter(|opening| team.fits(visit, *opening))
        .min_by_key(|opening| cost(team, visit, *opening))
}

/// Days late, added travel, and what settles a tie: day, member, place.
fn cost(team: &Team<'_>, visit: &Visit, opening: Opening) -> (i64, u32, NaiveDate, usize, usize) {
    let day = team.members[opening.member].days[opening.day].shift.day;
    let late = (day - visit.due).num_days().max(0);
    (late, opening.gap.extra, day, opening.member, opening.gap.at)
}

/// The opening on the pinned day that adds the least travel.
fn pinned_opening(team: &Team<'_>, visit: &Visit, pin: Pin) -> Option<Opening> {
    let member =
        team.members.binary_search_by_key(&pin.volunteer, |member| member.volunteer.id).ok()?;
    let day = team.members[member].days.iter().position(|day| day.shift.day == pin.day)?;
    team.openings(member, day, visit)
        .filter(|opening| team.missed_by(visit, *opening) == 0)
        // Beyond the offer only where nothing else is that could have given way.
        .filter(|opening| team.short_by(visit, *opening) == 0 || team.is_bound(member))
        .min_by_key(|opening| (opening.gap.extra, opening.gap.at))
}
