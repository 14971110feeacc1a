//! A lower bound on the travel of plans that serve the same visits, by spanning trees.
//!
//! All homes are contracted into one. The journeys of a plan then join every visit to it with
//! degree two; without one journey home of each route they are a spanning tree. So travel is at
//! least the minimum spanning tree plus the least journey home, and prices on visits whose degree
//! in the tree is not two raise the bound (Held and Karp, Operations Research 18(6), 1970, and
//! Mathematical Programming 1, 1971).

use super::Work;
use crate::routing::model::Model;
use crate::routing::solution::Solution;

/// For more visits than this, the bound is the sum of each visit's least journeys.
pub(crate) const MOST_VISITS: usize = 1_500;
/// The number of price updates.
const ROUNDS: usize = 60;

pub(super) fn least(model: &Model<'_>, work: &Work, plan: &Solution) -> i64 {
    let made: Vec<usize> =
        plan.routes.iter().flat_map(|route| route.stops.iter().map(|stop| stop.visit)).collect();
    if made.is_empty() {
        return 0;
    }
    if made.len() > MOST_VISITS {
        // Each journey is attributed to its two ends, half each.
        return made.iter().map(|visit| work.ways[*visit]).sum::<i64>() / 2;
    }
    Ways::of(model, &made).least()
}

/// A lower bound on the travel of plans that make `count` visits, given the least travel time between two of
/// them, the same in both directions, and between each and home.
pub(crate) fn least_between(
    count: usize,
    between: impl Fn(usize, usize) -> f64,
    home: impl Fn(usize) -> f64,
) -> i64 {
    if count == 0 {
        return 0;
    }
    let mut all = vec![0.0; count * count];
    for a in 0..count {
        for b in 0..a {
            let way = between(a, b);
            (all[a * count + b], all[b * count + a]) = (way, way);
        }
    }
    Ways { count, between: all, home: (0..count).map(home).collect() }.least()
}

/// The least travel times in either direction and by any mode: between visits, and home.
struct Ways {
    count: usize,
    between: Vec<f64>,
    home: Vec<f64>,
}

impl Ways {
    fn of(model: &Model<'_>, made: &[usize]) -> Self {
        let place = |visit: usize| model.visits[visit].place;
        let least = |a: usize, b: usize| {
            let ways = model.ways.iter().flat_map(|matrix| [matrix.way(a, b), matrix.way(b, a)]);
            f64::from(ways.min().unwrap_or(0))
        };
        let between = made.iter().flat_map(|a| made.iter().map(move |b| (*a, *b)));
        let home = |visit: usize| {
            let may = model.open_to(visit).iter().map(|(shift, _)| *shift as usize);
            may.map(|shift| least(model.shifts[shift].volunteer, place(visit)))
                .fold(f64::MAX, f64::min)
        };
        Self {
            count: made.len(),
            between: between.map(|(a, b)| least(place(a), place(b))).collect(),
            home: made.iter().map(|visit| home(*visit)).collect(),
        }
    }

    /// The bound: the cost of the tree at the best prices found.
    fn least(&self) -> i64 {
        let mut prices = vec![0.0; self.count];
        let mut best = f64::MIN;
        let mut step = 0.0;
        for round in 0..ROUNDS {
            let (cost, degrees) = self.tree(&prices);
            best = best.max(cost);
            let excess: Vec<f64> = degrees.iter().map(|degree| f64::from(*degree) - 2.0).collect();
            let square: f64 = excess.iter().map(|over| over * over).sum();
            if square == 0.0 {
                break;
            }
            if round == 0 {
                step = 0.1 * cost.max(1.0) / square;
            }
            prices.iter_mut().zip(&excess).for_each(|(price, over)| *price += step * over);
            step *= 0.95;
        }
        #[expect(clippy::cast_possible_truncation, reason = "travel is far below 2^52 seconds")]
        let rounded = (best - 1e-6).ceil().max(0.0) as i64;
        rounded
    }

    /// The cost of the minimum spanning tree at these prices and of the least journeys home, less
    /// the prices; and the degree of each visit. By Prim's algorithm.
    fn tree(&self, prices: &[f64]) -> (f64, Vec<u32>) {
        let mut degrees = vec![0; self.count];
        let mut nearest: Vec<(f64, usize)> =
            (0..self.count).map(|visit| (self.home[visit] + prices[visit], usize::MAX)).collect();
        let mut joined = vec![false; self.count];
        let mut cost = self.ways_home(prices, &mut degrees) - 2.0 * prices.iter().sum::<f64>();
        for _ in 0..self.count {
            let open = (0..self.count).filter(|visit| !joined[*visit]);
            let Some(next) = open.min_by(|a, b| nearest[*a].0.total_cmp(&nearest[*b].0)) else {
                break;
            };
            joined[next] = true;
            cost += nearest[next].0;
            degrees[next] += 1;
            if nearest[next].1 != usize::MAX {
                degrees[nearest[next].1] += 1;
            }
            for other in 0..self.count {
                let way = self.between[next * self.count + other] + prices[next] + prices[other];
                if !joined[other] && way < nearest[other].0 {
                    nearest[other] = (way, next);
                }
            }
        }
        (cost, degrees)
    }

    /// The journeys home beyond the tree: at least one, and all of negative cost.
    fn ways_home(&self, prices: &[f64], degrees: &mut [u32]) -> f64 {
        let way = |visit: usize| self.home[visit] + prices[visit];
        let gains: Vec<usize> = (0..self.count).filter(|visit| way(*visit) < 0.0).collect();
        let least = (0..self.count).min_by(|a, b| way(*a).total_cmp(&way(*b)));
        let taken = if gains.is_empty() { least.into_iter().collect() } else { gains };
        let ways = taken.into_iter().map(|visit| {
            degrees[visit] += 1;
            way(visit)
        });
        ways.sum()
    }
}
