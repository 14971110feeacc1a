//! One simulation: a district, a span of days and a seed.

use chrono::{Days, NaiveDate};
use gridward_dispatch::solve::PlanError;
use gridward_domain::area::Level;

use crate::day;
use crate::demand::Day;
use crate::district::District;
use crate::measures::{self, Outcome};
use crate::people::Habits;
use crate::policy::Policy;
use crate::state::World;

/// What is simulated, whatever the policy.
#[derive(Clone, Copy, Debug)]
pub struct Scenario<'d> {
    /// The district.
    pub district: &'d District,
    /// The first day.
    pub first: NaiveDate,
    /// The number of days.
    pub days: u16,
    /// The seed of demand and luck; the same seed gives the same simulation.
    pub seed: u64,
    /// What people do.
    pub habits: Habits,
    /// The level up to which people help where those of a grid cannot make all visits.
    pub reach: Level,
    /// Search steps of the solver for each visit of a plan.
    pub iterations: u64,
}

impl<'d> Scenario<'d> {
    /// Search steps by default: a daily plan changes little, so a fourth of those of the server
    /// suffices.
    pub const ITERATIONS: u64 = 50;

    /// A scenario with the default habits, reach and search.
    pub fn new(district: &'d District, first: NaiveDate, days: u16, seed: u64) -> Self {
        Self {
            district,
            first,
            days,
            seed,
            habits: Habits::default(),
            reach: Level::Town,
            iterations: Self::ITERATIONS,
        }
    }

    /// The date of a day.
    pub fn date(&self, day: Day) -> NaiveDate {
        let days = Days::new(u64::from(day.unsigned_abs()));
        let date = if day < 0 {
            self.first.checked_sub_days(days)
        } else {
            self.first.checked_add_days(days)
        };
        date.unwrap_or(self.first)
    }
}

/// Simulates the scenario under a policy.
///
/// # Errors
/// The solver rejects a plan, which it does not for a district whose ids are unique.
pub fn simulate(scenario: &Scenario<'_>, policy: Policy) -> Result<Outcome, PlanError> {
    let mut world = World::new(scenario);
    for today in 0..Day::from(scenario.days) {
        day::step(&mut world, policy, today)?;
    }
    Ok(measures::measure(&world, policy))
}
