//! Visits that keep the person, the day and the hour of a former plan as far as they still fit.
//!
//! The former visits are put into the days of their people, beside the visits that are pinned in any
//! case: those with an hour first, then the others where they add the least travel. One that does not
//! fit any more remains free, for the search to plan it anew.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::problem::{DispatchProblem, Pin, Visit, Volunteer};
use super::split::Part;
use super::team::Team;
use super::ties::{Pair, Tie, Ties};
use crate::routing::Weights;
use gridward_domain::area::Level;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::{TimeOfDay, Window};

/// Pins free visits to the person and the day, and the hour if there is one, that they had in a former
/// plan: those that still fit there, as every visit must, beside the pinned visits of the problem and
/// beside one another. Of former visits without an hour that do not fit together, the earlier ones of
/// the list are kept. People help in other grids up to the level `reach`, as in a plan. Returns the
/// visits that are pinned now.
pub fn keep_former(
    problem: &mut DispatchProblem,
    former: &[(TaskId, Pin)],
    reach: Level,
) -> HashSet<TaskId> {
    let kept = fitting(problem, possible(problem, former, reach));
    for visit in &mut problem.visits {
        if let Some(pin) = kept.get(&visit.id) {
            visit.pinned = Some(*pin);
        }
    }
    kept.into_keys().collect()
}

/// The former visits that their people could make, each pinned as it was.
pub(super) fn possible(
    problem: &DispatchProblem,
    former: &[(TaskId, Pin)],
    reach: Level,
) -> Vec<Visit> {
    let visits: HashMap<TaskId, &Visit> = problem.visits.iter().map(|it| (it.id, it)).collect();
    let people: HashMap<PersonId, &Volunteer> =
        problem.volunteers.iter().map(|it| (it.id, it)).collect();
    let possible = former.iter().filter_map(|(id, pin)| {
        let visit = visits.get(id).filter(|visit| visit.pinned.is_none())?;
        let who = people.get(&pin.volunteer)?;
        let is_possible = is_possible(visit, who, *pin, reach);
        is_possible.then(|| Visit { pinned: Some(*pin), ..(*visit).clone() })
    });
    without_torn(problem, possible.collect())
}

/// Whether the visit of the pin keeps the rules that do not depend on other visits. A pin would
/// override them.
fn is_possible(visit: &Visit, who: &Volunteer, pin: Pin, reach: Level) -> bool {
    let helps = || reach != Level::Grid && who.grid.ancestor(reach) == visit.grid.ancestor(reach);
    (who.serves_on(visit.grid, pin.day) || helps())
        && visit.skills.is_subset(&who.skills)
        && !visit.forbidden.contains(&who.id)
        && visit.not_before <= pin.day
        && who.shifts.iter().any(|shift| shift.day == pin.day)
        && pin.start.is_none_or(|start| is_in_window(visit, start))
}

/// Whether the whole service is in a window, if there are any.
fn is_in_window(visit: &Visit, start: TimeOfDay) -> bool {
    let contains = |window: &Window| {
        let end = u32::from(start.minutes()).saturating_add(visit.service.0);
        window.start() <= start && end <= window.end().minutes().into()
    };
    visit.windows.is_empty() || visit.windows.iter().any(contains)
}

/// The possible visits without those that would break a tie.
fn without_torn(problem: &DispatchProblem, mut possible: Vec<Visit>) -> Vec<Visit> {
    let pin = |visit: &Visit| Some((visit.id, visit.pinned?));
    let firm: HashMap<TaskId, Pin> = problem.visits.iter().filter_map(pin).collect();
    let pins = firm.iter().map(|(visit, pin)| (*visit, *pin));
    let pins: HashMap<TaskId, Pin> = pins.chain(possible.iter().filter_map(pin)).collect();
    let mut torn: HashSet<TaskId> = HashSet::new();
    for tie in &problem.ties {
        match tie {
            Tie::SamePerson(group) => torn.extend(with_others(group, &firm, &pins)),
            Tie::TwoPeople(pair) if !agrees(pair, &pins) => {
                torn.extend([pair.first, pair.second]);
            }
            Tie::TwoPeople(_) => {}
        }
    }
    possible.retain(|visit| !torn.contains(&visit.id));
    possible
}

/// The visits of a group that have another person than the pinned one or, without, the first one.
fn with_others(
    group: &[TaskId],
    firm: &HashMap<TaskId, Pin>,
    pins: &HashMap<TaskId, Pin>,
) -> Vec<TaskId> {
    let first =
        |pins: &HashMap<TaskId, Pin>| group.iter().find_map(|visit| pins.get(visit).copied());
    let holder = first(firm).or_else(|| first(pins)).map(|pin| pin.volunteer);
    let is_other =
        |visit: &&TaskId| pins.get(*visit).is_some_and(|pin| Some(pin.volunteer) != holder);
    group.iter().filter(is_other).copied().collect()
}

/// Whether the two visits of a pair have the pins of two people on one day, at times that suit.
fn agrees(pair: &Pair, pins: &HashMap<TaskId, Pin>) -> bool {
    let Some((first, second)) = pins.get(&pair.first).zip(pins.get(&pair.second)) else {
        return false;
    };
    let suits = |(first, second): (TimeOfDay, TimeOfDay)| {
        let after = i64::from(second.minutes()) - i64::from(first.minutes());
        (i64::from(pair.after.0)..=i64::from(pair.by.0)).contains(&after)
    };
    first.volunteer != second.volunteer
        && first.day == second.day
        && first.start.zip(second.start).is_none_or(suits)
}

/// The pins of those of the possible visits that fit into the days of their people.
fn fitting(problem: &DispatchProblem, mut possible: Vec<Visit>) -> HashMap<TaskId, Pin> {
    let ties = Ties::of(&problem.ties);
    let volunteers = problem.volunteers.iter().collect();
    let part = Part { volunteers, ..Part::default() };
    // What is kept has its day, so no weight is of effect.
    let mut team = Team::new(&ties, &part, Weights::default());
    let mut firm: Vec<&Visit> =
        problem.visits.iter().filter(|visit| visit.pinned.is_some()).collect();
    firm.sort_by_key(|visit| (hour(visit), visit.id));
    for visit in firm {
        place(&mut team, visit, false);
    }
    possible.sort_by_key(hour);
    let mut kept = HashMap::new();
    for visit in &possible {
        if let Some(pin) = visit.pinned.filter(|_| place(&mut team, visit, true)) {
            kept.insert(visit.id, pin);
        }
    }
    // Both visits of a pair keep what they had, or neither does.
    let ids = possible.iter().map(|visit| visit.id);
    let left: HashSet<TaskId> = ids.filter(|id| !kept.contains_key(id)).collect();
    kept.retain(|id, _| ties.partner(*id).is_none_or(|other| !left.contains(&other)));
    kept
}

/// Orders pinned visits: those with an hour first, by it; the others are alike.
pub(super) fn hour(visit: &Visit) -> (bool, Option<(NaiveDate, TimeOfDay)>) {
    let hour = visit.pinned.and_then(|pin| Some((pin.day, pin.start?)));
    (hour.is_none(), hour)
}

/// Puts the visit where it adds the least travel to its day, if it fits there and, for those that are to
/// be, within the offer.
fn place<'p>(team: &mut Team<'p>, visit: &'p Visit, within_offer: bool) -> bool {
    let day = visit.pinned.and_then(|pin| team.pinned_day(pin));
    let slot = day.and_then(|day| team.cheapest_on(day, visit, within_offer));
    if let Some(slot) = slot {
        team.place(visit, slot);
    }
    slot.is_some()
}
