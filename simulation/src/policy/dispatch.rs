//! The solver's plan of the next days, with the accepted visits pinned.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use gridward_dispatch::solve::{
    DispatchProblem, Options, Pin, Plan, PlanError, Shift, Visit, Volunteer, WeekOffer, plan,
};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::Minutes;

use super::{Offer, Proposal};
use crate::demand::Day;
use crate::diary::Diary;
use crate::state::{HORIZON, State, World};

/// Work is shared fairly over four weeks, as by default in the server: those of the plan and the
/// three before.
const DAYS_BEFORE: Day = 21;

/// The proposal: the plan of the horizon.
pub fn propose(world: &World<'_>) -> Result<Proposal, PlanError> {
    let problem = problem(world);
    let options = Options {
        seed: u64::from(world.today.unsigned_abs()),
        iterations: world.scenario.iterations,
        reach: world.scenario.reach,
        alternatives: false,
        ..Options::default()
    };
    Ok(proposal(world, &plan(&problem, &options)?))
}

/// The problem of this evening.
pub fn problem(world: &World<'_>) -> DispatchProblem {
    let people = 0..world.scenario.district.people.len();
    let accepted = |number: usize| match world.jobs[number].state {
        State::Accepted { person, day } => Some((number, Some((person, day)))),
        _ => None,
    };
    let open = world.open().map(|number| (number, None));
    let visits = open.chain((0..world.jobs.len()).filter_map(accepted));
    DispatchProblem {
        volunteers: people.map(|person| volunteer(world, person)).collect(),
        visits: visits.map(|(number, pin)| visit(world, number, pin)).collect(),
        ties: Vec::new(),
        ..DispatchProblem::default()
    }
}

fn volunteer(world: &World<'_>, person: usize) -> Volunteer {
    let who = world.person(person);
    let shift = |day: Day| {
        let window = world.hours(person, day)?;
        Some(Shift { day: world.scenario.date(day), window, breaks: Vec::new() })
    };
    let period = world.today + 1 - DAYS_BEFORE..=world.today + HORIZON;
    let carried = world.spent_on(person, period.clone());
    let weeks = weeks(world, person);
    let left: Minutes = weeks.iter().map(|week| week.offered - week.carried).sum();
    Volunteer {
        id: who.id,
        home: who.home,
        grid: who.grid,
        also_serves: Vec::new(),
        lent: Vec::new(),
        skills: who.skills.clone(),
        shifts: world.horizon().filter_map(shift).collect(),
        offered: carried + left,
        weeks,
        carried,
        share_of: Some(share_of(world, person, period)),
        is_idle: world.is_idle(person),
        mode: who.mode,
    }
}

/// The offer for each calendar week in which days are planned.
fn weeks(world: &World<'_>, person: usize) -> Vec<WeekOffer> {
    let [first, last] = [world.today + 1, world.today + HORIZON].map(|day| world.week_of(day));
    let mut weeks = vec![first, last];
    weeks.dedup();
    let offer = |week: RangeInclusive<Day>| WeekOffer {
        monday: world.scenario.date(*week.start()),
        offered: world.person(person).offered,
        carried: world.spent_on(person, week),
    };
    weeks.into_iter().map(offer).collect()
}

/// The offer for the days over which work is shared fairly, without those of an illness.
fn share_of(world: &World<'_>, person: usize, period: RangeInclusive<Day>) -> Minutes {
    let who = world.person(person);
    let weekly = who.offered.0;
    let (mut usual, mut present) = (0, 0);
    for day in period {
        usual += u32::from(world.usual_hours(person, day).is_some());
        present += u32::from(world.hours(person, day).is_some());
    }
    let offered = weekly.saturating_mul((DAYS_BEFORE + HORIZON).unsigned_abs()) / 7;
    let offered = u64::from(offered) * u64::from(present);
    let offered = offered.checked_div(usual.into()).unwrap_or_default();
    Minutes(u32::try_from(offered).unwrap_or(u32::MAX).max(weekly.min(1)))
}

fn visit(world: &World<'_>, number: usize, pin: Option<(usize, Day)>) -> Visit {
    let (scenario, job) = (world.scenario, &world.jobs[number]);
    let task = &job.task;
    let one = &scenario.district.beneficiaries[task.beneficiary];
    let id = |person: usize| world.person(person).id;
    let pinned = pin.map(|(person, day)| Pin {
        volunteer: id(person),
        day: scenario.date(day),
        start: None,
    });
    let first = job.not_before.max(world.today + 1);
    Visit {
        id: task.id,
        grid: one.grid,
        place: one.place,
        channel: task.kind.channel(),
        service: task.kind.service(),
        windows: task.window.into_iter().collect(),
        not_before: scenario.date(first),
        due: scenario.date(task.due),
        priority: task.kind.priority(),
        skills: task.skills.clone(),
        last: world.visitors[task.beneficiary].1.map(id),
        preferred: None,
        forbidden: job.declined.iter().map(|person| id(*person)).collect(),
        pinned,
    }
}

/// The routes of a plan as a diary, without the new visits that would be made when they have no
/// point any more.
fn proposal(world: &World<'_>, plan: &Plan) -> Proposal {
    let people: HashMap<PersonId, usize> = world
        .scenario
        .district
        .people
        .iter()
        .enumerate()
        .map(|(person, who)| (who.id, person))
        .collect();
    let tasks: HashMap<TaskId, usize> =
        world.jobs.iter().enumerate().map(|(number, job)| (job.task.id, number)).collect();
    let mut proposal = Proposal { diary: Diary::default(), offers: Vec::new() };
    for route in &plan.routes {
        let Some(&person) = people.get(&route.volunteer) else { continue };
        let from_first = (route.day - world.scenario.first).num_days();
        let Ok(day) = Day::try_from(from_first) else { continue };
        let mut order = Vec::with_capacity(route.stops.len());
        for task in route.stops.iter().filter_map(|stop| tasks.get(&stop.visit).copied()) {
            let job = &world.jobs[task];
            if job.state == State::Open {
                if job.task.kind.last_day(job.task.arose).is_some_and(|last| day > last) {
                    continue;
                }
                proposal.offers.push(Offer { task, person, day });
            }
            order.push(task);
        }
        proposal.diary.set(person, day, order);
    }
    proposal.offers.sort_unstable_by_key(|offer| offer.task);
    proposal
}
