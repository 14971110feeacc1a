//! Gives volunteers who have had nothing to do for long a visit each, where that costs neither a
//! visit, nor lateness, nor fairness: a tier below fairness and above travel.
//!
//! The search minimises the sum of all tiers and may leave a volunteer who lives far away without a
//! visit for ever. Here one visit at a time moves to each of them, the one that adds the least travel
//! and waiting.

use chrono::NaiveDate;

use super::member::InsertionSlot;
use super::member::Member;
use super::problem::Visit;
use super::reason::best_slot;
use super::team::Team;
use super::timeline::ShiftTimeline;
use crate::interrupt::{Interrupt, Interrupted};

/// A visit that could move to an idle member.
struct Move<'p> {
    visit: &'p Visit,
    /// The member, the day and the position that has it.
    from: (usize, usize, usize),
    to: InsertionSlot,
}

/// A move, with whether the beneficiary would lose a known person, and the added travel and waiting.
type PricedMove<'p> = ((bool, i64), Move<'p>);

/// Moves a visit to each idle member who has none.
pub(super) fn engage(team: &mut Team<'_>, interrupt: &Interrupt<'_>) -> Result<(), Interrupted> {
    let idle = |member: &usize| {
        let who = &team.members[*member];
        who.volunteer.is_idle && who.days.iter().all(|day| day.all().next().is_none())
    };
    let idle: Vec<usize> = (0..team.members.len()).filter(idle).collect();
    for member in idle {
        let moves = moves(team, member, interrupt)?.into_iter();
        if let Some((_, moved)) = moves.min_by_key(|(cost, moved)| (*cost, moved.visit.id)) {
            team.remove(moved.from);
            // The slot is in another member's days, which have not changed.
            team.place(moved.visit, moved.to);
        }
    }
    Ok(())
}

/// The visits that the member could take over.
fn moves<'p>(
    team: &Team<'p>,
    member: usize,
    interrupt: &Interrupt<'_>,
) -> Result<Vec<PricedMove<'p>>, Interrupted> {
    let mut found = Vec::new();
    for (giver, who) in team.members.iter().enumerate().filter(|(giver, _)| *giver != member) {
        interrupt.check()?;
        // One who has a single visit would be left without one.
        if who.days.iter().flat_map(ShiftTimeline::all).count() < 2 {
            continue;
        }
        for (day, timeline) in who.days.iter().enumerate() {
            for (at, stop) in timeline.stops.iter().enumerate() {
                let visit = stop.visit;
                let is_free = visit.pinned.is_none() && !team.ties.binds(visit.id);
                if !is_free || !team.capable(visit).any(|able| able == member) {
                    continue;
                }
                let Ok(to) = best_slot(team, visit, member) else { continue };
                let from = (giver, day, at);
                if is_later(team, visit, (timeline.shift.day, to))
                    || costs_fairness(team, visit, from, to)
                {
                    continue;
                }
                let travel = i64::from(to.position.extra - team.detour_to(giver, day, at));
                let then = team.members[member].days[to.day].shift.day;
                let waiting = team.waiting(visit, then) - team.waiting(visit, timeline.shift.day);
                let loses = visit.knows(who.volunteer.id)
                    && !visit.knows(team.members[member].volunteer.id);
                found.push(((loses, travel + waiting), Move { visit, from, to }));
            }
        }
    }
    Ok(found)
}

/// Whether the visit would be more days late.
fn is_later(team: &Team<'_>, visit: &Visit, (day, to): (NaiveDate, InsertionSlot)) -> bool {
    visit.days_late(team.members[to.member].days[to.day].shift.day) > visit.days_late(day)
}

/// Whether the loads would be less even: the sum of the squares of all loads in relation to the
/// offers, as the search has it. Also if the giver's other visits would not fit any more.
fn costs_fairness(
    team: &Team<'_>,
    visit: &Visit,
    from: (usize, usize, usize),
    to: InsertionSlot,
) -> bool {
    let Some(left) = team.load_without(from) else { return true };
    let (gives, takes) = (&team.members[from.0], &team.members[to.member]);
    let burden = |who: &Member<'_>, load: u32| {
        let (load, share_of) = (u128::from(load), u128::from(who.volunteer.share_of().0.max(1)));
        load * load * 1_000_000 / share_of
    };
    let before = burden(gives, gives.load) + burden(takes, takes.load);
    burden(gives, left) + burden(takes, team.load_with(visit, to)) > before
}
