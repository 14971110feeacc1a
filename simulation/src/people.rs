//! What people do, each with a stated probability.

use crate::demand::{Day, Task};
use crate::district::{Beneficiary, Person};
use crate::luck::{Decision, Luck, subject};

/// The probabilities: assumptions, which a district replaces by its own counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habits {
    /// That a person declines a visit when asked.
    pub declines: f64,
    /// That a healthy person falls ill on a day.
    pub falls_ill: f64,
    /// The longest illness in days; the shortest is one.
    pub longest_illness: u16,
    /// That the household is out when a visitor comes.
    pub household_out: f64,
    /// The same where the beneficiary cannot leave the home.
    pub household_out_if_homebound: f64,
    /// That a person who is left to claim tasks looks for some on a day.
    pub looks: f64,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            declines: 0.15,
            falls_ill: 0.004,
            longest_illness: 9,
            household_out: 0.12,
            household_out_if_homebound: 0.02,
            looks: 0.3,
        }
    }
}

/// The decisions of people and beneficiaries in one simulation.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// The probabilities.
    pub habits: Habits,
    /// The decisions.
    pub luck: Luck,
}

impl Behaviour {
    /// Whether the person, when asked on `day`, declines the visit.
    pub fn declines(&self, who: &Person, task: &Task, day: Day) -> bool {
        let about = [subject(who.id.0), subject(task.id.0), number(day)];
        self.luck.happens(Decision::Decline, &about, self.habits.declines)
    }

    /// Whether the person is ill on `day`, as known on the day `known`: an illness is reported on
    /// its first day, with its end.
    pub fn is_ill(&self, who: &Person, day: Day, known: Day) -> bool {
        let person = subject(who.id.0);
        let first = day - Day::from(self.habits.longest_illness) + 1;
        (first..=day.min(known)).any(|start| {
            let about = [person, number(start)];
            let longest = u64::from(self.habits.longest_illness);
            self.luck.happens(Decision::Illness, &about, self.habits.falls_ill)
                && i64::from(day - start).cast_unsigned()
                    <= self.luck.below(Decision::Recovery, &about, longest)
        })
    }

    /// Whether the household is out on `day`.
    pub fn is_out(&self, one: &Beneficiary, day: Day) -> bool {
        let probability = if one.homebound {
            self.habits.household_out_if_homebound
        } else {
            self.habits.household_out
        };
        self.luck.happens(Decision::Out, &[subject(one.id.0), number(day)], probability)
    }

    /// Whether the person looks for open tasks on `day`.
    pub fn looks(&self, who: &Person, day: Day) -> bool {
        let about = [subject(who.id.0), number(day)];
        self.luck.happens(Decision::Look, &about, self.habits.looks)
    }
}

/// A day as a subject of a decision.
pub fn number(day: Day) -> u64 {
    i64::from(day).cast_unsigned()
}
