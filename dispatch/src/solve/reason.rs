//! Why this person, and why nobody: read off what a team has been given in the end.

use super::answer::{Alternative, Cost, Reason, Verdict, Why};
use super::construct::cost;
use super::plan::share;
use super::problem::Visit;
use super::route::Day;
use super::team::{Opening, Team};
use gridward_domain::skill::Skills;
use gridward_domain::time::Minutes;

/// Of how many of those who live nearest it is told what would come of it if they went.
const NEAREST: usize = 6;
/// How many of these are told of.
const TOLD: usize = 2;

/// Why `member` does `visit`, which adds `extra` minutes of travel to their day.
pub(super) fn why(team: &Team<'_>, member: usize, visit: &Visit, extra: u32) -> Why {
    let who = &team.members[member];
    let with = who.carries();
    let without = with.saturating_sub(visit.service.0).saturating_sub(extra);
    let offered = who.volunteer.offered;
    let takers =
        team.free_for(visit).filter(|other| *other != member && team.has_room(*other, visit));
    Why {
        extra_travel: Minutes(extra),
        share_before: share(Minutes(without), offered),
        share_after: share(Minutes(with), offered),
        others: u32::try_from(takers.count()).unwrap_or(u32::MAX),
        known: visit.knows(who.volunteer.id),
        next: next(team, member, visit),
    }
}

/// Who comes nearest to going instead of `member`.
fn next(team: &Team<'_>, member: usize, visit: &Visit) -> Vec<Alternative> {
    let others: Vec<usize> = team.serving(visit).filter(|other| *other != member).collect();
    let home = |member: &usize| team.members[*member].volunteer.home;
    let others = visit.place.nearest(others, home, NEAREST);
    let tried = others.into_iter().map(|other| (other, best(team, visit, &[other])));
    let mut tried: Vec<_> = tried.collect();
    tried.sort_by_cached_key(|(other, found)| match found {
        Ok(opening) => (0, Some(cost(team, visit, *opening)), 0, *other),
        Err(reason) => {
            let (rank, short) = distance(reason);
            (rank, None, short, *other)
        }
    });
    tried.truncate(TOLD);
    let told = |(other, found): (usize, Result<Opening, Reason>)| Alternative {
        volunteer: team.members[other].volunteer.id,
        verdict: match found {
            Ok(opening) => Verdict::Possible(told_cost(team, visit, opening)),
            Err(reason) => Verdict::Hindered(reason),
        },
    };
    tried.into_iter().map(told).collect()
}

fn told_cost(team: &Team<'_>, visit: &Visit, opening: Opening) -> Cost {
    let who = &team.members[opening.member];
    let day = who.days[opening.day].shift.day;
    Cost {
        day,
        late_days: u32::try_from((day - visit.due).num_days()).unwrap_or(0),
        share_after: share(Minutes(team.load_with(visit, opening)), who.volunteer.offered),
        extra_travel: Minutes(opening.gap.extra),
        known: visit.knows(who.volunteer.id),
    }
}

/// How far somebody is from being able to go: the kind of what hinders them, and by how much.
fn distance(reason: &Reason) -> (u8, u32) {
    match reason {
        Reason::NoMinutes { short } => (1, short.0),
        Reason::NoRoom { short } => (2, short.0),
        Reason::NotTogether => (3, 0),
        Reason::NoWindow => (4, 0),
        Reason::NoShift => (5, 0),
        Reason::NoSkill { missing } => (6, u32::try_from(missing.len()).unwrap_or(u32::MAX)),
        Reason::NoVolunteer | Reason::PinDoesNotFit => (7, 0),
    }
}

/// What stands in the way of a visit that nobody took; see [`Reason`].
pub(super) fn reason(team: &Team<'_>, visit: &Visit) -> Reason {
    if visit.pinned.is_some() {
        return Reason::PinDoesNotFit;
    }
    let all: Vec<usize> = team.serving(visit).collect();
    // Somebody could, but whatever it is tied to could not.
    best(team, visit, &all).map_or_else(|reason| reason, |_| Reason::NotTogether)
}

/// The opening that is least late and adds the least travel with any of `members`, or
/// what stands in the way of all.
fn best(team: &Team<'_>, visit: &Visit, members: &[usize]) -> Result<Opening, Reason> {
    let allows = team.allows(visit);
    let days = wide_enough(team, visit, members)?;
    let free = days.iter().filter(|(member, _)| allows(member));
    let openings = free.flat_map(|(member, day)| team.openings(*member, *day, visit));
    let tried: Vec<(u32, u32, Opening)> = openings
        .map(|opening| (team.missed_by(visit, opening), team.short_by(visit, opening), opening))
        .collect();
    let fitting = tried.iter().filter(|(missed, short, _)| (*missed, *short) == (0, 0));
    if let Some((.., opening)) = fitting.min_by_key(|(.., opening)| cost(team, visit, *opening)) {
        return Ok(*opening);
    }
    let in_time = tried.iter().filter(|(missed, ..)| *missed == 0);
    if let Some(short) = in_time.map(|(_, short, _)| *short).min() {
        return Err(Reason::NoMinutes { short: Minutes(short) });
    }
    let short = tried.iter().map(|(missed, ..)| *missed).min();
    Err(short.map_or(Reason::NotTogether, |short| Reason::NoRoom { short: Minutes(short) }))
}

/// The days of those of `members` that could hold the visit if they held nothing else,
/// or what stands in the way of all.
fn wide_enough(
    team: &Team<'_>,
    visit: &Visit,
    members: &[usize],
) -> Result<Vec<(usize, usize)>, Reason> {
    let missing = least_missing(team, visit, members).ok_or(Reason::NoVolunteer)?;
    if !missing.is_empty() {
        return Err(Reason::NoSkill { missing });
    }
    let skilled = members.iter().filter(|member| team.is_skilled(**member, visit));
    let mut days: Vec<_> = skilled.flat_map(|member| team.days_for(*member, visit)).collect();
    if days.is_empty() {
        // Of two people, the other's day is the only one.
        return Err(if team.is_half_made(visit) { Reason::NotTogether } else { Reason::NoShift });
    }
    days.retain(|(member, day)| fits_alone(team, *member, *day, visit));
    if days.is_empty() { Err(Reason::NoWindow) } else { Ok(days) }
}

/// The skills that the one who comes nearest lacks; `None` when there is nobody.
fn least_missing(team: &Team<'_>, visit: &Visit, members: &[usize]) -> Option<Skills> {
    members
        .iter()
        .map(|member| &visit.skills - &team.members[*member].volunteer.skills)
        .min_by(|one, other| (one.len(), one).cmp(&(other.len(), other)))
}

/// Whether the visit would fit if the shift held nothing else.
fn fits_alone(team: &Team<'_>, member: usize, day: usize, visit: &Visit) -> bool {
    let (there, back) = team.ways_from_home(member, visit);
    let empty = Day::new(team.members[member].days[day].shift);
    empty.misses(visit, empty.gap(0, there, back)).most() == 0
}
