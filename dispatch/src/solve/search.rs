//! Converts a part into an instance of [`crate::routing`], and searches it.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::limit::Limit;
use super::member::Member;
use super::problem::{Visit, Volunteer, WeekOffer};
use super::team::Team;
use super::ties::Ties;
use super::travel::Mode;
use super::units::{moment, seconds, span};
use super::{Context, PlanError};
use crate::interrupt::{Interrupt, Interrupted};
use crate::routing::instance::{self, Bar, Instance, MOST_SECONDS};
use crate::routing::travel::Matrix;
use crate::routing::{self, Budget, Solution};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::Minutes;

/// Where more visits than this wait, the length of a search is by the number that the team has time
/// for.
const MANY: usize = 256;

/// Which member makes which of `visits` in which order, as the search finds it. The calls that the
/// team has already, and its loads, are taken as they are.
///
/// # Errors
/// When a number of the part is out of the search's range, such as a day; or when interrupted.
pub(super) fn search(
    team: &Team<'_>,
    visits: &[&Visit],
    Context { former, options, interrupt, .. }: Context<'_>,
) -> Result<Solution, PlanError> {
    let instance = instance(team, visits, (former, interrupt))?;
    let iterations = options.iterations.saturating_mul(searched_for(team, visits) as u64);
    let budget = Budget::Interruptible(iterations, interrupt);
    let found = routing::plan(&instance, options.weights, &budget, options.seed)?;
    // The plan of an interrupted search is any.
    interrupt.check()?;
    Ok(found)
}

/// The number of visits for which the search chooses a place: those without a time; of very many, as
/// many as the team could have time for.
fn searched_for(team: &Team<'_>, visits: &[&Visit]) -> usize {
    let settled = |visit: &Visit| visit.pinned.is_some_and(|pin| pin.start.is_some());
    let (held, free): (Vec<&Visit>, Vec<&Visit>) =
        visits.iter().copied().partition(|visit| settled(visit));
    if free.len() <= MANY {
        return free.len();
    }
    let service = |visit: &&Visit| u64::from(visit.service.0);
    let mut time = team.minutes_left().saturating_sub(held.iter().map(service).sum());
    let mut services: Vec<u64> = free.iter().map(service).collect();
    services.sort_unstable();
    let fitting = services.into_iter().take_while(|service| {
        let fits = *service <= time;
        time = time.saturating_sub(*service);
        fits
    });
    free.len().min(MANY.max(fitting.count()))
}

fn instance(
    team: &Team<'_>,
    visits: &[&Visit],
    (former, interrupt): (&HashMap<TaskId, (PersonId, NaiveDate)>, &Interrupt<'_>),
) -> Result<Instance, Interrupted> {
    let people: Vec<&Volunteer> = team.members.iter().map(|member| member.volunteer).collect();
    let shifts = people.iter().flat_map(|who| &who.shifts);
    let base = shifts.map(|shift| shift.day).min().unwrap_or_default();
    let mut modes: Vec<Mode> = Vec::new();
    for who in &people {
        if !modes.contains(&who.mode) {
            modes.push(who.mode);
        }
    }
    let mut bars = Vec::with_capacity(visits.len() * people.len());
    let mut requests = Vec::with_capacity(visits.len());
    for visit in visits {
        interrupt.check()?;
        bars.extend(people.iter().map(|who| bar(who, visit)));
        let previous = former.get(&visit.id).filter(|_| visit.pinned.is_none());
        let previous = previous.and_then(|(person, day)| {
            let volunteer = people.iter().position(|who| who.id == *person)?;
            Some((volunteer, days(base, *day)))
        });
        let asked = instance::Visit { previous, ..asked(visit, &people, base) };
        requests.push(tied(asked, visit, visits, team.ties));
    }
    let matrix = |mode: &Mode| matrix(&people, visits, *mode, interrupt);
    Ok(Instance {
        bars,
        travel: modes.iter().map(matrix).collect::<Result<_, _>>()?,
        visits: requests,
        volunteers: team.members.iter().map(|who| offering(who, &modes, base)).collect(),
    })
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
    people: &[&Volunteer],
    visits: &[&Visit],
    mode: Mode,
    interrupt: &Interrupt<'_>,
) -> Result<Matrix, Interrupted> {
    let homes = people.iter().map(|who| who.home);
    let places: Vec<_> = homes.chain(visits.iter().map(|visit| visit.place)).collect();
    let matrix = Matrix::metric(places.len(), |a, b| {
        // The question is asked once for each row.
        let ends = if b == 0 { interrupt.is_set() } else { interrupt.was_set() };
        if ends { 0 } else { seconds(mode.minutes(places[a], places[b])) }
    });
    interrupt.check()?;
    Ok(matrix)
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
