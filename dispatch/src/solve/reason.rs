//! Explains assignments and unserved visits, from the final timelines of a team.

use super::answer::{Alternative, Cost, Reason, Verdict, Why};
use super::construct::cost;
use super::member::InsertionSlot;
use super::plan::share;
use super::problem::Visit;
use super::team::Team;
use super::units::{minutes, seconds};
use crate::routing::explain::Feasibility;
use gridward_domain::skill::Skills;
use gridward_domain::time::Minutes;

/// How many of the volunteers who live nearest are tried as alternatives.
const NEAREST: usize = 6;
/// How many alternatives are reported.
const MOST_ALTERNATIVES: usize = 2;

/// Why `member` makes `visit`, which adds `extra` travel to the day.
pub(super) fn why(
    team: &Team<'_>,
    member: usize,
    visit: &Visit,
    extra: Minutes,
    alternatives: bool,
) -> Why {
    let who = &team.members[member];
    let with = who.carries();
    let without = with.saturating_sub(visit.service.0).saturating_sub(extra.0);
    let offered = who.volunteer.share_of();
    let takers =
        team.free_for(visit).filter(|other| *other != member && team.has_room(*other, visit));
    let takers = if alternatives { takers.count() } else { 0 };
    Why {
        extra_travel: extra,
        share_before: share(Minutes(without), offered),
        share_after: share(Minutes(with), offered),
        others: u32::try_from(takers).unwrap_or(u32::MAX),
        known: visit.knows(who.volunteer.id),
        day: None,
        channel: visit.channel,
        next: if alternatives { next(team, member, visit) } else { Vec::new() },
    }
}

/// The alternatives to `member`, the nearest to feasible first.
fn next(team: &Team<'_>, member: usize, visit: &Visit) -> Vec<Alternative> {
    let others: Vec<usize> = team.serving(visit).filter(|other| *other != member).collect();
    let home = |member: &usize| team.members[*member].volunteer.home;
    let others = visit.place.nearest(others, home, NEAREST);
    let tried = others.into_iter().map(|other| (other, best_slot(team, visit, other)));
    let mut tried: Vec<_> = tried.collect();
    tried.sort_by_cached_key(|(other, found)| match found {
        Ok(slot) => ((0, 0), Some(cost(team, visit, *slot)), 0, *other),
        Err(hindrance) => (hindrance.rank(), None, missing(team, visit, *other).len(), *other),
    });
    tried.truncate(MOST_ALTERNATIVES);
    let alternative = |(other, found): (usize, Result<InsertionSlot, Feasibility>)| Alternative {
        volunteer: team.members[other].volunteer.id,
        verdict: match found {
            Ok(slot) => Verdict::Possible(cost_of(team, visit, slot)),
            Err(hindrance) => {
                Verdict::Hindered(translated(hindrance, || missing(team, visit, other)))
            }
        },
    };
    tried.into_iter().map(alternative).collect()
}

pub(super) fn cost_of(team: &Team<'_>, visit: &Visit, slot: InsertionSlot) -> Cost {
    let who = &team.members[slot.member];
    let day = who.days[slot.day].shift.day;
    Cost {
        day,
        late_days: visit.days_late(day),
        share_after: share(Minutes(team.load_with(visit, slot)), who.volunteer.share_of()),
        extra_travel: minutes(slot.position.extra),
        known: visit.knows(who.volunteer.id),
    }
}

/// Why a visit is unserved; see [`Reason`].
pub(super) fn reason(team: &Team<'_>, visit: &Visit) -> Reason {
    if visit.pinned.is_some() {
        return Reason::PinDoesNotFit;
    }
    let mut nearest = Feasibility::Area;
    for member in team.serving(visit) {
        match best_slot(team, visit, member) {
            // A member could make it, but not together with the visits that it is tied to.
            Ok(_) => return Reason::NotTogether,
            Err(hindrance) if hindrance.rank() < nearest.rank() => nearest = hindrance,
            Err(_) => {}
        }
    }
    let all_missing = || team.serving(visit).map(|member| missing(team, visit, member));
    translated(nearest, || {
        let least = all_missing().min_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
        least.unwrap_or_default()
    })
}

/// The hindrance by number in words of the domain.
fn translated(hindrance: Feasibility, missing: impl FnOnce() -> Skills) -> Reason {
    match hindrance {
        Feasibility::Offered { short } => {
            Reason::NoMinutes { short: minutes(i32::try_from(short).unwrap_or(i32::MAX)) }
        }
        Feasibility::Room { short } => Reason::NoRoom { short: minutes(short) },
        Feasibility::Hours => Reason::NoWindow,
        Feasibility::Shift => Reason::NoShift,
        Feasibility::Skill => Reason::NoSkill { missing: missing() },
        Feasibility::Area | Feasibility::Forbidden => Reason::NoVolunteer,
        // Shifts of the domain have no capacity, and a feasible visit is not hindered.
        Feasibility::Partner | Feasibility::Capacity { .. } | Feasibility::Possible { .. } => {
            Reason::NotTogether
        }
    }
}

/// The slot with `member` that is least late and adds the least travel and waiting, or the hindrance.
pub(super) fn best_slot(
    team: &Team<'_>,
    visit: &Visit,
    member: usize,
) -> Result<InsertionSlot, Feasibility> {
    if !team.is_skilled(member, visit) {
        return Err(Feasibility::Skill);
    }
    let mut days = team.days_for(member, visit).peekable();
    if days.peek().is_none() {
        // The other visit of the pair allows one day only.
        return Err(if team.is_partner_assigned(visit) {
            Feasibility::Partner
        } else {
            Feasibility::Shift
        });
    }
    let mut days = days.filter(|(member, day)| fits_alone(team, *member, *day, visit)).peekable();
    if days.peek().is_none() {
        return Err(Feasibility::Hours);
    }
    if !team.allows(visit)(&member) {
        return Err(Feasibility::Partner);
    }
    let order = |found: &Result<InsertionSlot, Feasibility>| match found {
        Ok(slot) => ((0, 0), Some(cost(team, visit, *slot))),
        Err(hindrance) => (hindrance.rank(), None),
    };
    let found = days.map(|day| best_slot_on(team, visit, day)).min_by_key(order);
    found.unwrap_or(Err(Feasibility::Partner))
}

/// As [`best_slot`], on one day of a member.
fn best_slot_on(
    team: &Team<'_>,
    visit: &Visit,
    day: (usize, usize),
) -> Result<InsertionSlot, Feasibility> {
    let trials = team.trials(day, visit);
    let fitting = trials.iter().filter(|trial| trial.fits());
    let fitting = fitting.map(|trial| (team.short_by(visit, trial.slot), trial.slot));
    match fitting.min_by_key(|(short, slot)| (*short, cost(team, visit, *slot))) {
        Some((0, slot)) => Ok(slot),
        Some((short, _)) => Err(Feasibility::Offered { short: seconds(Minutes(short)).into() }),
        None => Err(Feasibility::Room { short: team.least_miss(day, &trials) }),
    }
}

/// The skills that a member lacks for the visit.
pub(super) fn missing(team: &Team<'_>, visit: &Visit, member: usize) -> Skills {
    &visit.skills - &team.members[member].volunteer.skills
}

/// Whether the visit would fit if the shift held nothing else.
pub(super) fn fits_alone(team: &Team<'_>, member: usize, day: usize, visit: &Visit) -> bool {
    let (there, back) = team.ways_from_home(member, visit);
    team.members[member].days[day].misses_alone(visit, there, back).most() == 0
}
