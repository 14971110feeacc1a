//! Adds one visit to a diary without changing the others.

use gridward_domain::time::Minutes;

use crate::demand::Day;
use crate::diary::Diary;
use crate::route;
use crate::state::World;

/// Whether the person has the skills for a task and has not declined it.
pub fn may(world: &World<'_>, person: usize, task: usize) -> bool {
    let job = &world.jobs[task];
    job.task.skills.is_subset(&world.person(person).skills) && !job.declined.contains(&person)
}

/// Adds the task to the person's first day of the horizon on which it fits, where it adds the least
/// travel; returns the day.
pub fn insert(world: &World<'_>, diary: &mut Diary, person: usize, task: usize) -> Option<Day> {
    let job = &world.jobs[task];
    let last = job.task.kind.last_day(job.task.arose).unwrap_or(Day::MAX);
    let days = world.horizon().filter(|day| *day >= job.not_before && *day <= last);
    for day in days {
        let free = world.free(diary, person, day);
        if free < job.task.kind.service() {
            continue;
        }
        if let Some(tasks) = with(world, diary, (person, day, free), task) {
            diary.set(person, day, tasks);
            return Some(day);
        }
    }
    None
}

/// The tasks of the person's day with the additional one, if they fit into the hours and the free
/// minutes.
fn with(
    world: &World<'_>,
    diary: &Diary,
    (person, day, free): (usize, Day, Minutes),
    task: usize,
) -> Option<Vec<usize>> {
    let hours = world.hours(person, day)?;
    let who = world.person(person);
    let before = diary.on(person, day);
    let limit = world.minutes(person, before) + free;
    let routes = (0..=before.len()).map(|at| {
        let mut tasks = before.to_vec();
        tasks.insert(at, task);
        tasks
    });
    let feasible = routes.filter_map(|tasks| {
        let minutes = world.minutes(person, &tasks);
        let fits = minutes <= limit && route::fits(who, hours, &world.stops(&tasks));
        fits.then_some((minutes, tasks))
    });
    feasible.min_by_key(|(minutes, _)| *minutes).map(|(_, tasks)| tasks)
}
