//! The steps of one day: illnesses are reported, visits are made, tasks arise and expire, and in the
//! evening the next days are planned.

use gridward_dispatch::solve::PlanError;
use gridward_domain::channel::Channel;
use gridward_domain::time::Minutes;

use crate::demand::{self, Day, Kind, Task, arising};
use crate::need;
use crate::policy::{Offer, Policy, Proposal};
use crate::route;
use crate::state::{Job, State, World};

/// The minutes at a door that stays closed; an unanswered call takes none.
const WAIT_AT_DOOR: u32 = 5;

/// Simulates the day `today` under a policy.
///
/// # Errors
/// As [`gridward_dispatch::solve::plan`].
pub fn step(world: &mut World<'_>, policy: Policy, today: Day) -> Result<(), PlanError> {
    until_evening(world, today);
    evening(world, policy)
}

/// The policy proposes visits, and people are asked for them.
///
/// # Errors
/// As [`step`].
pub fn evening(world: &mut World<'_>, policy: Policy) -> Result<(), PlanError> {
    let proposal = policy.propose(world)?;
    ask(world, policy, proposal);
    Ok(())
}

/// The day until the evening.
pub fn until_evening(world: &mut World<'_>, today: Day) {
    world.today = today;
    return_visits_of_the_ill(world);
    for (person, tasks) in world.diary.take(today) {
        make(world, person, &tasks);
    }
    arise(world);
    expire(world);
}

/// Returns the visits of people who are ill on the day.
fn return_visits_of_the_ill(world: &mut World<'_>) {
    for number in 0..world.jobs.len() {
        if let State::Accepted { person, day } = world.jobs[number].state
            && world.hours(person, day).is_none()
        {
            give_back(world, number, (person, day));
        }
    }
}

fn give_back(world: &mut World<'_>, number: usize, (person, day): (usize, Day)) {
    world.diary.remove(person, day, number);
    world.jobs[number].state = State::Open;
    world.jobs[number].lost = Some((person, day));
}

/// A person makes the visits of the day.
fn make(world: &mut World<'_>, person: usize, tasks: &[usize]) {
    let (district, today) = (world.scenario.district, world.today);
    let travel: Minutes = route::travel(world.person(person), &world.stops(tasks));
    let mut minutes = travel.0;
    for number in tasks {
        let beneficiary = world.jobs[*number].task.beneficiary;
        if world.behaviour.is_out(&district.beneficiaries[beneficiary], today) {
            let is_call = world.jobs[*number].task.kind.channel() == Channel::Call;
            minutes += if is_call { 0 } else { WAIT_AT_DOOR };
            try_later(&mut world.jobs[*number], today);
        } else {
            minutes += world.jobs[*number].task.kind.service().0;
            serve(world, person, *number);
        }
    }
    world.totals.travel += travel.0;
    *world.spent[person].entry(today).or_default() += minutes;
}

fn try_later(job: &mut Job, today: Day) {
    job.attempts += 1;
    job.lost = None;
    let ended = job.attempts >= job.task.kind.attempts();
    job.state = if ended { State::Abandoned } else { State::Open };
    job.not_before = today + job.task.kind.retry_days();
}

/// A visit or a call is made: it helps with its need, and finds the others of the household.
fn serve(world: &mut World<'_>, person: usize, number: usize) {
    let today = world.today;
    let job = &mut world.jobs[number];
    job.state = State::Served { day: today };
    if let Some(need) = job.task.need {
        world.needs[need].helped = Some(today);
    }
    let beneficiary = job.task.beneficiary;
    if job.task.kind.channel() == Channel::Visit {
        let (visitors, last) = &mut world.visitors[beneficiary];
        world.totals.repeated += u32::from(!visitors.is_empty());
        world.totals.known += u32::from(visitors.contains(&person));
        visitors.insert(person);
        *last = Some(person);
    }
    for need in world.unknown.remove(&beneficiary).unwrap_or_default() {
        follow_up(world, need);
    }
}

/// A need is known from now on, and a task to help with it arises.
fn follow_up(world: &mut World<'_>, need: usize) {
    world.needs[need].known = true;
    let about = (world.scenario.district, world.behaviour.luck);
    let beneficiary = world.needs[need].beneficiary;
    let task = demand::task(about, beneficiary, Kind::FollowUp, (world.today, Some(need)));
    add(world, task);
}

fn add(world: &mut World<'_>, task: Task) {
    let not_before = task.arose;
    world.jobs.push(Job {
        task,
        state: State::Open,
        attempts: 0,
        not_before,
        declined: Vec::new(),
        lost: None,
    });
}

/// The visits and needs that arise today, and the needs that are reported.
fn arise(world: &mut World<'_>) {
    let (scenario, today, luck) = (world.scenario, world.today, world.behaviour.luck);
    for task in arising(scenario.district, luck, scenario.first, today) {
        add(world, task);
    }
    for (beneficiary, one) in scenario.district.beneficiaries.iter().enumerate() {
        if let Some(need) = need::arises(luck, beneficiary, one, today) {
            world.unknown.entry(beneficiary).or_default().push(world.needs.len());
            world.needs.push(need);
        }
    }
    let mut reported = Vec::new();
    for needs in world.unknown.values_mut() {
        let needs_of = &world.needs;
        reported.extend(needs.iter().copied().filter(|need| needs_of[*need].reported <= today));
        needs.retain(|need| needs_of[*need].reported > today);
    }
    world.unknown.retain(|_, needs| !needs.is_empty());
    for need in reported {
        follow_up(world, need);
    }
}

/// Ends the tasks whose last day is over.
fn expire(world: &mut World<'_>) {
    for number in 0..world.jobs.len() {
        let job = &world.jobs[number];
        let is_over = job.task.kind.last_day(job.task.arose).is_some_and(|day| day <= world.today);
        match job.state {
            State::Open if is_over => world.jobs[number].state = State::Expired,
            _ => {}
        }
    }
}

/// Asks people for the proposed visits, and keeps those that they accept.
fn ask(world: &mut World<'_>, policy: Policy, proposal: Proposal) {
    world.diary = proposal.diary;
    for Offer { task, person, day } in proposal.offers {
        let job = &mut world.jobs[task];
        let who = &world.scenario.district.people[person];
        if policy.asks() && world.behaviour.declines(who, &job.task, world.today) {
            job.declined.push(person);
            world.diary.remove(person, day, task);
            continue;
        }
        job.state = State::Accepted { person, day };
        if job.lost.take().is_some_and(|before| before != (person, day)) {
            world.totals.moved += 1;
        }
    }
    return_what_left_the_diary(world);
}

/// A visit that its person's day does not hold any more is open again.
fn return_what_left_the_diary(world: &mut World<'_>) {
    for number in 0..world.jobs.len() {
        if let State::Accepted { person, day } = world.jobs[number].state
            && !world.diary.on(person, day).contains(&number)
        {
            give_back(world, number, (person, day));
        }
    }
}
