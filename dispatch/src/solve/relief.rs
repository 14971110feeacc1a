//! The least change that would have a visit made that nobody does.

use super::answer::Relief;
use super::problem::Visit;
use super::team::{Opening, Team};
use crate::time::Minutes;

/// The least change: a little more time or offer where that is enough, else skills for
/// somebody who has the time. What two people are missing for is not tried one by one.
pub(super) fn relief(team: &Team<'_>, visit: &Visit) -> Relief {
    if team.ties.pair(visit.id).is_some() {
        return Relief::OneMore;
    }
    let allows = team.allows(visit);
    let pinned = |opening: &Opening| {
        visit.pinned.is_none_or(|pin| {
            let who = &team.members[opening.member];
            (who.volunteer.id, who.days[opening.day].shift.day) == (pin.volunteer, pin.day)
        })
    };
    let members = team.serving(visit).filter(allows);
    let days = members.flat_map(|member| team.days_for(member, visit));
    let openings = days.flat_map(|(member, day)| team.openings(member, day, visit));
    let changes = openings.filter(pinned).filter_map(|opening| enough(team, visit, opening));
    changes.min_by_key(|(size, _)| *size).map_or(Relief::OneMore, |(_, relief)| relief)
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
        (0, 0, 1.., 0, false) => {
            let minutes = Minutes(missed.shift);
            ((0, missed.shift), Relief::MoreTime { volunteer, day, minutes })
        }
        (1.., 0, 0, 0, false) if !settled => {
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
