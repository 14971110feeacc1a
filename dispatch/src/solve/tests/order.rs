//! The earliest times of a day whose visits come in a given order, minute by minute.

use chrono::NaiveDate;

use super::*;
use crate::solve::check::check_routes;

/// The minutes of a day.
const DAY: u32 = 24 * 60;

/// Whether a visit fits somewhere into the volunteer's route of the day: a plan with it there,
/// and the other stops in their order, keeps every rule of the problem.
pub(super) fn can_insert(
    problem: &DispatchProblem,
    plan: &Plan,
    (who, day): (PersonId, NaiveDate),
    visit: TaskId,
) -> bool {
    let is_it = |route: &Route| (route.volunteer, route.day) == (who, day);
    let present = plan.routes.iter().find(|route| is_it(route));
    let stops = present.map(|route| route.stops.as_slice()).unwrap_or_default();
    let ids: Vec<TaskId> = stops.iter().map(|stop| stop.visit).collect();
    (0..=ids.len()).any(|at| {
        let mut order = ids.clone();
        order.insert(at, visit);
        let mut changed = plan.clone();
        changed.routes.retain(|route| !is_it(route));
        let Some(route) = earliest(problem, (who, day), &order) else { return false };
        changed.routes.push(route);
        check_routes(problem, &changed) == Ok(())
    })
}

/// An explanation that the check of the routes does not read.
fn unknown() -> Why {
    let (share_before, share_after) = (0.0, 0.0);
    let extra_travel = Minutes(0);
    Why {
        extra_travel,
        share_before,
        share_after,
        others: 0,
        known: false,
        channel: Channel::Visit,
        next: Vec::new(),
        day: None,
    }
}

/// The route with every stop as early as it can be; none where a stop finds no time.
fn earliest(
    problem: &DispatchProblem,
    (who, day): (PersonId, NaiveDate),
    order: &[TaskId],
) -> Option<Route> {
    let volunteer = problem.volunteers.iter().find(|other| other.id == who)?;
    let shift = volunteer.shifts.iter().find(|shift| shift.day == day)?;
    let minute = |time: TimeOfDay| u32::from(time.minutes());
    let time = |minute: u32| TimeOfDay::new(u16::try_from(minute).ok()?).ok();
    let clear = |from: u32, to: u32| {
        let touches = |pause: &Window| from < minute(pause.end()) && to > minute(pause.start());
        !shift.breaks.iter().any(touches)
    };
    let (mut free, mut place) = (minute(shift.window.start()), volunteer.home);
    let (mut stops, mut travelled) = (Vec::new(), Minutes(0));
    for id in order {
        let visit = problem.visits.iter().find(|visit| visit.id == *id)?;
        // A call is made wherever the volunteer is.
        let at = if visit.is_call() { place } else { visit.place };
        let travel = volunteer.mode.minutes(place, at);
        let depart = (free..DAY).find(|depart| clear(*depart, depart + travel.0))?;
        let arrive = depart + travel.0;
        let within = |start: u32| match visit.pinned.and_then(|pin| pin.start) {
            Some(pinned) => minute(pinned) == start,
            None => {
                visit.windows.is_empty()
                    || visit.windows.iter().any(|window| {
                        minute(window.start()) <= start
                            && start + visit.service.0 <= minute(window.end())
                    })
            }
        };
        let fits = |start: &u32| clear(*start, start + visit.service.0) && within(*start);
        let start = (arrive..DAY).find(fits)?;
        free = start + visit.service.0;
        place = at;
        travelled += travel;
        let arrive = if visit.is_call() { start } else { arrive };
        let (arrive, start, leave) = (time(arrive)?, time(start)?, time(free)?);
        stops.push(Stop { visit: *id, arrive, start, leave, travel, why: unknown() });
    }
    let home = volunteer.mode.minutes(place, volunteer.home);
    Some(Route { volunteer: who, day, stops, travel: travelled + home })
}
