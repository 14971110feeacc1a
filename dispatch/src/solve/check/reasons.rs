//! Checks the reasons of unserved visits.

use std::collections::HashSet;

use chrono::NaiveDate;
use gridward_domain::channel::Channel;

use super::measures::Loads;
use super::ties::{self, Assignments};
use super::timeline::{in_a_window, is_clear, minute};
use super::{Index, Violation, distance, in_area, is_there, may_go};
use crate::solve::answer::Reason;
use crate::solve::plan::Plan;
use crate::solve::problem::{Shift, Visit, Volunteer};
use gridward_domain::id::PersonId;

/// Every reason applies, and no idle day could hold the visit.
pub(super) fn reasons_hold(
    index: &Index<'_>,
    plan: &Plan,
    loads: &Loads,
    assignments: &Assignments,
) -> Result<(), Violation> {
    let busy: HashSet<(PersonId, NaiveDate)> =
        plan.routes.iter().map(|route| (route.volunteer, route.day)).collect();
    for left in &plan.unserved {
        let visit = index.visit(left.visit)?;
        let holder = ties::holder(index, visit.id, assignments);
        if !holds(index, visit, &left.reason, &busy, (loads, holder)) {
            return Err(Violation::Reason(visit.id));
        }
    }
    Ok(())
}

fn holds(
    index: &Index<'_>,
    visit: &Visit,
    reason: &Reason,
    busy: &HashSet<(PersonId, NaiveDate)>,
    (loads, holder): (&Loads, Option<PersonId>),
) -> bool {
    let all = || index.problem.volunteers.iter();
    let served = all().any(|who| in_area(who, visit));
    let able: Vec<_> = all().filter(|who| may_go(who, visit)).collect();
    let shifts: Vec<_> = able
        .iter()
        .flat_map(|who| who.shifts.iter().map(move |shift| (*who, shift)))
        .filter(|(who, shift)| shift.day >= visit.not_before && is_there(who, visit, shift.day))
        .collect();
    let wide: Vec<_> = shifts
        .iter()
        .filter_map(|(who, shift)| alone(who, shift, visit).map(|takes| (who, shift, takes)))
        .collect();
    // Only the volunteer of its group may make it.
    let free: Vec<_> =
        wide.iter().filter(|(who, ..)| holder.is_none_or(|holder| holder == who.id)).collect();
    let idle_could = free.iter().any(|(who, shift, takes)| {
        !busy.contains(&(who.id, shift.day)) && loads.leave(who, shift.day, *takes)
    });
    match reason {
        Reason::PinDoesNotFit => visit.pinned.is_some(),
        _ if visit.pinned.is_some() => false,
        Reason::NoVolunteer => !served,
        Reason::NoSkill { missing } => {
            let lacks = |who: &Volunteer| {
                visit.skills.iter().filter(|skill| !who.skills.contains(*skill)).cloned().collect()
            };
            let some_lack =
                all().filter(|who| in_area(who, visit)).any(|who| *missing == lacks(who));
            served && able.is_empty() && some_lack
        }
        Reason::NoShift => !able.is_empty() && shifts.is_empty(),
        Reason::NoWindow => !shifts.is_empty() && wide.is_empty(),
        Reason::NoMinutes { short } | Reason::NoRoom { short } => {
            !free.is_empty() && !idle_could && short.0 > 0
        }
        Reason::NotTogether => {
            !wide.is_empty() && (free.is_empty() || ties::is_tied(index, visit.id))
        }
    }
}

/// Load of the visit in an otherwise empty shift, if it fits: each step is tried minute by minute.
fn alone(who: &Volunteer, shift: &Shift, visit: &Visit) -> Option<u32> {
    let way = |from, to| match visit.channel {
        Channel::Visit => rounded_up(distance::minutes(who, from, to)),
        Channel::Call => Some(0),
    };
    let there = way(who.home, visit.place)?;
    let back = way(visit.place, who.home)?;
    let end = minute(shift.window.end());
    let service = Some(visit.service.0).filter(|long| *long <= end)?;
    let step = |from: u32, long: u32| {
        (from..=end).find(|at| at + long <= end && is_clear(shift, *at, at + long))
    };
    let arrive = step(minute(shift.window.start()), there)? + there;
    let start = (arrive..=end).find(|at| {
        at + service <= end
            && is_clear(shift, *at, at + service)
            && in_a_window(visit, *at, at + service)
    })?;
    step(start + service, back)?;
    Some(there + service + back)
}

/// Whole minutes, if a day could hold them.
fn rounded_up(minutes: f64) -> Option<u32> {
    (0..=24 * 60).find(|count| f64::from(*count) >= minutes)
}
