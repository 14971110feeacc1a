//! The least change that would have an unserved visit made, in words of the domain.

use super::answer::Remedy;
use super::member::InsertionSlot;
use super::problem::Visit;
use super::team::Team;
use super::units::{minutes, seconds};
use crate::routing::instance::Bar;
use crate::routing::relaxation::Shortage;
use gridward_domain::time::{Minutes, Window};

const MINUTES_OF_A_DAY: u32 = 24 * 60;

/// The least change: a little more time or offer where that suffices, else skills for a
/// volunteer with the time, else one more volunteer. None where no single change is known to
/// suffice: another volunteer does not help a pinned visit or one of a group that is assigned,
/// and for a visit of two people no change is tried.
pub(super) fn remedy(team: &Team<'_>, visit: &Visit) -> Option<Remedy> {
    if team.ties.pair(visit.id).is_some() {
        return None;
    }
    let days: Vec<(usize, usize)> = if let Some(pin) = visit.pinned {
        team.pinned_day(pin).into_iter().collect()
    } else {
        let members = team.serving(visit).filter(team.allows(visit));
        members.flat_map(|member| team.days_for(member, visit)).collect()
    };
    let slots = days.into_iter().flat_map(|(member, day)| team.slots(member, day, visit));
    let remedies = slots.filter_map(|slot| sized_remedy(team, visit, slot));
    let least = remedies.min_by_key(|(size, _)| *size).map(|(_, remedy)| remedy);
    let long = |window: &Window| window.length() >= visit.service;
    let holds = visit.windows.is_empty() || visit.windows.iter().any(long);
    let open = visit.pinned.is_none() && !team.is_group_assigned(visit) && holds;
    least.or_else(|| open.then_some(Remedy::OneMore))
}

/// The remedy of the only constraint that the visit violates in a slot, and its size; none if
/// there is no such constraint, or if the change would pass midnight.
fn sized_remedy(
    team: &Team<'_>,
    visit: &Visit,
    slot: InsertionSlot,
) -> Option<((usize, u32), Remedy)> {
    let who = &team.members[slot.member];
    let (volunteer, shift) = (who.volunteer.id, who.days[slot.day].shift);
    let day = shift.day;
    let missing = &visit.skills - &who.volunteer.skills;
    let bar = if missing.is_empty() { Bar::None } else { Bar::Skill };
    let offer = seconds(Minutes(team.short_by(visit, slot))).into();
    let misses = team.misses(visit, slot);
    if visit.is_call() && misses.most() > 0 {
        return None; // it is not known how much later would suffice
    }
    match Shortage::only(misses, 0, offer, bar, visit.pinned.is_some())? {
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
        Shortage::Offer(_) => {
            let minutes = Minutes(team.short_by(visit, slot));
            let mut weeks = who.volunteer.weeks.iter();
            let week = weeks.find(|week| week.covers(day)).map(|week| week.monday);
            Some(((0, minutes.0), Remedy::MoreMinutes { volunteer, week, minutes }))
        }
        Shortage::Skill => Some(((missing.len(), 0), Remedy::Skill { volunteer, day, missing })),
        // Members of a team serve the area, and shifts of the domain have no capacity.
        Shortage::Area | Shortage::Capacity(_) => None,
    }
}

/// Whether a window can close this much later without passing midnight.
fn ends_today(window: Window, later: Minutes) -> bool {
    u32::from(window.end().minutes()).saturating_add(later.0) <= MINUTES_OF_A_DAY
}
