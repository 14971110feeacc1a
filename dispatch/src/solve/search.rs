//! Converts a part into an instance of [`crate::routing`], and searches it.

use chrono::NaiveDate;

use super::limit::Limit;
use super::options::Options;
use super::problem::{DispatchProblem, Visit, Volunteer, WeekOffer};
use super::team::{Member, Team};
use super::ties::Ties;
use super::travel::Mode;
use super::units::{moment, seconds, span};
use crate::routing::instance::{self, Bar, Instance, InstanceError, MOST_SECONDS};
use crate::routing::travel::Matrix;
use crate::routing::{self, Budget, Solution};
use gridward_domain::time::Minutes;

/// Which member makes which of `visits` in which order, as the search finds it. The calls that the
/// team has already, and its loads, are taken as they are.
///
/// # Errors
/// When a number of the part is out of the search's range, such as a day.
pub(super) fn search(
    problem: &DispatchProblem,
    team: &Team<'_>,
    visits: &[&Visit],
    options: &Options,
) -> Result<Solution, InstanceError> {
    let instance = instance(problem, team, visits);
    let settled = |visit: &&&Visit| visit.pinned.is_some_and(|pin| pin.start.is_some());
    let free = visits.iter().filter(|visit| !settled(visit)).count();
    let iterations = options.iterations.saturating_mul(free as u64);
    let budget = Budget::Iterations(iterations);
    routing::plan(&instance, options.weights, &budget, options.seed)
}

fn instance(problem: &DispatchProblem, team: &Team<'_>, visits: &[&Visit]) -> Instance {
    let people: Vec<&Volunteer> = team.members.iter().map(|member| member.volunteer).collect();
    let shifts = people.iter().flat_map(|who| &who.shifts);
    let base = shifts.map(|shift| shift.day).min().unwrap_or_default();
    let mut modes: Vec<Mode> = Vec::new();
    for who in &people {
        if !modes.contains(&who.mode) {
            modes.push(who.mode);
        }
    }
    let bars = visits.iter().flat_map(|visit| people.iter().map(|who| bar(who, visit)));
    let ties = team.ties;
    Instance {
        bars: bars.collect(),
        travel: modes.iter().map(|mode| matrix(problem, &people, visits, *mode)).collect(),
        visits: visits
            .iter()
            .map(|visit| tied(asked(visit, &people, base), visit, visits, ties))
            .collect(),
        volunteers: team.members.iter().map(|who| offering(who, &modes, base)).collect(),
    }
}

fn bar(who: &Volunteer, visit: &Visit) -> Bar {
    if visit.forbidden.contains(&who.id) {
        Bar::Forbidden
    } else if !who.serves(visit.grid) {
        Bar::Area
    } else if who.can(visit) {
        Bar::None
    } else {
        Bar::Skill
    }
}

fn matrix(
    problem: &DispatchProblem,
    people: &[&Volunteer],
    visits: &[&Visit],
    mode: Mode,
) -> Matrix {
    let homes = people.iter().map(|who| who.home);
    let places: Vec<_> = homes.chain(visits.iter().map(|visit| visit.place)).collect();
    Matrix::metric(places.len(), |a, b| seconds(problem.travel.minutes(places[a], places[b], mode)))
}

fn offering(member: &Member<'_>, modes: &[Mode], base: NaiveDate) -> instance::Volunteer {
    let who = member.volunteer;
    let shifts = member.days.iter().map(|timeline| {
        let (open, close) = span(timeline.shift.window);
        let (day, breaks) = (days(base, timeline.shift.day), timeline.blocked.clone());
        instance::Shift { day, open, close, breaks, capacity: None }
    });
    let quota = |(week, limit): (&WeekOffer, &Limit)| {
        let monday = days(base, week.monday);
        instance::Quota {
            first_day: monday,
            last_day: monday.saturating_add(6),
            most: seconds(week.offered),
            carried: seconds(Minutes(limit.load)),
        }
    };
    instance::Volunteer {
        shifts: shifts.collect(),
        offered: Some(seconds(who.offered)),
        quotas: who.weeks.iter().zip(&member.limits).map(quota).collect(),
        share_of: who.share_of.map(seconds),
        carried: seconds(Minutes(member.load)),
        matrix: modes.iter().position(|mode| *mode == who.mode).unwrap_or(0),
    }
}

fn asked(visit: &Visit, people: &[&Volunteer], base: NaiveDate) -> instance::Visit {
    let service = seconds(visit.service);
    let mut windows: Vec<_> = visit
        .windows
        .iter()
        .map(|window| span(*window))
        .filter(|(opens, closes)| opens + service <= *closes)
        .map(|(opens, closes)| (opens, closes - service))
        .collect();
    if windows.is_empty() && !visit.windows.is_empty() {
        // No window contains the service, so no time of any day is allowed.
        windows.push((MOST_SECONDS, MOST_SECONDS));
    }
    let number = |person| people.iter().position(|who| who.id == person);
    let known = people.iter().enumerate().filter(|(_, who)| visit.knows(who.id) && who.can(visit));
    let pinned = visit.pinned.and_then(|pin| {
        let start = pin.start.map(moment);
        let volunteer = number(pin.volunteer)?;
        Some(instance::Pin { volunteer, day: days(base, pin.day), start })
    });
    let helps = |(number, who): (usize, &&Volunteer)| {
        let lent = who.lent.iter().filter(|_| !who.always_serves(visit.grid));
        let there = lent.filter(|lending| lending.area.contains(&visit.grid));
        let of = there.map(|lending| instance::DaysOf {
            volunteer: number,
            first_day: days(base, lending.first_day),
            last_day: days(base, lending.last_day),
        });
        of.collect::<Vec<_>>()
    };
    instance::Visit {
        service,
        windows,
        only: people.iter().enumerate().flat_map(helps).collect(),
        first_day: days(base, visit.not_before),
        due: days(base, visit.due),
        priority: visit.priority.get(),
        known: known.map(|(number, _)| number).collect(),
        pinned,
        ..instance::Visit::default()
    }
}

/// The visit with its ties, by number; `visits` are sorted by id.
fn tied(asked: instance::Visit, visit: &Visit, visits: &[&Visit], ties: &Ties) -> instance::Visit {
    let number = |id| visits.binary_search_by_key(&id, |visit| visit.id).ok();
    let partner = ties.pair(visit.id).zip(ties.partner(visit.id).and_then(number));
    let partner = partner.map(|(pair, number)| instance::Partner {
        visit: number,
        first: pair.first == visit.id,
        gap: (seconds(pair.after), seconds(pair.by)),
    });
    // A group is numbered by its first visit in the part.
    let fellows = ties.fellows(visit.id).filter_map(number).min();
    let group = fellows.zip(number(visit.id)).map(|(least, own)| least.min(own));
    instance::Visit { group, partner, ..asked }
}

/// Days from `base` to `day`.
fn days(base: NaiveDate, day: NaiveDate) -> i32 {
    i32::try_from((day - base).num_days()).unwrap_or(MOST_SECONDS)
}
