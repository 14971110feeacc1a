//! Every task to the person who lives nearest and has time.

use gridward_domain::area::AreaCode;
use gridward_domain::time::Minutes;

use super::insert::{insert, may};
use super::{Offer, Proposal};
use crate::state::World;

/// The proposal: each open task goes to the first in the order of distance who has time, the tasks
/// in the order in which they arose.
pub fn propose(world: &World<'_>) -> Proposal {
    let mut proposal = Proposal { diary: world.diary.clone(), offers: Vec::new() };
    for task in world.open() {
        for person in by_distance(world, task) {
            if let Some(day) = insert(world, &mut proposal.diary, person, task) {
                proposal.offers.push(Offer { task, person, day });
                break;
            }
        }
    }
    proposal
}

/// The people within reach who may make the task, those who live nearest first.
fn by_distance(world: &World<'_>, task: usize) -> Vec<usize> {
    let district = world.scenario.district;
    let home = &district.beneficiaries[world.jobs[task].task.beneficiary];
    let area: AreaCode = home.grid.ancestor(world.scenario.reach).unwrap_or(home.grid);
    let away = |person: &usize| -> Minutes {
        let who = &district.people[*person];
        who.mode.minutes(who.home, home.place)
    };
    let mut people: Vec<usize> = (0..district.people.len())
        .filter(|person| area.contains(&district.people[*person].grid))
        .filter(|person| may(world, *person, task))
        .collect();
    people.sort_by_cached_key(|person| (away(person), *person));
    people
}
