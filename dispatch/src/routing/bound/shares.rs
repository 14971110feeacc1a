//! What routes prove of the largest share.
//!
//! In a plan in which nobody's share is above a level, no route takes more than brings
//! its volunteer there. Let visits have prices: then all shifts together can bring no
//! more than the best such route of each, and what is left out no more than the dearest
//! set of visits whose priority may stay undone. If that is less than all prices, no
//! plan is at the level or below it, and the largest share of all is above.

use std::collections::HashSet;

use super::ascent::PricingEffort;
use super::free_offer;
use super::pricing::{PricingProblem, UNIT, float, whole};
use super::simplex::Simplex;
use crate::routing::model::Model;
use crate::routing::solution::Solution;

/// How many steps may be taken to show that levels of shares are impossible.
const WORK: usize = 40_000_000;
/// How many visits routes remember at each at first.
const NEAR: usize = 2;
/// A level may take one part in so many of the steps that are left.
const PART: usize = 3;
/// How many levels are tried.
const LEVELS: usize = 8;
/// Levels are tried until the least possible is known within this part of it.
const CLOSE: f64 = 0.001;
/// How often prices are changed at most for a level.
const ROUNDS: usize = 400;
/// How much prices keep of those that have promised most (Wentges, International
/// Transactions in Operational Research 4(2), 1997).
const KEPT: f64 = 0.5;
/// All routes are looked at when a proof promises this part of what it could at most,
/// or when it has not promised more for some rounds: the more, the faster is the look.
const RIPE: f64 = 0.8;
const PATIENCE: usize = 3;
/// What part of it is more.
const MORE: f64 = 0.04;
/// What part of what a proof promises may be lost to routes that are not looked for.
const SLACK: (i64, i64) = (9, 10);
/// Prices are whole multiples of so many seconds, which leaves far fewer labels that
/// differ in cost.
const GRAIN: f64 = 30.0;
/// What is undone counts as nothing below so many seconds.
const NOTHING: f64 = 0.01;
/// So many points are looked at one by one.
const MOST_POINTS: i64 = 100_000;

/// The least largest share of plans that leave out no more than `missing` priority,
/// between what is known and this plan's own.
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

/// About how long the visit keeps somebody.
fn time(model: &Model<'_>, visit: usize) -> f64 {
    let way = i64::from(super::least_ways(model, visit)) / 2;
    float(i64::from(model.visits[visit].service) + way).max(1.0)
}

/// The search for prices that show a level to be impossible.
struct LevelTest {
    pricing: PricingProblem,
    omissions: Omissions,
    /// Seconds that each visit takes.
    times: Vec<f64>,
    /// Prices that have promised much.
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

    /// From now on nobody's share is above the level.
    fn limit_share(&mut self, model: &Model<'_>, level: f64) {
        let left = WORK.saturating_sub(self.pricing.work());
        self.pricing.limit(left / PART, |volunteer| {
            let carried = i64::from(model.instance.volunteers[volunteer].carried);
            // A second more, so that no rounding makes a level look impossible.
            let most = whole(level * float(model.share_of[volunteer])) + 1 - carried;
            most.clamp(0, free_offer(model, volunteer))
        });
    }

    /// Whether it is shown that no plan keeps to the level.
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
                // What was found is nothing to the mix: it is asked at its own prices.
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

    /// By how many seconds all prices are more than what the shifts bring and what may
    /// be left out.
    fn evaluate(&mut self, point: &[f64], effort: PricingEffort) -> f64 {
        let prices: Vec<i64> = point.iter().map(|price| whole(price.max(0.0)) * UNIT).collect();
        let made = prices.iter().sum::<i64>() - self.omissions.most_valuable(&prices);
        let promise = made + self.pricing.choose(&prices, 0, PricingEffort::KnownRoutes, 0).cost;
        let slack =
            if effort == PricingEffort::Exact { promise.max(0) / SLACK.1 * SLACK.0 } else { 0 };
        float(made + self.pricing.choose(&prices, 0, effort, slack).cost) / float(UNIT)
    }
}

/// The mix of routes that keep to the limits, and how many of all it has taken up.
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

/// Sets of visits that may be left out.
struct Omissions {
    /// The priority of each visit.
    points: Vec<usize>,
    /// How much of it may be left out.
    most: usize,
    /// The sets that were met, as bits.
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

    /// What the dearest set is worth at these prices: a knapsack, filled point by point.
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
