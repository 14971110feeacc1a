//! The first cut of a part: what is settled, then the most urgent first, each
//! to where it costs least.
//!
//! A parallel insertion heuristic in the manner of Solomon (Operations Research
//! 35(2), 1987, I1): visits are not sorted by place but by urgency, and the cost
//! of an opening is the travel it adds, plus a term for the load of the person,
//! plus one for a stranger. It does not look ahead and takes nothing back.

use std::cmp::Reverse;

use chrono::NaiveDate;

use super::options::Options;
use super::problem::{Pin, Problem, Visit};
use super::split::Part;
use super::team::{Opening, Team};

/// A part with its visits given out.
pub(super) struct Draft<'p> {
    /// Who carries what.
    pub(super) team: Team<'p>,
    /// What nobody took.
    pub(super) left: Vec<&'p Visit>,
}

/// Gives the visits of a part out. Nothing that is left fits anywhere.
pub(super) fn construct<'p>(problem: &Problem, part: &Part<'p>, options: &Options) -> Draft<'p> {
    let mut team = Team::new(problem, part);
    let (mut pinned, mut free): (Vec<&Visit>, Vec<&Visit>) =
        part.visits.iter().partition(|visit| visit.pinned.is_some());
    // Those with a fixed hour first: the others can give way to them.
    pinned.sort_unstable_by_key(|visit| {
        let start = visit.pinned.and_then(|pin| pin.start);
        (start.is_none(), start, urgency(visit))
    });
    free.sort_unstable_by_key(|visit| urgency(visit));

    let mut left: Vec<_> =
        pinned.into_iter().filter(|visit| !place_pinned(&mut team, visit)).collect();
    // A journey that a break holds up can be cut in two by a call on the way, so
    // what did not fit before can fit now: it is offered again until nothing does.
    loop {
        let offered = free.len();
        free.retain(|visit| match cheapest(&team, visit, options) {
            Some(opening) => {
                team.place(visit, opening);
                false
            }
            None => true,
        });
        if free.is_empty() || free.len() == offered {
            break;
        }
    }
    left.extend(free);
    Draft { team, left }
}

/// The most urgent first; the id settles the rest.
fn urgency(visit: &Visit) -> impl Ord + use<> {
    (Reverse(visit.priority), visit.due, visit.id)
}

fn place_pinned<'p>(team: &mut Team<'p>, visit: &'p Visit) -> bool {
    let Some(opening) = visit.pinned.and_then(|pin| pinned_opening(team, visit, pin)) else {
        return false;
    };
    team.place(visit, opening);
    true
}

/// The opening on the pinned day that adds the least travel.
fn pinned_opening<'p>(team: &Team<'p>, visit: &'p Visit, pin: Pin) -> Option<Opening> {
    let member =
        team.members.binary_search_by_key(&pin.volunteer, |member| member.volunteer.id).ok()?;
    let day = team.members[member].days.iter().position(|day| day.shift.day == pin.day)?;
    team.openings(member, day, visit)
        .filter(|opening| team.missed_by(visit, *opening) == 0)
        .min_by_key(|opening| (opening.gap.extra, opening.gap.at))
}

/// The opening that costs least among those that fit, if there is one.
fn cheapest<'p>(team: &Team<'p>, visit: &'p Visit, options: &Options) -> Option<Opening> {
    let mut best: Option<(Cost, Opening)> = None;
    for member in team.capable(visit) {
        if team.is_spent(member, visit) {
            continue;
        }
        for (member, day) in team.days_for(member, visit) {
            for opening in team.openings(member, day, visit) {
                let cost = cost(team, visit, opening, options);
                // The timeline is the dear part, so it comes last.
                if best.is_none_or(|(least, _)| cost < least) && team.fits(visit, opening) {
                    best = Some((cost, opening));
                }
            }
        }
    }
    best.map(|(_, opening)| opening)
}

/// Days late, thousandths of a minute, and what settles a tie: day, member, place.
type Cost = (u32, u64, NaiveDate, usize, usize);

fn cost(team: &Team<'_>, visit: &Visit, opening: Opening, options: &Options) -> Cost {
    let member = &team.members[opening.member];
    let day = member.days[opening.day].shift.day;
    let late = u32::try_from((day - visit.due).num_days()).unwrap_or(0); // negative: in time
    let offered = u64::from(member.volunteer.offered.0.max(1));
    let load = u64::from(team.load_with(visit, opening));
    let fairness =
        u64::from(options.fairness.0).saturating_mul(1_000).saturating_mul(load) / offered;
    let stranger =
        if visit.knows(member.volunteer.id) { 0 } else { u64::from(options.familiarity.0) * 1_000 };
    let travel = u64::from(opening.gap.extra) * 1_000;
    (late, fairness.saturating_add(travel + stranger), day, opening.member, opening.gap.at)
}
