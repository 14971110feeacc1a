//! The least change that would have an unserved visit made, in words of the domain.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::answer::Remedy;
use super::problem::Visit;
use super::reason::missing;
use super::team::Team;
use super::ties::Pair;
use super::units::{minutes, seconds, span, time_of_day};
use crate::routing::instance::{Bar, Seconds};
use crate::routing::misses::Insertion;
use crate::routing::shortage::{Shortage, shortages};
use crate::routing::timeline::Span;
use gridward_domain::id::TaskId;
use gridward_domain::time::{Minutes, Window};

const MINUTES_OF_A_DAY: u32 = 24 * 60;

/// The least change: a little more time or offer where that suffices, else skills for a
/// volunteer with the time, else one more volunteer. None where no single change is known to
/// suffice: another volunteer does not help a pinned visit or one of a group that is assigned. A visit of a pair is
/// tried beside a member who makes the other one, which is among the unserved visits, `left`, as early as possible: a
/// later time, which different hours of the two may need, is not tried.
pub(super) fn remedy(
    team: &Team<'_>,
    visit: &Visit,
    left: &HashMap<TaskId, &Visit>,
) -> Option<Remedy> {
    let long = |window: &Window| window.length() >= visit.service;
    let holds = visit.windows.is_empty() || visit.windows.iter().any(long);
    let open = visit.pinned.is_none() && !team.is_group_assigned(visit) && holds;
    if let Some(pair) = team.ties.pair(visit.id) {
        return if open { remedy_beside(team, visit, pair, left) } else { None };
    }
    let days = days(team, visit, team.serving(visit).filter(team.allows(visit)));
    let remedies = days.into_iter().flat_map(|day| sized_remedies(team, visit, day));
    let least = remedies.min_by_key(|(size, _)| *size).map(|(_, remedy)| remedy);
    least.or_else(|| open.then_some(Remedy::OneMore))
}

/// The day of a member that the visit is pinned to, or those of these members on which it may be made.
fn days(
    team: &Team<'_>,
    visit: &Visit,
    members: impl Iterator<Item = usize>,
) -> Vec<(usize, usize)> {
    match visit.pinned {
        Some(pin) => team.pinned_day(pin).into_iter().collect(),
        None => members.flat_map(|member| team.days_for(member, visit)).collect(),
    }
}

/// The least change that has another member make the visit beside a partner, else one more volunteer; none without a
/// partner. Both begin as the pair requires, so a later window of one does not help.
fn remedy_beside(
    team: &Team<'_>,
    visit: &Visit,
    pair: Pair,
    left: &HashMap<TaskId, &Visit>,
) -> Option<Remedy> {
    let partners = partners(team, visit, pair, left);
    let remedies = partners.iter().flat_map(|Partner { member, date, beside }| {
        let others = team.serving(visit).filter(|other| other != member);
        let days = days(team, beside, others.filter(team.allows(visit))).into_iter();
        let is_then =
            move |(other, day): &(usize, usize)| team.members[*other].days[*day].shift.day == *date;
        days.filter(is_then).flat_map(move |day| sized_remedies(team, beside, day))
    });
    let remedies = remedies.filter(|(_, it)| !matches!(it, Remedy::LaterWindow { .. }));
    let least = remedies.min_by_key(|(size, _)| *size).map(|(_, remedy)| remedy);
    least.or_else(|| (!partners.is_empty()).then_some(Remedy::OneMore))
}

/// A member who could make the other visit of a pair.
struct Partner {
    /// The member.
    member: usize,
    /// The day.
    date: NaiveDate,
    /// The visit, bound to begin as the pair requires.
    beside: Visit,
}

/// The two members on each day who could begin the other visit of the pair the earliest, if this one can begin
/// beside it.
fn partners(
    team: &Team<'_>,
    visit: &Visit,
    pair: Pair,
    left: &HashMap<TaskId, &Visit>,
) -> Vec<Partner> {
    let other = team.ties.partner(visit.id).and_then(|other| left.get(&other).copied());
    let Some(other) = other else { return Vec::new() };
    let mut starts: Vec<(NaiveDate, Seconds, usize)> = Vec::new();
    for (member, day) in days(team, other, team.free_for(other)) {
        let date = team.members[member].days[day].shift.day;
        let trials = team.trials((member, day), other).into_iter();
        let fitting = trials.filter(|it| it.fits() && team.short_by(other, it.slot) == 0);
        let ends = fitting.filter_map(|trial| trial.insertion.map(Insertion::ends));
        starts.extend(ends.map(|end| (date, end - seconds(other.service), member)));
    }
    starts.retain(|(date, ..)| visit.not_before <= *date);
    starts.sort_unstable();
    let mut partners: Vec<Partner> = Vec::new();
    for (date, start, member) in starts {
        let mut of_day = partners.iter().filter(|partner| partner.date == date);
        let is_wanted = of_day.clone().count() < 2 && of_day.all(|it| it.member != member);
        if is_wanted && let Some(beside) = beside(visit, pair, start) {
            partners.push(Partner { member, date, beside });
        }
    }
    partners
}

/// The visit, bound to begin as its pair requires if the other one begins at `start`; none if it cannot.
fn beside(visit: &Visit, pair: Pair, start: Seconds) -> Option<Visit> {
    let (after, by) = (seconds(pair.after), seconds(pair.by));
    let (first, last) = if pair.first == visit.id {
        (start.saturating_sub(by), start.saturating_sub(after))
    } else {
        (start.saturating_add(after), start.saturating_add(by))
    };
    let service = seconds(visit.service);
    let bound = |(open, close): Span| {
        let (first, last) = (first.max(open), last.min(close - service));
        let until = last.checked_add(service).filter(|_| first <= last)?;
        Window::new(time_of_day(first)?, time_of_day(until)?).ok()
    };
    let windows: Vec<Window> = if visit.windows.is_empty() {
        bound((0, seconds(Minutes(MINUTES_OF_A_DAY)))).into_iter().collect()
    } else {
        visit.windows.iter().filter_map(|window| bound(span(*window))).collect()
    };
    (!windows.is_empty()).then(|| Visit { windows, ..visit.clone() })
}

/// The remedies in the slots of a member's day of which a visit violates one constraint only, with their
/// sizes; none of a change that would pass midnight. A remedy of more time has the least that suffices.
fn sized_remedies(
    team: &Team<'_>,
    visit: &Visit,
    (member, day): (usize, usize),
) -> impl Iterator<Item = ((usize, u32), Remedy)> {
    let bar = if team.is_skilled(member, visit) { Bar::None } else { Bar::Skill };
    let trials = team.trials((member, day), visit);
    // It is not known how much later would suffice for a call.
    let trials = trials.iter().filter(|trial| trial.fits() || !visit.is_call());
    let only = trials.map(|trial| {
        let offer = seconds(Minutes(team.short_by(visit, trial.slot))).into();
        let only = Shortage::only(trial.misses, 0, offer, bar, visit.pinned.is_some());
        (only, trial.insertion)
    });
    let timeline = &team.members[member].days[day];
    let found = shortages(only, |late| timeline.least_miss(late.into_iter(), 0));
    found.into_iter().filter_map(move |shortage| sized_remedy(team, visit, (member, day), shortage))
}

/// The remedy of a shortage on a member's day, and its size; none if the change would pass midnight.
fn sized_remedy(
    team: &Team<'_>,
    visit: &Visit,
    (member, day): (usize, usize),
    shortage: Shortage,
) -> Option<((usize, u32), Remedy)> {
    let who = &team.members[member];
    let (volunteer, shift) = (who.volunteer.id, who.days[day].shift);
    let day = shift.day;
    match shortage {
        Shortage::Time(short) => {
            let minutes = minutes(short);
            let remedy = Remedy::MoreTime { volunteer, day, minutes };
            ends_today(shift.window, minutes).then_some(((0, minutes.0), remedy))
        }
        Shortage::Window(late) => {
            let minutes = minutes(late);
            let remedy = Remedy::LaterWindow { volunteer, day, minutes };
            let all = visit.windows.iter().all(|window| ends_today(*window, minutes));
            all.then_some(((0, minutes.0), remedy))
        }
        Shortage::Offer(short) => {
            let minutes = minutes(i32::try_from(short).unwrap_or(i32::MAX));
            let mut weeks = who.volunteer.weeks.iter();
            let week = weeks.find(|week| week.covers(day)).map(|week| week.monday);
            Some(((0, minutes.0), Remedy::MoreMinutes { volunteer, week, day, minutes }))
        }
        Shortage::Skill => {
            let missing = missing(team, visit, member);
            Some(((missing.len(), 0), Remedy::Skill { volunteer, day, missing }))
        }
        // Members of a team serve the area, and shifts of the domain have no capacity.
        Shortage::Area | Shortage::Capacity(_) => None,
    }
}

/// Whether a window can close this much later without passing midnight.
fn ends_today(window: Window, later: Minutes) -> bool {
    u32::from(window.end().minutes()).saturating_add(later.0) <= MINUTES_OF_A_DAY
}
