//! Whose visits are on which day, in order.

use std::collections::BTreeMap;

use crate::demand::Day;

/// The accepted and proposed visits of all people, by person and day; tasks, people and days are
/// numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diary {
    days: BTreeMap<(usize, Day), Vec<usize>>,
}

impl Diary {
    /// The tasks of a person on a day, in order.
    pub fn on(&self, person: usize, day: Day) -> &[usize] {
        self.days.get(&(person, day)).map_or(&[], Vec::as_slice)
    }

    /// Replaces the tasks of a person on a day.
    pub fn set(&mut self, person: usize, day: Day, tasks: Vec<usize>) {
        if tasks.is_empty() {
            self.days.remove(&(person, day));
        } else {
            self.days.insert((person, day), tasks);
        }
    }

    /// Removes a task from a person's day.
    pub fn remove(&mut self, person: usize, day: Day, task: usize) {
        let left = self.on(person, day).iter().copied().filter(|other| *other != task).collect();
        self.set(person, day, left);
    }

    /// Removes and returns the visits of a day, by person.
    pub fn take(&mut self, day: Day) -> Vec<(usize, Vec<usize>)> {
        let people: Vec<usize> =
            self.days.keys().filter(|(_, on)| *on == day).map(|(person, _)| *person).collect();
        let taken = people.into_iter();
        taken.filter_map(|person| Some((person, self.days.remove(&(person, day))?))).collect()
    }

    /// All person-days with visits, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Day, &[usize])> {
        self.days.iter().map(|((person, day), tasks)| (*person, *day, tasks.as_slice()))
    }
}
