//! The ties between the visits of a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gridward_dispatch::solve::{Pair, Tie, Visit};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::Minutes;

use crate::task::assignment::task_tie::TieType;
use crate::task::row::TaskRow;

/// The ties among `visits`, which `people` may make. A visit whose tied task has an assignee outside
/// the plan is for this person only, or for others only, instead. Assignments that already break a
/// tie are not tied.
pub(in crate::plan) fn among<'r>(
    tasks: impl Iterator<Item = &'r TaskRow>,
    visits: &mut [Visit],
    people: &[PersonId],
) -> Vec<Tie> {
    let mut groups: BTreeMap<TaskId, (TieType, Vec<&TaskRow>)> = BTreeMap::new();
    for task in tasks {
        if let Some(tie) = task.tie() {
            groups.entry(tie.id).or_insert((tie.r#type, Vec::new())).1.push(task);
        }
    }
    if groups.is_empty() {
        return Vec::new();
    }
    let position: HashMap<TaskId, usize> =
        visits.iter().enumerate().map(|(position, visit)| (visit.id, position)).collect();
    groups
        .into_values()
        .filter_map(|(kind, tasks)| {
            let planned = tasks.iter().filter_map(|task| position.get(&task.id).copied()).collect();
            let elsewhere = tasks.iter().filter(|task| !position.contains_key(&task.id));
            let holders = elsewhere.filter_map(|task| task.maker()).collect();
            match kind {
                TieType::SamePerson => same_person(visits, planned, &holders, people),
                TieType::TwoPeople => two_people(visits, &planned, &holders),
            }
        })
        .collect()
}

fn same_person(
    visits: &mut [Visit],
    planned: Vec<usize>,
    elsewhere: &BTreeSet<PersonId>,
    people: &[PersonId],
) -> Option<Tie> {
    let pins = planned.iter().filter_map(|at| visits[*at].pinned);
    let mut holders = elsewhere.clone();
    holders.extend(pins.map(|pin| pin.volunteer));
    if holders.len() > 1 {
        return None;
    }
    if let Some(holder) = elsewhere.first() {
        // A pinned visit has the same holder, whom this does not exclude.
        for at in &planned {
            visits[*at].forbidden.extend(people.iter().filter(|person| *person != holder));
        }
    }
    let tied: Vec<TaskId> = planned.into_iter().map(|at| visits[at].id).collect();
    (tied.len() > 1).then_some(Tie::SamePerson(tied))
}

fn two_people(
    visits: &mut [Visit],
    planned: &[usize],
    holders: &BTreeSet<PersonId>,
) -> Option<Tie> {
    if let [first, second] = *planned {
        let (a, b) = (visits[first].pinned, visits[second].pinned);
        let fits = a.zip(b).is_none_or(|(a, b)| a.volunteer != b.volunteer && a.day == b.day);
        let none = Minutes::default();
        let pair =
            Pair { first: visits[first].id, second: visits[second].id, after: none, by: none };
        return fits.then_some(Tie::TwoPeople(pair));
    }
    for at in planned {
        visits[*at].forbidden.extend(holders);
    }
    None
}
