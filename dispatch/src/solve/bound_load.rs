//! Lower bounds on unserved priority and on the largest share.
//!
//! The visits of a part take the minutes of their services at least, and its volunteers have those of their
//! shifts and offers, which only pinned visits exceed. So the most that could be served is a knapsack, the
//! last visit of which may be served in part; and the largest share is at least the level to which loads
//! rise if the services are poured into them. Journeys and hours do not count, nor who may make which visit,
//! except that one which no volunteer may make is unserved.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::plan::Plan;
use super::problem::{DispatchProblem, Visit, Volunteer};
use super::split::{Part, split};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::skill::Skill;
use gridward_domain::time::Minutes;

/// How often the interval of a level is halved.
const HALVINGS: usize = 40;

/// The unserved priority points of any plan, of the counted visits, and the largest share of any plan that
/// makes the visits of this one.
pub(super) fn least(
    problem: &DispatchProblem,
    plan: &Plan,
    is_counted: impl Fn(&Visit) -> bool,
) -> (u32, f64) {
    let stops = plan.routes.iter().flat_map(|route| &route.stops);
    let served: HashSet<TaskId> = stops.map(|stop| stop.visit).collect();
    let mut pinned: HashMap<PersonId, Vec<(NaiveDate, &Visit)>> = HashMap::new();
    for visit in &problem.visits {
        if let Some(pin) = visit.pinned {
            pinned.entry(pin.volunteer).or_default().push((pin.day, visit));
        }
    }
    let room = |who: &Volunteer| {
        let pinned = pinned.get(&who.id).map_or(&[] as &[_], Vec::as_slice);
        Room::of(who, pinned, &served)
    };
    let mut level =
        problem.volunteers.iter().map(|who| room(who).least_share()).fold(0.0, f64::max);
    let mut points = 0;
    for part in split(problem) {
        let rooms: Vec<Room> = part.volunteers.iter().map(|who| room(who)).collect();
        let minutes = rooms.iter().map(|room| u64::from(room.minutes)).sum();
        points += least_unserved(&part, minutes, &is_counted);
        let free = |visit: &&&Visit| visit.pinned.is_none() && served.contains(&visit.id);
        let work: Minutes = part.visits.iter().filter(free).map(|visit| visit.service).sum();
        level = least_level(&rooms, f64::from(work.0), level);
    }
    (points, level)
}

/// What a volunteer can do at most.
struct Room {
    /// The minutes of all visits.
    minutes: u32,
    /// The minutes that are carried in any case: the earlier ones and those of pinned visits.
    fixed: u32,
    /// The minutes that a share is of; `None` if the share is not measured.
    share_of: Option<u32>,
}

impl Room {
    fn of(who: &Volunteer, pinned: &[(NaiveDate, &Visit)], served: &HashSet<TaskId>) -> Self {
        let limit = |left: Minutes, covers: &dyn Fn(NaiveDate) -> bool| {
            let shifts = who.shifts.iter().filter(|shift| covers(shift.day));
            let hours: Minutes = shifts.map(|shift| shift.window.length()).sum();
            let pinned = pinned.iter().filter(|(day, _)| covers(*day));
            let pinned: Minutes = pinned.map(|(_, visit)| visit.service).sum();
            left.max(pinned).min(hours)
        };
        let weeks = who.weeks.iter();
        let minutes = if who.weeks.is_empty() {
            limit(who.offered - who.carried, &|_| true)
        } else {
            weeks.map(|week| limit(week.offered - week.carried, &|day| week.covers(day))).sum()
        };
        let made = pinned.iter().filter(|(_, visit)| served.contains(&visit.id));
        let fixed = who.carried + made.map(|(_, visit)| visit.service).sum::<Minutes>();
        let is_measured = who.offered.0 > 0 && who.share_of().0 > 0;
        let share_of = is_measured.then(|| who.share_of().0);
        Self { minutes: minutes.0, fixed: fixed.0, share_of }
    }

    /// The share that is carried in any case.
    fn least_share(&self) -> f64 {
        self.share_of.map_or(0.0, |of| f64::from(self.fixed) / f64::from(of))
    }

    /// The minutes that can be added up to a level of the share.
    fn up_to(&self, level: f64) -> f64 {
        let all = f64::from(self.minutes);
        let below = |of: u32| (level * f64::from(of) - f64::from(self.fixed)).clamp(0.0, all);
        self.share_of.map_or(all, below)
    }
}

/// The unserved points of the counted visits of the part if its volunteers have `minutes` for their services.
fn least_unserved(part: &Part<'_>, mut minutes: u64, is_counted: impl Fn(&Visit) -> bool) -> u32 {
    type Kind<'p> = (AreaCode, NaiveDate, &'p BTreeSet<Skill>, &'p [PersonId]);
    let mut known: HashMap<Kind<'_>, bool> = HashMap::new();
    let mut lost = 0;
    let mut possible: Vec<(u64, u64)> = Vec::with_capacity(part.visits.len());
    for visit in part.visits.iter().filter(|visit| is_counted(visit)) {
        let priority = u64::from(visit.priority.get().unsigned_abs());
        let kind = (visit.grid, visit.not_before, &visit.skills, visit.forbidden.as_slice());
        let is_possible = visit.pinned.is_some()
            || *known.entry(kind).or_insert_with(|| may_be_made(part, visit));
        if is_possible {
            possible.push((priority, visit.service.0.into()));
        } else {
            lost += priority;
        }
    }
    // Those with the most points for a minute first.
    possible.sort_unstable_by(|(points, long), (others, longer)| {
        (others * long).cmp(&(points * longer))
    });
    for (points, long) in possible {
        let fits = long.min(minutes);
        minutes -= fits;
        if fits < long {
            lost += (points * (long - fits)).div_ceil(long);
        }
    }
    u32::try_from(lost).unwrap_or(u32::MAX)
}

/// Whether a volunteer of the part may make the visit on a day.
fn may_be_made(part: &Part<'_>, visit: &Visit) -> bool {
    let is_there = |who: &Volunteer| {
        let mut days = who.shifts.iter().map(|shift| shift.day);
        days.any(|day| day >= visit.not_before && who.serves_on(visit.grid, day))
    };
    part.volunteers.iter().any(|who| who.can(visit) && is_there(who))
}

/// The least level, of `low` and higher ones, up to which there is room for the work.
fn least_level(rooms: &[Room], work: f64, mut low: f64) -> f64 {
    let has_room = |level: f64| rooms.iter().map(|room| room.up_to(level)).sum::<f64>() >= work;
    let mut high = low.max(1.0);
    if has_room(low) || !has_room(f64::MAX) {
        return low;
    }
    while !has_room(high) {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if has_room(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}
