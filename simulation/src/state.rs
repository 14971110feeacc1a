//! The district in the course of a simulation.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use gridward_domain::time::{Minutes, Window};

use crate::demand::{Day, Task};
use crate::diary::Diary;
use crate::district::Person;
use crate::luck::Luck;
use crate::need::Need;
use crate::people::Behaviour;
use crate::route::{self, Stop};
use crate::run::Scenario;

/// Visits are planned from the next day for this many days.
pub const HORIZON: Day = 7;

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for a visitor.
    Open,
    /// A person has accepted it for a day.
    Accepted {
        /// The number of the person.
        person: usize,
        /// The day.
        day: Day,
    },
    /// The visit was made.
    Served {
        /// The day.
        day: Day,
    },
    /// Its last day has passed.
    Expired,
    /// The household was out at every attempt.
    Abandoned,
}

/// A task and its life.
#[derive(Clone, Debug)]
pub struct Job {
    /// The task.
    pub task: Task,
    /// Where it is in its life.
    pub state: State,
    /// The number of visits at which the household was out.
    pub attempts: u8,
    /// The first day on which it may be made.
    pub not_before: Day,
    /// The people who declined it.
    pub declined: Vec<usize>,
    /// The person and day that had accepted it when the person fell ill.
    pub lost: Option<(usize, Day)>,
}

/// The sums of the visits so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Travel minutes, also of visits at which the household was out.
    pub travel: u32,
    /// Visits to a household that had been visited before.
    pub repeated: u32,
    /// Those of them by a person who had visited it before.
    pub known: u32,
    /// Visits that had been accepted and then went to another person or day.
    pub moved: u32,
}

/// The district on a day.
#[derive(Debug)]
pub struct World<'s> {
    /// What is simulated.
    pub scenario: &'s Scenario<'s>,
    /// The decisions of people.
    pub behaviour: Behaviour,
    /// The day.
    pub today: Day,
    /// All tasks that have arisen.
    pub jobs: Vec<Job>,
    /// The accepted visits.
    pub diary: Diary,
    /// All needs that have arisen.
    pub needs: Vec<Need>,
    /// The needs that are not known yet, by beneficiary.
    pub unknown: BTreeMap<usize, Vec<usize>>,
    /// The minutes that each person has spent on each day.
    pub spent: Vec<BTreeMap<Day, u32>>,
    /// The people who have visited each beneficiary, and the last of them.
    pub visitors: Vec<(BTreeSet<usize>, Option<usize>)>,
    /// The sums so far.
    pub totals: Totals,
}

impl<'s> World<'s> {
    /// The district before the first day.
    pub fn new(scenario: &'s Scenario<'s>) -> Self {
        let behaviour = Behaviour { habits: scenario.habits, luck: Luck::new(scenario.seed) };
        Self {
            scenario,
            behaviour,
            today: 0,
            jobs: Vec::new(),
            diary: Diary::default(),
            needs: Vec::new(),
            unknown: BTreeMap::new(),
            spent: vec![BTreeMap::new(); scenario.district.people.len()],
            visitors: vec![Default::default(); scenario.district.beneficiaries.len()],
            totals: Totals::default(),
        }
    }

    /// The person with this number.
    pub fn person(&self, person: usize) -> &'s Person {
        &self.scenario.district.people[person]
    }

    /// The days that are planned in the evening of today.
    pub fn horizon(&self) -> std::ops::RangeInclusive<Day> {
        self.today + 1..=self.today + HORIZON
    }

    /// The hours of a person on a day, as known today.
    pub fn hours(&self, person: usize, day: Day) -> Option<Window> {
        let who = self.person(person);
        let weekday = self.scenario.date(day).weekday().num_days_from_monday() as usize;
        let hours = who.hours[weekday]?;
        (!self.behaviour.is_ill(who, day, self.today)).then_some(hours)
    }

    /// The tasks as stops of a route.
    pub fn stops(&self, tasks: &[usize]) -> Vec<Stop> {
        let stop = |task: &usize| {
            let task = &self.jobs[*task].task;
            let place = self.scenario.district.beneficiaries[task.beneficiary].place;
            Stop { place, service: task.kind.service(), window: task.window }
        };
        tasks.iter().map(stop).collect()
    }

    /// The minutes of travel and service of a person's route.
    pub fn minutes(&self, person: usize, tasks: &[usize]) -> Minutes {
        let stops = self.stops(tasks);
        let service: Minutes = stops.iter().map(|stop| stop.service).sum();
        service + route::travel(self.person(person), &stops)
    }

    /// The minutes that a person may still be given in the days that are planned: in any seven
    /// days in a row, the person spends no more than a week's minutes.
    pub fn free(&self, diary: &Diary, person: usize) -> Minutes {
        let spent = self.spent_in(person, HORIZON - 1);
        self.person(person).offered - spent - self.planned(diary, person)
    }

    /// The minutes that a person has spent in the last `days` days.
    pub fn spent_in(&self, person: usize, days: Day) -> Minutes {
        let days = self.today - days + 1..=self.today;
        Minutes(self.spent[person].range(days).map(|(_, minutes)| minutes).sum())
    }

    /// The minutes of a person's visits in the days that are planned.
    pub fn planned(&self, diary: &Diary, person: usize) -> Minutes {
        self.horizon().map(|day| self.minutes(person, diary.on(person, day))).sum()
    }

    /// The open tasks that may be made in the days that are planned, in the order in which they
    /// arose.
    pub fn open(&self) -> impl Iterator<Item = usize> + '_ {
        let last = *self.horizon().end();
        let open =
            move |(_, job): &(usize, &Job)| job.state == State::Open && job.not_before <= last;
        self.jobs.iter().enumerate().filter(open).map(|(number, _)| number)
    }
}
