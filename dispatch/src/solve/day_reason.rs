//! Why visits are on their days and not earlier: each is tried in the earlier days of its volunteer, the
//! rest of the plan unchanged. Other volunteers are not considered, so the cost grows with the visits.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use super::Context;
use super::answer::DayReason;
use super::help::{Visits, as_asked, assigned, pinned_stops};
use super::member::InsertionSlot;
use super::plan::Route;
use super::problem::{DispatchProblem, Visit, Volunteer};
use super::reason::fits_alone;
use super::split::Part;
use super::team::Team;
use super::units::minutes;
use crate::interrupt::Interrupted;
use gridward_domain::id::PersonId;
use gridward_domain::time::Minutes;

/// The one member of the team of a volunteer.
const MEMBER: usize = 0;

/// Gives the stops of the finished routes the reasons of their days; sorts the routes by volunteer.
pub(super) fn give(
    problem: &DispatchProblem,
    context: Context<'_>,
    routes: &mut [Route],
) -> Result<(), Interrupted> {
    let visits: Visits<'_> = problem.visits.iter().map(|visit| (visit.id, visit)).collect();
    let people = problem.volunteers.iter().map(|who| (who.id, who));
    let people: HashMap<PersonId, &Volunteer> = people.collect();
    routes.sort_unstable_by_key(|route| (route.volunteer, route.day));
    let of_volunteers = routes.par_chunk_by_mut(|one, next| one.volunteer == next.volunteer);
    of_volunteers.try_for_each(|routes| match people.get(&routes[0].volunteer) {
        Some(who) => give_of(context, who, (routes, &visits)),
        None => Ok(()),
    })
}

/// Gives the stops of one volunteer their reasons.
fn give_of(
    Context { ties, options, interrupt, .. }: Context<'_>,
    who: &Volunteer,
    (routes, visits): (&mut [Route], &Visits<'_>),
) -> Result<(), Interrupted> {
    let stops = pinned_stops(routes, &HashSet::from([who.id]), visits);
    let as_asked = as_asked(&stops, ties, visits);
    let part = Part { volunteers: vec![who], as_asked, ..Part::default() };
    let Some(team) = assigned((ties, options), &part, &stops) else { return Ok(()) };
    for route in routes {
        for stop in &mut route.stops {
            interrupt.check()?;
            let visit = visits.get(&stop.visit);
            let held = (route.day, stop.why.extra_travel);
            stop.why.day = visit.map(|visit| reason(&team, visit, held));
        }
    }
    Ok(())
}

/// Why the volunteer of the team makes the visit on the day, to which it adds `extra` travel.
fn reason(team: &Team<'_>, visit: &Visit, (day, extra): (NaiveDate, Minutes)) -> DayReason {
    if visit.pinned.is_some() {
        return DayReason::Pinned;
    }
    if day <= visit.not_before {
        return DayReason::FirstPossible;
    }
    let date = |at: usize| team.members[MEMBER].days[at].shift.day;
    let days = team.days_for(MEMBER, visit).map(|(_, at)| at);
    let others = days.filter(|at| date(*at) != day && fits_alone(team, MEMBER, *at, visit));
    let (earlier, later): (Vec<usize>, Vec<usize>) = others.partition(|at| date(*at) < day);
    if earlier.is_empty() {
        return if later.is_empty() { DayReason::OnlyDay } else { DayReason::FirstPossible };
    }
    if team.ties.partner(visit.id).is_some() {
        return DayReason::BestFit; // the day of two people
    }
    let mut reason = DayReason::EarlierFull;
    for at in earlier {
        // The minutes of the visit are free if it leaves its day.
        let freed = if is_one_offer(team.members[MEMBER].volunteer, date(at), day) {
            (visit.service + extra).0
        } else {
            0
        };
        let fits = |slot: &InsertionSlot| {
            team.short_by(visit, *slot) <= freed && team.misses(visit, *slot).most() == 0
        };
        let slots = team.slots(MEMBER, at, visit).filter(fits);
        match slots.map(|slot| minutes(slot.position.extra)).min() {
            None => {}
            Some(more) if more > extra => reason = DayReason::Nearby,
            Some(_) => return DayReason::BestFit,
        }
    }
    reason
}

/// Whether one offer limits the loads of both days.
fn is_one_offer(who: &Volunteer, one: NaiveDate, other: NaiveDate) -> bool {
    let mut weeks = who.weeks.iter();
    who.weeks.is_empty() || weeks.any(|week| week.covers(one) && week.covers(other))
}
