//! People look for open tasks now and then and claim some at random.

use std::collections::BTreeSet;

use gridward_domain::area::Level;

use super::insert::{insert, may};
use super::{Offer, Proposal};
use crate::demand::Day;
use crate::luck::{Decision, subject};
use crate::people::number;
use crate::state::World;

/// The most tasks that a person claims on a day.
const CLAIMS: usize = 2;
/// The days that a task waits before the people of its village see it, and those of its town.
const WAITS: (Day, Day) = (3, 6);

/// The proposal: the claims of this evening.
pub fn propose(world: &World<'_>) -> Proposal {
    let mut proposal = Proposal { diary: world.diary.clone(), offers: Vec::new() };
    let mut open: BTreeSet<usize> = world.open().collect();
    for person in looking(world) {
        for task in seen(world, &open, person) {
            if let Some(day) = insert(world, &mut proposal.diary, person, task) {
                proposal.offers.push(Offer { task, person, day });
                open.remove(&task);
            }
        }
    }
    proposal
}

/// The people who look this evening, in a random order; the ill do not.
fn looking(world: &World<'_>) -> Vec<usize> {
    let (today, behaviour) = (world.today, world.behaviour);
    let people = &world.scenario.district.people;
    let looks = |person: &usize| {
        let who = &people[*person];
        behaviour.looks(who, today) && !behaviour.is_ill(who, today, today)
    };
    let mut looking: Vec<usize> = (0..people.len()).filter(looks).collect();
    let order = |person: &usize| {
        let about = [subject(people[*person].id.0), number(today)];
        behaviour.luck.bits(Decision::Choice, &about)
    };
    looking.sort_by_cached_key(|person| (order(person), *person));
    looking
}

/// The tasks that the person tries to claim: at random among those that they see and may make.
fn seen(world: &World<'_>, open: &BTreeSet<usize>, person: usize) -> Vec<usize> {
    let who = world.person(person);
    let shown = |task: &&usize| {
        let task = &world.jobs[**task].task;
        let grid = world.scenario.district.beneficiaries[task.beneficiary].grid;
        let waited = world.today - task.arose;
        let level = match waited {
            _ if waited < WAITS.0 => Level::Grid,
            _ if waited < WAITS.1 => Level::Village,
            _ => Level::Town,
        };
        let level = level.max(world.scenario.reach);
        who.grid == grid || who.grid.ancestor(level) == grid.ancestor(level)
    };
    let mut tasks: Vec<usize> =
        open.iter().filter(shown).copied().filter(|task| may(world, person, *task)).collect();
    let order = |task: &usize| {
        let about = [subject(who.id.0), subject(world.jobs[*task].task.id.0), number(world.today)];
        world.behaviour.luck.bits(Decision::Choice, &about)
    };
    tasks.sort_by_cached_key(|task| (order(task), *task));
    tasks.truncate(CLAIMS);
    tasks
}
