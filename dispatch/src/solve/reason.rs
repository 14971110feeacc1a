//! Why this person, and why nobody: read off a draft that is finished.

use super::plan::{Reason, Why, share};
use super::problem::Visit;
use super::route::Day;
use super::team::{Opening, Team};
use crate::skill::Skills;
use crate::time::Minutes;

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
    }
}

/// What stands in the way of a visit that nobody took; see [`Reason`].
pub(super) fn reason(team: &Team<'_>, visit: &Visit) -> Reason {
    if visit.pinned.is_some() {
        return Reason::PinDoesNotFit;
    }
    let Some(missing) = least_missing(team, visit) else {
        return Reason::NoVolunteer;
    };
    if !missing.is_empty() {
        return Reason::NoSkill { missing };
    }
    let shifts: Vec<_> = team.capable(visit).flat_map(|m| team.days_for(m, visit)).collect();
    if shifts.is_empty() {
        return Reason::NoShift;
    }
    let wide_enough: Vec<_> =
        shifts.into_iter().filter(|(member, day)| fits_alone(team, *member, *day, visit)).collect();
    if wide_enough.is_empty() {
        return Reason::NoWindow;
    }
    let allows = team.allows(visit);
    let openings = || {
        let free = wide_enough.iter().filter(|(member, _)| allows(member));
        free.flat_map(|(member, day)| team.openings(*member, *day, visit))
    };
    let Some(missed) = openings().map(|opening| team.missed_by(visit, opening)).min() else {
        return Reason::NotTogether;
    };
    let in_time = |opening: &Opening| team.missed_by(visit, *opening) == 0;
    match openings().filter(in_time).map(|opening| team.short_by(visit, opening)).min() {
        Some(0) if team.ties.cluster(visit.id).len() > 1 => Reason::NotTogether,
        Some(short) => Reason::NoMinutes { short: Minutes(short) },
        None => Reason::NoRoom { short: Minutes(missed) },
    }
}

/// The skills that the one who comes nearest lacks; `None` when nobody serves the grid.
fn least_missing(team: &Team<'_>, visit: &Visit) -> Option<Skills> {
    team.serving(visit)
        .map(|member| &visit.skills - &team.members[member].volunteer.skills)
        .min_by(|one, other| (one.len(), one).cmp(&(other.len(), other)))
}

/// Whether the visit would fit if the shift held nothing else.
fn fits_alone(team: &Team<'_>, member: usize, day: usize, visit: &Visit) -> bool {
    let (there, back) = team.ways_from_home(member, visit);
    let empty = Day::new(team.members[member].days[day].shift);
    empty.missed_by(visit, empty.gap(0, there, back)) == 0
}
