//! The least change that would have a visit made that nobody does.

use super::answer::Relief;
use super::problem::Visit;
use super::team::{Opening, Team};
use gridward_domain::time::{Minutes, Window};

const MINUTES_OF_A_DAY: u32 = 24 * 60;

/// The least change: a little more time or offer where that is enough, else skills for
/// somebody who has the time, else one more volunteer. None where no one change is known to
/// be enough: what is pinned or in somebody's hands is not helped by others, and what would
/// bring two people together is not tried.
pub(super) fn relief(team: &Team<'_>, visit: &Visit) -> Option<Relief> {
    if team.ties.pair(visit.id).is_some() {
        return None;
    }
    let days: Vec<(usize, usize)> = if let Some(pin) = visit.pinned {
        team.pinned_day(pin).into_iter().collect()
    } else {
        let members = team.serving(visit).filter(team.allows(visit));
        members.flat_map(|member| team.days_for(member, visit)).collect()
    };
    let openings = days.into_iter().flat_map(|(member, day)| team.openings(member, day, visit));
    let changes = openings.filter_map(|opening| enough(team, visit, opening));
    let least = changes.min_by_key(|(size, _)| *size).map(|(_, relief)| relief);
    let long = |window: &Window| window.length() >= visit.service;
    let holds = visit.windows.is_empty() || visit.windows.iter().any(long);
    let open = visit.pinned.is_none() && !team.is_begun(visit) && holds;
    least.or_else(|| open.then_some(Relief::OneMore))
}

/// The one change that lets the visit into an opening, and how large it is; none if it
/// would take two.
fn enough(team: &Team<'_>, visit: &Visit, opening: Opening) -> Option<((usize, u32), Relief)> {
    let who = &team.members[opening.member];
    let (volunteer, day) = (who.volunteer.id, who.days[opening.day].shift.day);
    let missed = team.misses(visit, opening);
    let missing = &visit.skills - &who.volunteer.skills;
    // What people settled is held up neither by skills nor by what was offered.
    let settled = visit.pinned.is_some();
    let short = if settled { 0 } else { team.short_by(visit, opening) };
    let lacks = !settled && !missing.is_empty();
    Some(match (missed.own, missed.later, missed.shift, short, lacks) {
        (0, 0, 1.., 0, false) if ends_today(who.days[opening.day].shift.window, missed.shift) => {
            let minutes = Minutes(missed.shift);
            ((0, missed.shift), Relief::MoreTime { volunteer, day, minutes })
        }
        (1.., 0, 0, 0, false) if !settled && window_ends_today(visit, missed.own) => {
            let minutes = Minutes(missed.own);
            ((0, missed.own), Relief::LaterWindow { volunteer, day, minutes })
        }
        (0, 0, 0, 1.., false) => {
            ((0, short), Relief::MoreMinutes { volunteer, minutes: Minutes(short) })
        }
        (0, 0, 0, 0, true) => ((missing.len(), 0), Relief::Skill { volunteer, day, missing }),
        _ => return None,
    })
}

/// Whether a window may close so many minutes later without passing midnight.
fn ends_today(window: Window, later: u32) -> bool {
    u32::from(window.end().minutes()).saturating_add(later) <= MINUTES_OF_A_DAY
}

fn window_ends_today(visit: &Visit, later: u32) -> bool {
    visit.windows.iter().all(|window| ends_today(*window, later))
}
