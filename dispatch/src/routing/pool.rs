//! A pool of the routes found by the search, and the best plan composed of them.
//!
//! A search finds good routes long before it finds them in one plan. Choosing one route for each
//! shift so that no visit is in two is a set packing problem. Lagrangian relaxation puts prices on
//! visits (Held, Wolfe and Crowder, Mathematical Programming 6, 1974), routes whose reduced value
//! cannot be part of a better plan are dropped, and the rest is searched exhaustively.

use std::collections::HashMap;

use super::draft::Draft;
use super::model::{Model, index};
use crate::interrupt::Interrupt;

/// Sets of visits are bit masks, so a pool is for parts with no more visits than this; nearly every
/// grid is one.
pub(super) const MOST_VISITS: usize = 128;
/// The largest number of routes kept.
const MOST_ROUTES: usize = 20_000;
/// The number of price updates.
const ROUNDS: usize = 150;
/// The largest number of nodes of the search tree.
const MOST_NODES: u64 = 100_000;

/// The routes found, the cheapest order of each set of visits in each shift.
#[derive(Default)]
pub(super) struct Pool {
    routes: Vec<PooledRoute>,
    known: HashMap<(u32, u128), usize, std::hash::BuildHasherDefault<FoldHasher>>,
}

struct PooledRoute {
    shift: u32,
    set: u128,
    /// The penalties that its visits avoid, less its cost.
    value: i64,
    visits: Vec<u32>,
}

impl Pool {
    /// Whether routes of this model can be combined freely.
    pub(super) fn suits(model: &Model<'_>) -> bool {
        let alone = |volunteer: &super::instance::Volunteer| volunteer.shifts.len() <= 1;
        model.visits.len() <= MOST_VISITS
            && model.visits.iter().all(|data| data.partner.is_none() && data.group.is_none())
            && model.instance.volunteers.iter().all(alone)
    }

    /// Adds a tour of the draft.
    pub(super) fn add(&mut self, model: &Model<'_>, draft: &Draft, shift: u32) {
        let tour = &draft.tours[shift as usize];
        let set = tour.visits().fold(0, |set, visit| set | 1_u128 << visit);
        if set == 0 {
            return;
        }
        match self.known.get(&(shift, set)) {
            Some(&at) => {
                let value = value(model, draft, shift);
                let route = &mut self.routes[at];
                if value > route.value {
                    route.value = value;
                    route.visits.clear();
                    route.visits.extend(tour.visits());
                }
            }
            None if self.routes.len() < MOST_ROUTES => {
                self.known.insert((shift, set), self.routes.len());
                let (value, visits) = (value(model, draft, shift), tour.visits().collect());
                self.routes.push(PooledRoute { shift, set, value, visits });
            }
            None => {}
        }
    }

    /// The routes of the best plan with a value above `least`, if one is found.
    pub(super) fn best_plan(&self, model: &Model<'_>, least: i64) -> Option<Vec<(u32, &[u32])>> {
        let prices = self.prices(model, least);
        let mut shifts: Vec<Vec<(i64, usize)>> = vec![Vec::new(); model.shifts.len()];
        for (at, route) in self.routes.iter().enumerate() {
            shifts[route.shift as usize].push((self.reduced(at, &prices), at));
        }
        // A shift may stay empty.
        let tops: Vec<i64> = shifts
            .iter()
            .map(|routes| routes.iter().map(|route| route.0).max().unwrap_or(0).max(0))
            .collect();
        let bound = tops.iter().sum::<i64>() + prices.iter().sum::<i64>();
        for (routes, top) in shifts.iter_mut().zip(&tops) {
            routes.retain(|(reduced, _)| bound - top + reduced > least);
            routes.sort_unstable_by_key(|(reduced, at)| (-reduced, *at));
        }
        let mut order: Vec<usize> =
            (0..shifts.len()).filter(|shift| !shifts[*shift].is_empty()).collect();
        order.sort_by_key(|shift| (shifts[*shift].len(), *shift));
        let rest = order.iter().rev().scan(0, |sum, shift| {
            let before = *sum;
            *sum += tops[*shift];
            Some(before)
        });
        let mut rest: Vec<i64> = rest.collect();
        rest.reverse();
        let mut packing = Packing {
            pool: self,
            interrupt: model.interrupt,
            levels: order.iter().map(|shift| shifts[*shift].as_slice()).collect(),
            rest,
            all_prices: prices.iter().sum(),
            least,
            chosen: Vec::new(),
            best: Vec::new(),
            nodes: 0,
        };
        packing.search(0, 0, 0, 0);
        let best = &packing.best;
        (!best.is_empty()).then(|| {
            best.iter()
                .map(|&at| (self.routes[at].shift, self.routes[at].visits.as_slice()))
                .collect()
        })
    }

    /// A dual price for each visit, by subgradient steps.
    fn prices(&self, model: &Model<'_>, least: i64) -> Vec<i64> {
        let mut prices: Vec<f64> = model.visits.iter().map(|data| float(data.penalty)).collect();
        let mut kept = prices.clone();
        let mut lowest = f64::MAX;
        let mut step = 1.0;
        for _ in 0..ROUNDS {
            if model.interrupt.is_set() {
                break;
            }
            let mut best: Vec<(f64, usize)> = vec![(0.0, usize::MAX); model.shifts.len()];
            for (at, route) in self.routes.iter().enumerate() {
                let price: f64 = route.visits.iter().map(|visit| prices[*visit as usize]).sum();
                let reduced = float(route.value) - price;
                if reduced > best[route.shift as usize].0 {
                    best[route.shift as usize] = (reduced, at);
                }
            }
            let bound = best.iter().map(|route| route.0).sum::<f64>() + prices.iter().sum::<f64>();
            if bound < lowest {
                lowest = bound;
                kept.clone_from(&prices);
            } else {
                step *= 0.95;
            }
            let mut excess = vec![-1.0; prices.len()];
            for &(_, at) in best.iter().filter(|route| route.1 != usize::MAX) {
                self.routes[at].visits.iter().for_each(|visit| excess[*visit as usize] += 1.0);
            }
            let square: f64 = excess.iter().map(|over| over * over).sum();
            let gap = bound - float(least);
            if square == 0.0 || gap < 1.0 {
                break;
            }
            for (price, over) in prices.iter_mut().zip(excess) {
                *price = (*price + step * gap / square * over).max(0.0);
            }
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "prices stay below what visits are penalty"
        )]
        kept.into_iter().map(|price| price.ceil() as i64).collect()
    }

    fn reduced(&self, at: usize, prices: &[i64]) -> i64 {
        let route = &self.routes[at];
        route.value - route.visits.iter().map(|visit| prices[*visit as usize]).sum::<i64>()
    }
}

/// The branch-and-bound search over one route for each shift.
struct Packing<'p> {
    pool: &'p Pool,
    interrupt: &'p Interrupt<'p>,
    levels: Vec<&'p [(i64, usize)]>,
    /// The most that the levels after each could add.
    rest: Vec<i64>,
    all_prices: i64,
    least: i64,
    chosen: Vec<usize>,
    best: Vec<usize>,
    nodes: u64,
}

impl Packing<'_> {
    fn search(&mut self, level: usize, taken: u128, reduced: i64, value: i64) {
        self.nodes += 1;
        if value > self.least {
            self.least = value;
            self.best.clone_from(&self.chosen);
        }
        if level == self.levels.len() || self.nodes > MOST_NODES || self.interrupt.is_set() {
            return;
        }
        let rest = self.rest[level];
        for &(more, at) in self.levels[level] {
            if more < 0 && reduced + rest + self.all_prices <= self.least {
                break;
            }
            if reduced + more + rest + self.all_prices <= self.least {
                break;
            }
            let route = &self.pool.routes[at];
            if route.set & taken == 0 {
                self.chosen.push(at);
                self.search(level + 1, taken | route.set, reduced + more, value + route.value);
                self.chosen.pop();
            }
        }
        if reduced + rest + self.all_prices > self.least {
            self.search(level + 1, taken, reduced, value);
        }
    }
}

/// The value of a draft's tour.
fn value(model: &Model<'_>, draft: &Draft, shift: u32) -> i64 {
    let tour = &draft.tours[shift as usize];
    let volunteer = model.shifts[shift as usize].volunteer;
    let carried = i64::from(model.instance.volunteers[volunteer].carried);
    let load = carried + tour.travel + tour.service;
    let visits = tour.visits().map(|visit| {
        model.visits[visit as usize].penalty - i64::from(model.cost(visit as usize, shift as usize))
    });
    visits.sum::<i64>() - tour.travel - model.burden(volunteer, load)
        + model.burden(volunteer, carried)
}

/// The value of all tours of a draft.
pub(super) fn plan_value(model: &Model<'_>, draft: &Draft) -> i64 {
    (0..index(draft.tours.len())).map(|shift| value(model, draft, shift)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "values are far below 2^52")]
fn float(value: i64) -> f64 {
    value as f64
}

/// A hasher that folds sets, which are almost random already.
#[derive(Default)]
struct FoldHasher(u64);

impl std::hash::Hasher for FoldHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn write_u128(&mut self, number: u128) {
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (low, high) = (number as u64, (number >> 64) as u64);
        self.write_u64(low);
        self.write_u64(high);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::tests::{all_orders, home_at, some_street, street, visit, volunteer};
    use crate::routing::weights::Weights;

    /// A pool of the routes that `chosen` picks among all feasible ones of each shift.
    fn pool(model: &Model<'_>, chosen: &[prop::sample::Index]) -> Pool {
        let mut pool = Pool::default();
        for shift in 0..model.shifts.len() {
            let mut orders = all_orders(model.visits.len());
            orders.retain(|order| home_at(model.instance, (shift, 0), order).is_some());
            if orders.is_empty() {
                continue; // A shift whose breaks leave no way to work.
            }
            for index in chosen {
                let mut draft = Draft::new(model);
                let order: Vec<u32> =
                    index.get(&orders).iter().map(|visit| super::index(*visit)).collect();
                draft.set_route(model, super::index(shift), &order);
                pool.add(model, &draft, super::index(shift));
            }
        }
        pool
    }

    /// The most that routes of different shifts without a common visit are worth.
    fn most(pool: &Pool, shift: u32, shifts: u32, taken: u128) -> i64 {
        if shift == shifts {
            return 0;
        }
        let routes = pool.routes.iter().filter(|route| route.shift == shift);
        let fits = routes.filter(|route| route.set & taken == 0);
        let values =
            fits.map(|route| route.value + most(pool, shift + 1, shifts, taken | route.set));
        values.fold(most(pool, shift + 1, shifts, taken), i64::max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_best_plan_is_that_of_all_combinations(
            instance in some_street(3, 4),
            chosen in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let pool = pool(&model, &chosen);
            let most = most(&pool, 0, 3, 0);
            prop_assert_eq!(pool.best_plan(&model, most), None, "nothing is better");
            if most > 0 {
                let plan = pool.best_plan(&model, most - 1).expect("a plan");
                let mut draft = Draft::new(&model);
                for (shift, visits) in plan {
                    draft.set_route(&model, shift, visits);
                }
                prop_assert_eq!(plan_value(&model, &draft), most);
            }
        }
    }

    #[test]
    fn of_two_orders_of_the_same_visits_the_better_is_kept() {
        let visits = [10, 20, 30].map(|at| (at, visit())).to_vec();
        let instance = street(vec![(0, volunteer())], visits);
        let model = Model::new(&instance, Weights::TRAVEL);
        let mut pool = Pool::default();
        let mut add = |order: &[u32]| {
            let mut draft = Draft::new(&model);
            draft.set_route(&model, 0, order);
            pool.add(&model, &draft, 0);
            pool.routes.iter().map(|route| route.visits.clone()).collect::<Vec<_>>()
        };
        assert_eq!(add(&[1]), [vec![1]]);
        assert_eq!(add(&[1, 0, 2]), [vec![1], vec![1, 0, 2]]);
        assert_eq!(add(&[0, 1, 2]), [vec![1], vec![0, 1, 2]], "20 less of travel");
        assert_eq!(add(&[1, 0, 2]), [vec![1], vec![0, 1, 2]]);
    }
}
