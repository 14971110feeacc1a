//! The output of a search, and its value tier by tier.

use serde::Serialize;

use super::draft::Draft;
use super::instance::{Instance, Seconds};
use super::model::Model;
use super::timeline;
use super::weights::Weights;

/// A plan: every visit is in one route or unserved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Solution {
    /// One route for each shift, by volunteer and shift, including empty ones.
    pub routes: Vec<ShiftRoute>,
    /// The unserved visits, in order.
    pub unserved: Vec<usize>,
}

/// The route of one shift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShiftRoute {
    /// The volunteer.
    pub volunteer: usize,
    /// The index of the shift among the volunteer's shifts.
    pub shift: usize,
    /// The stops in order.
    pub stops: Vec<Stop>,
    /// Travel time home from the last stop.
    pub home: Seconds,
}

/// A stop of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The visit.
    pub visit: usize,
    /// Travel time to it.
    pub travel: Seconds,
    /// When the journey ends.
    pub arrive: Seconds,
    /// When the service begins.
    pub start: Seconds,
    /// When the service ends.
    pub leave: Seconds,
}

/// The value of a plan, in order of priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tiers {
    /// Number of unserved visits.
    pub unserved: u32,
    /// Priority points of the unserved visits.
    pub unserved_priority: i64,
    /// Sum of days late times priority points.
    pub lateness: i64,
    /// Sum of days from the first possible one to the visit times priority points.
    pub waiting: i64,
    /// The largest load as a share of the volunteer's capacity; 1 is all.
    pub largest_share: f64,
    /// The standard deviation of the shares.
    pub share_spread: f64,
    /// Total travel time in seconds.
    pub travel: i64,
    /// Number of visits by a volunteer whom the beneficiary does not know, although they know
    /// another.
    pub strangers: u32,
    /// Number of visits with another volunteer or day than in the previous plan, those now unserved
    /// included.
    pub moved: u32,
}

impl Solution {
    /// The plan that a draft represents.
    pub(super) fn of(model: &Model<'_>, draft: &Draft) -> Self {
        let mut routes = Vec::with_capacity(draft.tours.len());
        let mut shift = 0;
        for (at, tour) in draft.tours.iter().enumerate() {
            let on = &model.shifts[at];
            let again = at > 0 && model.shifts[at - 1].volunteer == on.volunteer;
            shift = if again { shift + 1 } else { 0 };
            let mut left = on.open;
            let stops = tour.stops[1..=tour.len()].iter().map(|stop| {
                let arrive = timeline::arrive(left, stop.leg, &on.breaks);
                left = stop.depart;
                let start = stop.depart - model.visits[stop.visit as usize].service;
                Stop { visit: stop.visit as usize, travel: stop.leg, arrive, start, leave: left }
            });
            let stops = stops.collect();
            let home = tour.stops[tour.len() + 1].leg;
            routes.push(ShiftRoute { volunteer: on.volunteer, shift, stops, home });
        }
        let mut unserved: Vec<usize> =
            draft.unassigned.iter().map(|visit| *visit as usize).collect();
        unserved.sort_unstable();
        Self { routes, unserved }
    }

    /// Each volunteer's load in seconds of service and travel, including the earlier load.
    pub fn loads(&self, instance: &Instance) -> Vec<i64> {
        let mut loads: Vec<i64> =
            instance.volunteers.iter().map(|volunteer| volunteer.carried.into()).collect();
        for route in &self.routes {
            let service = |stop: &Stop| i64::from(instance.visits[stop.visit].service);
            loads[route.volunteer] += route.travel() + route.stops.iter().map(service).sum::<i64>();
        }
        loads
    }

    /// The value of the plan, tier by tier.
    pub fn tiers(&self, instance: &Instance) -> Tiers {
        let mut tiers = Tiers::default();
        for &visit in &self.unserved {
            tiers.unserved += 1;
            tiers.unserved_priority += i64::from(instance.visits[visit].priority);
            tiers.moved += u32::from(instance.visits[visit].previous.is_some());
        }
        for route in &self.routes {
            let day = instance.volunteers[route.volunteer].shifts[route.shift].day;
            tiers.travel += route.travel();
            for stop in &route.stops {
                let visit = &instance.visits[stop.visit];
                tiers.lateness += visit.days_late(day) * i64::from(visit.priority);
                tiers.waiting += visit.days_waiting(day) * i64::from(visit.priority);
                let stranger = !visit.known.is_empty() && !visit.known.contains(&route.volunteer);
                tiers.strangers += u32::from(stranger);
                let moved =
                    visit.previous.is_some_and(|previous| previous != (route.volunteer, day));
                tiers.moved += u32::from(moved);
            }
        }
        let loads = self.loads(instance);
        let shares = loads.iter().enumerate().map(|(who, load)| share(instance, who, *load));
        let shares = Shares::of(shares.collect());
        (tiers.largest_share, tiers.share_spread) = (shares.largest, shares.deviation);
        tiers
    }

    /// The weighted sum of all tiers, as the search computes it: without the burden of what was
    /// carried before, and with unserved visits counted as late too.
    pub fn cost(&self, instance: &Instance, weights: &Weights) -> i64 {
        let tiers = self.tiers(instance);
        let day_after = instance.day_after();
        let delay = |visit: &usize| weights.delay(&instance.visits[*visit], day_after);
        let burden = |load: i64, who: usize| {
            weights.fairness * load * load / (100 * i64::from(instance.share_of(who)))
        };
        let loads = self.loads(instance);
        let burdens = loads.iter().enumerate().map(|(who, load)| {
            burden(*load, who) - burden(instance.volunteers[who].carried.into(), who)
        });
        let most = loads
            .iter()
            .enumerate()
            .map(|(who, load)| load * 1_000_000 / i64::from(instance.share_of(who)));
        tiers.unserved_priority.saturating_mul(weights.unserved)
            + tiers.lateness.saturating_mul(weights.late)
            + tiers.waiting.saturating_mul(weights.waiting)
            + self.unserved.iter().map(delay).sum::<i64>()
            + burdens.sum::<i64>()
            + weights.largest_share * most.max().unwrap_or(0) / 10_000
            + tiers.travel
            + i64::from(tiers.strangers) * weights.stranger
            + i64::from(tiers.moved) * weights.moved
            + weights.beyond_few(tiers.moved.into())
    }
}

impl ShiftRoute {
    /// Travel time in seconds, the journey home included.
    pub fn travel(&self) -> i64 {
        self.stops.iter().map(|stop| i64::from(stop.travel)).sum::<i64>() + i64::from(self.home)
    }
}

/// The load as a share of a volunteer's capacity.
#[expect(clippy::cast_precision_loss, reason = "loads are far below 2^52 seconds")]
pub fn share(instance: &Instance, volunteer: usize, load: i64) -> f64 {
    load as f64 / f64::from(instance.share_of(volunteer))
}

/// The distribution of shares over people.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shares {
    /// The largest.
    pub(crate) largest: f64,
    /// The mean.
    pub(crate) mean: f64,
    /// The standard deviation.
    pub(crate) deviation: f64,
}

impl Shares {
    /// The distribution of these shares, in any order; all zero if there are none.
    pub(crate) fn of(mut shares: Vec<f64>) -> Self {
        // Sums of floating-point numbers depend on their order, and the plan must not.
        shares.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "a count of people")]
        let count = shares.len().max(1) as f64;
        let mean = shares.iter().sum::<f64>() / count;
        let squares: f64 = shares.iter().map(|share| (share - mean) * (share - mean)).sum();
        let largest = shares.last().copied().unwrap_or(0.0);
        Self { largest, mean, deviation: (squares / count).sqrt() }
    }
}
