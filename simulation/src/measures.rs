//! What a policy achieved. People are counted and their shares compared, never ranked.

use gridward_dispatch::solve;
use gridward_domain::channel::Channel;
use serde::Serialize;

use crate::demand::Day;
use crate::policy::Policy;
use crate::state::{Job, State, World};

/// Needs of the last days cannot have been helped with yet, and are not measured.
const NEEDS_UNTIL: Day = 28;

/// The result of a simulation under one policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The policy.
    pub policy: Policy,
    /// The measures of all days.
    pub measures: Measures,
    /// The measures week by week.
    pub weeks: Vec<Week>,
}

/// The measures of all days.
///
/// Every task that arose is served, waiting, expired or abandoned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Measures {
    /// Tasks that arose.
    pub arisen: usize,
    /// Visits and calls that were made.
    pub served: usize,
    /// Those of them that were calls.
    pub calls: usize,
    /// Tasks that are open or accepted at the end.
    pub waiting: usize,
    /// Those of them whose due day is over.
    pub overdue: usize,
    /// Tasks that had no point any more: after the holiday, or at the next monthly visit.
    pub expired: usize,
    /// Tasks that ended because the household was out at every attempt.
    pub abandoned: usize,
    /// Tasks whose due day is over.
    pub due: usize,
    /// Those of them that were served on the due day or before.
    pub in_time: usize,
    /// Needs that arose at least 28 days before the end.
    pub needs: usize,
    /// The median of the days from such a need to help; none if fewer than half were helped.
    pub days_to_help: Option<Day>,
    /// The ninth decile of these days; none if fewer than nine tenths were helped.
    pub days_to_help_p90: Option<Day>,
    /// The Gini coefficient of the shares, minutes spent of minutes offered: 0 if all are equal.
    pub gini: f64,
    /// The largest share; 1 is all that the person offered.
    pub largest_share: f64,
    /// Travel minutes for each visit that was made, with those at which the household was out.
    pub travel_a_visit: f64,
    /// Visits to households that had been visited before.
    pub repeated: u32,
    /// Those of them by a person who had visited the household before.
    pub known: u32,
    /// People who offered time.
    pub people: usize,
    /// Those of them who made no visit.
    pub idle: usize,
    /// Accepted visits that went to another person or day since the person fell ill.
    pub moved: u32,
}

/// The measures of a week.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Week {
    /// The number of the week, from 1.
    pub week: u16,
    /// Tasks whose due day is in the week.
    pub due: usize,
    /// Those of them that were served in time.
    pub in_time: usize,
    /// The Gini coefficient of the shares from the first day to the end of the week.
    pub gini: f64,
}

/// Measures the simulation, which is over.
pub fn measure(world: &World<'_>, policy: Policy) -> Outcome {
    let days = Day::from(world.scenario.days);
    let count = |is: fn(State) -> bool| world.jobs.iter().filter(|job| is(job.state)).count();
    let is_served = |job: &&Job| matches!(job.state, State::Served { .. });
    let served = || world.jobs.iter().filter(is_served);
    let calls = served().filter(|job| job.task.kind.channel() == Channel::Call).count();
    let visits = served().count() - calls;
    let (due, in_time) = punctuality(world, (0, days));
    let (shares, travel) = (shares(world, days), f64::from(world.totals.travel));
    let waits = |job: &&Job| matches!(job.state, State::Open | State::Accepted { .. });
    let waiting = || world.jobs.iter().filter(waits);
    let help = days_to_help(world, days - NEEDS_UNTIL);
    let measures = Measures {
        arisen: world.jobs.len(),
        served: visits + calls,
        calls,
        waiting: waiting().count(),
        overdue: waiting().filter(|job| job.task.due < days).count(),
        expired: count(|state| state == State::Expired),
        abandoned: count(|state| state == State::Abandoned),
        due,
        in_time,
        needs: help.len(),
        days_to_help: quantile(&help, 50),
        days_to_help_p90: quantile(&help, 90),
        gini: gini(&shares),
        largest_share: shares.iter().copied().fold(0.0, f64::max),
        travel_a_visit: if visits == 0 { 0.0 } else { travel / float(visits) },
        repeated: world.totals.repeated,
        known: world.totals.known,
        people: shares.len(),
        idle: shares.iter().filter(|share| **share <= 0.0).count(),
        moved: world.totals.moved,
    };
    let weeks = (0..world.scenario.days / 7).map(|week| weekly(world, week)).collect();
    Outcome { policy, measures, weeks }
}

fn weekly(world: &World<'_>, week: u16) -> Week {
    let first = Day::from(week) * 7;
    let (due, in_time) = punctuality(world, (first, first + 7));
    Week { week: week + 1, due, in_time, gini: gini(&shares(world, first + 7)) }
}

/// The tasks due from the first day, inclusive, to the last, exclusive, and those served in time.
fn punctuality(world: &World<'_>, (from, to): (Day, Day)) -> (usize, usize) {
    let due = || world.jobs.iter().filter(|job| (from..to).contains(&job.task.due));
    let in_time = due().filter(|job| match job.state {
        State::Served { day } => day <= job.task.due,
        _ => false,
    });
    (due().count(), in_time.count())
}

/// The share of each person who offers time: the minutes spent before the day `until` of those
/// offered.
fn shares(world: &World<'_>, until: Day) -> Vec<f64> {
    let people = world.scenario.district.people.iter().zip(&world.spent);
    let offering = people.filter(|(who, _)| who.offered.0 > 0);
    let share = offering.map(|(who, spent)| {
        let spent: u32 = spent.range(..until).map(|(_, minutes)| minutes).sum();
        f64::from(spent) / (f64::from(who.offered.0) * f64::from(until) / 7.0)
    });
    share.collect()
}

/// The days from each need that arose before `until` to help, in order; none comes last.
fn days_to_help(world: &World<'_>, until: Day) -> Vec<Option<Day>> {
    let early = world.needs.iter().filter(|need| need.arose < until);
    let mut days: Vec<Option<Day>> =
        early.map(|need| need.helped.map(|helped| helped - need.arose)).collect();
    days.sort_unstable_by_key(|days| days.unwrap_or(Day::MAX));
    days
}

/// The value that this percentage of the sorted values does not exceed.
fn quantile(sorted: &[Option<Day>], percent: usize) -> Option<Day> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied().flatten()
}

/// The Gini coefficient of the shares; 0 if no one carries anything.
fn gini(shares: &[f64]) -> f64 {
    solve::gini(shares.to_vec()).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "counts of tasks and people are small")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_have_gini_zero_and_one_of_many_nearly_one() {
        assert!(gini(&[0.3; 5]).abs() < 1e-12);
        assert!(gini(&[0.0, 0.0]).abs() < 1e-12);
        assert!((gini(&[0.0, 0.0, 0.0, 1.0]) - 0.75).abs() < 1e-12);
        // The mean of |0.1 - 0.3| over all four pairs is 0.1, of twice the mean 0.4.
        assert!((gini(&[0.3, 0.1]) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn a_need_without_help_is_longer_than_all_others() {
        let days = [Some(1), Some(2), Some(9), None];
        assert_eq!(quantile(&days, 50), Some(2));
        assert_eq!(quantile(&days, 75), Some(9));
        assert_eq!(quantile(&days, 90), None);
        assert_eq!(quantile(&[], 50), None);
    }
}
