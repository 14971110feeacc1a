//! The district in the course of a simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::Datelike as _;
use gridward_domain::channel::Channel;
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
/// A volunteer without a visit for this long is offered one, as by default in the server.
const IDLE_DAYS: Day = 28;

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
    pub fn horizon(&self) -> RangeInclusive<Day> {
        self.today + 1..=self.today + HORIZON
    }

    /// The hours of a person on a day, as known today.
    pub fn hours(&self, person: usize, day: Day) -> Option<Window> {
        let is_ill = || self.behaviour.is_ill(self.person(person), day, self.today);
        self.usual_hours(person, day).filter(|_| !is_ill())
    }

    /// The hours of a person on a day without an illness.
    pub fn usual_hours(&self, person: usize, day: Day) -> Option<Window> {
        self.person(person).hours[usize::from(self.weekday(day))]
    }

    /// The tasks as stops of a route.
    pub fn stops(&self, tasks: &[usize]) -> Vec<Stop> {
        let stop = |task: &usize| {
            let task = &self.jobs[*task].task;
            let place = self.scenario.district.beneficiaries[task.beneficiary].place;
            let place = (task.kind.channel() == Channel::Visit).then_some(place);
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

    /// The minutes that a person may still be given in the calendar week of a day that is planned.
    pub fn free(&self, diary: &Diary, person: usize, day: Day) -> Minutes {
        let week = self.week_of(day);
        let planned = self.horizon().filter(|day| week.contains(day));
        let planned: Minutes = planned.map(|day| self.minutes(person, diary.on(person, day))).sum();
        self.person(person).offered - self.spent_on(person, week) - planned
    }

    /// The days of the calendar week of a day, Monday to Sunday.
    pub fn week_of(&self, day: Day) -> RangeInclusive<Day> {
        let monday = day - Day::from(self.weekday(day));
        monday..=monday + 6
    }

    /// The days from Monday to a day.
    fn weekday(&self, day: Day) -> u8 {
        self.scenario.date(day).weekday() as u8
    }

    /// The minutes that a person has spent on these days.
    pub fn spent_on(&self, person: usize, days: RangeInclusive<Day>) -> Minutes {
        Minutes(self.spent[person].range(days).map(|(_, minutes)| minutes).sum())
    }

    /// Whether the person is a volunteer who has had no visit for four weeks and has none to make.
    pub fn is_idle(&self, person: usize) -> bool {
        let first = self.today - IDLE_DAYS + 1;
        let had_one = self.spent[person].range(first..).next().is_some();
        let is_planned = self.horizon().any(|day| !self.diary.on(person, day).is_empty());
        self.person(person).is_volunteer && first >= 0 && !had_one && !is_planned
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
