//! Ranks the volunteers who could make one visit, the rest of their days unchanged.
//!
//! Every other visit is pinned. The cost of a candidate is the part of [`Weights`] that differs
//! between them, in seconds of travel: the added journeys, the days of waiting, the fairness of the
//! loads, and a stranger where the beneficiary knows another.

use std::cmp::Reverse;

use super::answer::Cost;
use super::construct::pinned_slot;
use super::member::InsertionSlot;
use super::problem::{DispatchProblem, DispatchProblemError, Visit, Volunteer};
use super::reason::{best_slot, cost_of, missing};
use super::split::Part;
use super::team::Team;
use super::ties::Ties;
use super::units::{minutes, seconds};
use crate::routing::Weights;
use crate::routing::explain::Feasibility;
use gridward_domain::area::Level;
use gridward_domain::id::PersonId;
use gridward_domain::skill::Skills;
use gridward_domain::time::Minutes;

/// A volunteer who serves the grid of a visit, and the effect of giving them the visit.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The volunteer.
    pub volunteer: PersonId,
    /// The smallest level of which one area contains the volunteer's home grid and the visit.
    pub reach: Level,
    /// What it costs, or what hinders it.
    pub verdict: Result<Cost, Hindrance>,
}

/// Why a volunteer cannot make a visit: the first of these that applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The volunteer must not make the visit.
    Forbidden,
    /// The volunteer lacks these skills.
    Skill {
        /// The missing skills.
        missing: Skills,
    },
    /// The volunteer has no shift on or after the first day.
    Shift,
    /// Even an empty shift does not overlap the windows for long enough.
    Hours,
    /// An empty shift would hold the visit, but not the journeys to it and back.
    TooFar,
    /// The offered minutes do not suffice.
    Offer {
        /// The missing minutes.
        short: Minutes,
    },
    /// The other visits leave no gap.
    Room {
        /// The missing minutes.
        short: Minutes,
    },
    /// The visit is tied to another that excludes the volunteer.
    Tied,
}

/// Ranks the volunteers of `problem` who serve the grid of `visit`, which is not among the visits
/// of the problem: first those who can make it, the nearest areas first, then the less late, then
/// the cheaper; then the hindered, those nearest to feasible first.
///
/// # Errors
/// The problem contradicts itself.
pub fn candidates(
    problem: &DispatchProblem,
    visit: &Visit,
    weights: Weights,
) -> Result<Vec<Candidate>, DispatchProblemError> {
    problem.validate()?;
    let ties = Ties::of(&problem.ties);
    let serving = |who: &&Volunteer| who.serves(visit.grid);
    let volunteers: Vec<&Volunteer> = problem.volunteers.iter().filter(serving).collect();
    let part = Part { volunteers, ..Part::default() };
    let mut team = Team::new(&ties, &part, weights);
    place_pinned(&mut team, problem);
    let knows = |member: &usize| {
        let who = team.members[*member].volunteer;
        visit.knows(who.id) && who.can(visit)
    };
    let someone_known = (0..team.members.len()).any(|member| knows(&member));
    let mut all: Vec<_> = (0..team.members.len())
        .map(|member| {
            let found = slot_or_hindrance(&team, visit, member);
            let reach = reach(team.members[member].volunteer, visit);
            let rank = rank(&team, visit, &found, weights, (reach, someone_known));
            let volunteer = team.members[member].volunteer.id;
            let verdict = found.map(|slot| cost_of(&team, visit, slot)).map_err(|one| one.1);
            (rank, Candidate { volunteer, reach, verdict })
        })
        .collect();
    all.sort_by(|(one, a), (other, b)| one.cmp(other).then(a.volunteer.cmp(&b.volunteer)));
    Ok(all.into_iter().map(|(_, candidate)| candidate).collect())
}

/// Puts the pinned visits into the timelines: those with a time in order, then the others where they
/// add the least travel.
fn place_pinned<'p>(team: &mut Team<'p>, problem: &'p DispatchProblem) {
    let pinned = problem.visits.iter().filter_map(|visit| Some((visit.pinned?, visit)));
    let (mut timed, mut free): (Vec<_>, Vec<_>) = pinned.partition(|(pin, _)| pin.start.is_some());
    timed.sort_by_key(|(pin, visit)| (pin.volunteer, pin.day, pin.start, visit.id));
    for (_, visit) in timed {
        team.append_pinned(visit);
    }
    team.recompute_loads();
    free.sort_by_key(|(_, visit)| visit.id);
    for (pin, visit) in free {
        match pinned_slot(team, visit, pin) {
            Some(slot) => team.place(visit, slot),
            None => team.append_pinned(visit),
        }
    }
    team.recompute_loads();
}

/// A hindrance, after how much is missing: smaller is nearer to feasible.
type Hindered = ((u8, i64), Hindrance);

/// The best slot of a member, or what hinders it.
fn slot_or_hindrance(
    team: &Team<'_>,
    visit: &Visit,
    member: usize,
) -> Result<InsertionSlot, Hindered> {
    let who = team.members[member].volunteer;
    if visit.forbidden.contains(&who.id) {
        return Err(((u8::MAX, 0), Hindrance::Forbidden));
    }
    best_slot(team, visit, member).map_err(|hindrance| {
        let rank = hindrance.rank();
        let named = match hindrance {
            Feasibility::Skill => Hindrance::Skill { missing: missing(team, visit, member) },
            Feasibility::Shift => Hindrance::Shift,
            Feasibility::Hours if fits_at_home(team, visit, member) => Hindrance::TooFar,
            Feasibility::Hours => Hindrance::Hours,
            Feasibility::Offered { short } => {
                Hindrance::Offer { short: minutes(i32::try_from(short).unwrap_or(i32::MAX)) }
            }
            Feasibility::Room { short } => Hindrance::Room { short: minutes(short) },
            Feasibility::Area | Feasibility::Forbidden => Hindrance::Forbidden,
            Feasibility::Partner | Feasibility::Capacity { .. } | Feasibility::Possible { .. } => {
                Hindrance::Tied
            }
        };
        (rank, named)
    })
}

/// Whether the visit would fit into an empty shift if it were at the volunteer's home.
fn fits_at_home(team: &Team<'_>, visit: &Visit, member: usize) -> bool {
    let mut days = team.days_for(member, visit);
    days.any(|(member, day)| team.members[member].days[day].misses_alone(visit, 0, 0).most() == 0)
}

/// The smallest level of which one area contains both grids.
fn reach(who: &Volunteer, visit: &Visit) -> Level {
    let levels = [Level::Grid, Level::Village, Level::Town];
    let shared = |level: &Level| who.grid.ancestor(*level) == visit.grid.ancestor(*level);
    levels.into_iter().find(shared).unwrap_or(Level::District)
}

/// The place in the order; see [`candidates`].
fn rank(
    team: &Team<'_>,
    visit: &Visit,
    found: &Result<InsertionSlot, Hindered>,
    weights: Weights,
    (reach, someone_known): (Level, bool),
) -> (u8, Reverse<Level>, i64, i64) {
    let slot = match found {
        Ok(slot) => *slot,
        Err(((rank, short), _)) => {
            return (rank.saturating_add(1), Reverse(reach), *short, 0);
        }
    };
    let who = &team.members[slot.member];
    let day = who.days[slot.day].shift.day;
    let late = visit.days_late(day);
    let in_seconds = |load: u32| i64::from(seconds(Minutes(load)));
    let (before, after) = (in_seconds(who.load), in_seconds(team.load_with(visit, slot)));
    let share_of = in_seconds(who.volunteer.share_of().0).max(1);
    let fairness = weights.fairness * (after * after - before * before) / (100 * share_of);
    let stranger = someone_known && !visit.knows(who.volunteer.id);
    let cost = i64::from(slot.position.extra)
        + team.waiting(visit, day)
        + fairness
        + if stranger { weights.stranger } else { 0 };
    (0, Reverse(reach), late.into(), cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::{Pin, Shift};
    use gridward_domain::channel::Channel;
    use gridward_domain::id::TaskId;
    use gridward_domain::place::Place;
    use gridward_domain::range::Priority;
    use gridward_domain::time::{TimeOfDay, Window};
    use uuid::Uuid;

    const DAY: &str = "2026-08-03";

    fn window(from: u16, to: u16) -> Window {
        let at = |hour: u16| TimeOfDay::new(hour * 60).expect("a time");
        Window::new(at(from), at(to)).expect("a window")
    }

    fn place(lon: f64) -> Place {
        Place::new(29.285, lon).expect("a place")
    }

    fn volunteer(n: u128, grid: &str, lon: f64) -> Volunteer {
        let shift =
            Shift { day: DAY.parse().expect("a day"), window: window(9, 12), breaks: Vec::new() };
        Volunteer {
            id: PersonId(Uuid::from_u128(n)),
            home: place(lon),
            grid: grid.parse().expect("a code"),
            also_serves: vec!["500116001".parse().expect("a code")],
            lent: Vec::new(),
            skills: Skills::default(),
            shifts: vec![shift],
            offered: Minutes(600),
            weeks: Vec::new(),
            carried: Minutes(0),
            share_of: None,
            is_idle: false,
            mode: crate::solve::Mode::Bicycle,
        }
    }

    fn visit(n: u128, lon: f64) -> Visit {
        Visit {
            id: TaskId(Uuid::from_u128(n)),
            grid: HERE.parse().expect("a code"),
            place: place(lon),
            channel: Channel::Visit,
            service: Minutes(30),
            windows: Vec::new(),
            not_before: DAY.parse().expect("a day"),
            due: DAY.parse().expect("a day"),
            priority: Priority::of::<5>(),
            skills: Skills::default(),
            last: None,
            preferred: None,
            forbidden: Vec::new(),
            pinned: None,
        }
    }

    const HERE: &str = "500116001002001";
    const NEXT: &str = "500116001002002";
    const FAR: &str = "500116001003001";

    fn ranked(
        people: Vec<Volunteer>,
        held: Vec<Visit>,
        of: &Visit,
    ) -> Vec<(u128, Option<Hindrance>)> {
        let problem =
            DispatchProblem { volunteers: people, visits: held, ..DispatchProblem::default() };
        let all = candidates(&problem, of, Weights::default()).expect("a problem");
        all.into_iter().map(|one| (one.volunteer.0.as_u128(), one.verdict.err())).collect()
    }

    #[test]
    fn the_own_grid_comes_first_then_the_shorter_way() {
        let people = vec![
            volunteer(1, FAR, 106.2501),
            volunteer(2, HERE, 106.29),
            volunteer(3, HERE, 106.26),
            volunteer(4, NEXT, 106.2501),
        ];
        let order = ranked(people, Vec::new(), &visit(9, 106.25));
        assert_eq!(order, [(3, None), (2, None), (4, None), (1, None)]);
    }

    #[test]
    fn a_lighter_load_and_a_known_face_count() {
        let busy = Volunteer { carried: Minutes(500), ..volunteer(1, HERE, 106.25) };
        let people = vec![busy, volunteer(2, HERE, 106.25)];
        assert_eq!(ranked(people, Vec::new(), &visit(9, 106.25))[0].0, 2);
        let known = Visit { last: Some(PersonId(Uuid::from_u128(2))), ..visit(9, 106.25) };
        let people = vec![volunteer(1, HERE, 106.25), volunteer(2, HERE, 106.25)];
        assert_eq!(ranked(people, Vec::new(), &known)[0].0, 2);
    }

    #[test]
    fn the_hindered_come_last_with_the_reason() {
        let who = |n| volunteer(n, HERE, 106.25);
        let absent = Volunteer { shifts: Vec::new(), ..who(2) };
        let spent = Volunteer { carried: Minutes(590), ..who(3) };
        let away = volunteer(4, FAR, 108.0);
        let visit = Visit { forbidden: vec![PersonId(Uuid::from_u128(5))], ..visit(9, 106.25) };
        let order = ranked(vec![who(5), away, spent, absent, who(1)], Vec::new(), &visit);
        let of = |n: u128| order.iter().find(|(one, _)| *one == n).and_then(|one| one.1.clone());
        assert_eq!(order[0], (1, None));
        assert_eq!(of(2), Some(Hindrance::Shift));
        assert_eq!(of(3), Some(Hindrance::Offer { short: Minutes(20) }));
        assert_eq!(of(4), Some(Hindrance::TooFar));
        assert_eq!(of(5), Some(Hindrance::Forbidden));
        assert_eq!(order.last().map(|one| one.0), Some(5));
    }

    #[test]
    fn the_visits_of_the_day_leave_no_gap() {
        let pin = |n: u128, start: Option<u16>| {
            let start = start.map(|hour| TimeOfDay::new(hour * 60).expect("a time"));
            let who = PersonId(Uuid::from_u128(1));
            let pin = Pin { volunteer: who, day: DAY.parse().expect("a day"), start };
            Visit { pinned: Some(pin), service: Minutes(60), ..visit(n, 106.25) }
        };
        let people = || vec![volunteer(1, HERE, 106.25)];
        let held = vec![pin(11, Some(9)), pin(12, None)];
        assert_eq!(ranked(people(), held.clone(), &visit(9, 106.25)), [(1, None)]);
        let held = [held, vec![pin(13, Some(10))]].concat();
        let order = ranked(people(), held, &visit(9, 106.25));
        assert!(matches!(order[0].1, Some(Hindrance::Room { .. })), "{order:?}");
        let early = Visit { windows: vec![window(7, 9)], ..visit(9, 106.25) };
        assert_eq!(ranked(people(), Vec::new(), &early), [(1, Some(Hindrance::Hours))]);
    }
}
