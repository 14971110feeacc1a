//! A Lagrangian bound on the largest share, by column generation.
//!
//! In a plan whose shares are at most a level, the load of every route is limited. At any prices of
//! visits, all shifts together collect at most the best such route of each, and unserved visits
//! account for at most the most valuable set whose priority may stay unserved. If that is less than
//! the sum of all prices, no plan keeps to the level, so the largest share of any plan is above it.

use std::collections::HashSet;

use super::ascent::PricingEffort;
use super::free_offer;
use super::pricing::{PricingProblem, UNIT, float, truncated};
use super::simplex::Simplex;
use crate::routing::model::Model;
use crate::routing::solution::Solution;

/// The limit of pricing steps for all levels.
const WORK: usize = 40_000_000;
/// The initial size of ng-neighbourhoods.
const NEAR: usize = 2;
/// A level may take this fraction of the remaining steps.
const PART: usize = 3;
/// The number of levels tested.
const LEVELS: usize = 8;
/// The relative precision of the level.
const CLOSE: f64 = 0.001;
/// The largest number of rounds for a level.
const ROUNDS: usize = 400;
/// The weight of the stability centre in the prices (Wentges, International Transactions in
/// Operational Research 4(2), 1997).
const KEPT: f64 = 0.5;
/// Exact pricing runs when the estimated gap reaches this fraction of its maximum, or has not grown
/// for some rounds: the larger the gap, the faster exact pricing is.
const RIPE: f64 = 0.8;
const PATIENCE: usize = 3;
/// The fraction that counts as growth.
const MORE: f64 = 0.04;
/// The fraction of the estimated gap that exact pricing may give up for speed.
const SLACK: (i64, i64) = (9, 10);
/// Prices are multiples of this many seconds, which leaves far fewer labels that differ in cost.
const GRAIN: f64 = 30.0;
/// Unserved time below this many seconds counts as none.
const NOTHING: f64 = 0.01;
/// The largest number of points of the knapsack.
const MOST_POINTS: i64 = 100_000;

/// A lower bound on the largest share of plans that leave no more than `missing` priority unserved,
/// between a known bound and this plan's own.
pub(super) fn largest_share(
    model: &Model<'_>,
    plan: &Solution,
    missing: i64,
    (mut low, mut high): (f64, f64),
) -> f64 {
    if missing > MOST_POINTS {
        return low;
    }
    let mut test = LevelTest::of(model, plan, missing);
    for _ in 0..LEVELS {
        if high - low < CLOSE * high {
            break;
        }
        let level = f64::midpoint(low, high);
        test.limit_share(model, level);
        if test.is_infeasible() {
            low = level;
        } else {
            high = level;
        }
    }
    low
}

/// An estimate of the time that a visit takes.
fn time(model: &Model<'_>, visit: usize) -> f64 {
    let way = i64::from(super::least_ways(model, visit)) / 2;
    float(i64::from(model.visits[visit].service) + way).max(1.0)
}

/// The test whether a level is infeasible.
struct LevelTest {
    pricing: PricingProblem,
    omissions: Omissions,
    /// The time of each visit, in seconds.
    times: Vec<f64>,
    /// The stability centre of the prices.
    centre: Vec<f64>,
}

impl LevelTest {
    fn of(model: &Model<'_>, plan: &Solution, missing: i64) -> Self {
        let visits: Vec<usize> = (0..model.visits.len()).collect();
        let times: Vec<f64> = visits.iter().map(|visit| time(model, *visit)).collect();
        Self {
            pricing: PricingProblem::new(model, plan, &visits, NEAR, 0),
            omissions: Omissions::of(model, missing),
            centre: times.clone(),
            times,
        }
    }

    /// Limits all shares to the level.
    fn limit_share(&mut self, model: &Model<'_>, level: f64) {
        let left = WORK.saturating_sub(self.pricing.work());
        self.pricing.limit(left / PART, |volunteer, shift| {
            let carried = i64::from(model.instance.volunteers[volunteer].carried);
            // A second more, so that rounding cannot make a level infeasible.
            let most = truncated(level * float(model.share_of[volunteer])) + 1 - carried;
            most.clamp(0, free_offer(model, shift))
        });
    }

    /// Whether the level is proven to be infeasible.
    fn is_infeasible(&mut self) -> bool {
        let mut restricted = RestrictedMaster::new(self);
        let (mut most, mut stale) = (f64::MIN, 0);
        let (mut kept, mut effort) = (KEPT, PricingEffort::Heuristic);
        for _ in 0..ROUNDS {
            restricted.add_columns(self);
            let (undone, changed) = restricted.simplex.solve();
            if undone < NOTHING || self.pricing.is_out_of_steps() {
                return false; // in parts, all is made
            }
            (kept, effort) = match (changed, kept > 0.0, effort) {
                (true, ..) => (KEPT, PricingEffort::Heuristic),
                // No column improved the master: prices without stabilization.
                (false, true, _) => (0.0, PricingEffort::Heuristic),
                (false, false, PricingEffort::Exact) => return false,
                (false, false, _) => (0.0, PricingEffort::Exact),
            };
            let pairs = self.centre.iter().zip(restricted.simplex.prices());
            let point = pairs.map(|(old, new)| kept * old + (1.0 - kept) * new);
            let point: Vec<f64> = point.map(|price| (price / GRAIN).round() * GRAIN).collect();
            let mut proof = self.evaluate(&point, effort);
            if effort == PricingEffort::Heuristic
                && proof > 0.0
                && (proof > undone * RIPE || stale >= PATIENCE)
            {
                effort = PricingEffort::Exact;
                proof = self.evaluate(&point, effort);
            }
            if effort == PricingEffort::Exact && proof > 0.0 {
                return true;
            }
            stale = if effort == PricingEffort::Exact || proof > most + undone * MORE {
                0
            } else {
                stale + 1
            };
            if effort == PricingEffort::Exact || proof > most {
                (most, self.centre) = (proof, point);
            }
        }
        false
    }

    /// The gap in seconds between the sum of all prices and what the shifts and omissions can
    /// collect.
    fn evaluate(&mut self, point: &[f64], effort: PricingEffort) -> f64 {
        let prices: Vec<i64> = point.iter().map(|price| truncated(price.max(0.0)) * UNIT).collect();
        let made = prices.iter().sum::<i64>() - self.omissions.most_valuable(&prices);
        let promise = made + self.pricing.choose(&prices, 0, PricingEffort::KnownRoutes, 0).cost;
        let slack =
            if effort == PricingEffort::Exact { promise.max(0) / SLACK.1 * SLACK.0 } else { 0 };
        float(made + self.pricing.choose(&prices, 0, effort, slack).cost) / float(UNIT)
    }
}

/// The restricted master problem, and how many of the known columns it has.
struct RestrictedMaster {
    simplex: Simplex,
    routes: Vec<usize>,
    omissions: usize,
}

impl RestrictedMaster {
    fn new(test: &LevelTest) -> Self {
        let shifts = test.pricing.shifts();
        Self {
            simplex: Simplex::new(&test.times, shifts + 1),
            routes: vec![0; shifts],
            omissions: 0,
        }
    }

    fn add_columns(&mut self, test: &LevelTest) {
        for (shift, known) in self.routes.iter_mut().enumerate() {
            for visits in test.pricing.routes(shift, known) {
                self.simplex.add_column(shift, visits.iter().copied());
            }
        }
        let sets = &test.omissions.known;
        for set in &sets[self.omissions..] {
            let visits = (0..test.times.len()).filter(|visit| set >> visit & 1 == 1);
            self.simplex.add_column(test.pricing.shifts(), visits);
        }
        self.omissions = sets.len();
    }
}

/// Sets of visits that may be left unserved.
struct Omissions {
    /// The priority of each visit.
    points: Vec<usize>,
    /// The priority that may be left unserved.
    most: usize,
    /// The known sets, as bit masks.
    known: Vec<u64>,
    met: HashSet<u64>,
}

impl Omissions {
    fn of(model: &Model<'_>, missing: i64) -> Self {
        let size = |points: i64| usize::try_from(points).unwrap_or(0);
        let requests = model.instance.visits.iter();
        Self {
            points: requests.map(|request| size(request.priority.into())).collect(),
            most: size(missing),
            known: Vec::new(),
            met: HashSet::new(),
        }
    }

    /// The value of the most valuable set at these prices, by the dynamic program of the knapsack.
    fn most_valuable(&mut self, prices: &[i64]) -> i64 {
        let mut best: Vec<(i64, u64)> = vec![(0, 0); self.most + 1];
        for (visit, (&points, &price)) in self.points.iter().zip(prices).enumerate() {
            for most in (points..=self.most).rev() {
                let (worth, set) = best[most - points];
                if worth + price > best[most].0 {
                    best[most] = (worth + price, set | 1 << visit);
                }
            }
        }
        let (worth, set) = best[self.most];
        if self.met.insert(set) {
            self.known.push(set);
        }
        worth
    }
}
