//! The pricing problem of the set partitioning model: the cheapest route of each shift at given
//! dual prices.
//!
//! Every plan is one route for each shift. At any dual prices of visits, let each shift choose the
//! route with the least cost less prices, or none. No plan costs less than these choices plus all
//! prices: a plan serves each visit once, so its prices cancel, and none of its routes costs less
//! than the choice of its shift. This is the Lagrangian bound of the set partitioning model
//! (Geoffrion, Mathematical Programming Study 2, 1974). It is valid for any prices; good ones make
//! it tight.
//!
//! Prices are whole numbers of small units, so rounding cannot invalidate a bound.

use std::collections::HashMap;

use super::ascent::PricingEffort;
use super::free_offer;
use super::route_pricer::{DualPrices, PricedRoute, RoutePricer};
use crate::routing::instance::Seconds;
use crate::routing::model::Model;
use crate::routing::solution::Solution;

/// Sets of visits are bit masks of this size, which also limits the running time.
const MOST_VISITS: usize = 64;
const MOST_SHIFTS: usize = 64;
/// The longest travel, service and shift, eleven days; a sum of several still fits.
const LONGEST: Seconds = 1_000_000;
/// A second or a point in units of prices.
pub(super) const UNIT: i64 = 1_000;

/// Whether a part is small enough for these bounds.
pub(super) fn suits(model: &Model<'_>) -> bool {
    let places = model.instance.volunteers.len() + model.visits.len();
    let short = |way: &Seconds| *way <= LONGEST;
    model.visits.len() <= MOST_VISITS
        && model.shifts.len() <= MOST_SHIFTS
        && model.visits.iter().all(|data| data.service <= LONGEST)
        && model.shifts.iter().all(|shift| shift.close - shift.open <= LONGEST)
        && model.ways.iter().all(|ways| (0..places).all(|from| ways.from(from).iter().all(short)))
}

/// The pricing problem: all shifts with their known routes.
pub(super) struct PricingProblem {
    shifts: Vec<ShiftPricing>,
    /// The number of steps so far.
    work: usize,
    /// The limit of steps.
    most: usize,
}

struct ShiftPricing {
    volunteer: usize,
    pricer: RoutePricer,
    limit: Seconds,
    routes: Vec<PricedRoute>,
    known: HashMap<Vec<usize>, usize>,
}

/// The parameters of pricing one shift.
#[derive(Clone, Copy)]
struct PricingQuery {
    /// The cost of a second of travel.
    rate: i64,
    effort: PricingEffort,
    /// The least improvement over known routes that matters.
    slack: i64,
    /// The limit of steps.
    steps: usize,
}

/// The choices of all shifts.
pub(super) struct PricingRound {
    /// The total cost less prices.
    pub(super) cost: i64,
    /// How many of them serve each visit.
    pub(super) made: Vec<f64>,
    /// The total number of steps so far.
    pub(super) work: usize,
}

impl PricingProblem {
    /// The pricing problem for these visits, with the routes of the plan known and
    /// ng-neighbourhoods of size `near` at first.
    pub(super) fn new(
        model: &Model<'_>,
        plan: &Solution,
        visits: &[usize],
        near: usize,
        work: usize,
    ) -> Self {
        let shift_pricing = |shift: usize| ShiftPricing {
            volunteer: model.shifts[shift].volunteer,
            pricer: RoutePricer::of(model, shift, visits, near),
            limit: Seconds::MAX,
            routes: Vec::new(),
            known: HashMap::new(),
        };
        let mut shifts: Vec<ShiftPricing> = (0..model.shifts.len()).map(shift_pricing).collect();
        for (shift_pricing, route) in shifts.iter_mut().zip(&plan.routes) {
            let stops: Vec<usize> = route.stops.iter().map(|stop| stop.visit).collect();
            if !stops.is_empty() {
                let service: i64 =
                    stops.iter().map(|stop| i64::from(model.visits[*stop].service)).sum();
                let travel = route.travel();
                shift_pricing.add_route(PricedRoute {
                    visits: stops,
                    travel,
                    load: travel + service,
                });
            }
        }
        let mut pricing = Self { shifts, work: 0, most: work };
        pricing.limit(work, |_, shift| free_offer(model, shift));
        pricing
    }

    /// Limits the load of each route by its volunteer and shift, and the number of further steps.
    pub(super) fn limit(&mut self, work: usize, most: impl Fn(usize, usize) -> i64) {
        self.most = self.work.saturating_add(work);
        for (shift, shift_pricing) in self.shifts.iter_mut().enumerate() {
            let most = most(shift_pricing.volunteer, shift);
            let limit = Seconds::try_from(most).unwrap_or(Seconds::MAX);
            // A limit beyond the length of the shift need not be tracked.
            shift_pricing.limit =
                if limit < shift_pricing.pricer.length() { limit } else { Seconds::MAX };
        }
    }

    /// The number of shifts.
    pub(super) fn shifts(&self) -> usize {
        self.shifts.len()
    }

    /// Whether the limit of steps is reached.
    pub(super) fn is_out_of_steps(&self) -> bool {
        self.work >= self.most
    }

    /// The number of steps so far.
    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// The routes of a shift within its limit from the number `known` on; updates `known`.
    pub(super) fn routes(&self, shift: usize, known: &mut usize) -> impl Iterator<Item = &[usize]> {
        let ShiftPricing { routes, limit, .. } = &self.shifts[shift];
        let from = std::mem::replace(known, routes.len());
        let fits = |route: &&PricedRoute| route.load <= i64::from(*limit);
        routes[from..].iter().filter(fits).map(|route| route.visits.as_slice())
    }

    /// Solves the pricing problem at a cost of `rate` per second of travel and these prices.
    ///
    /// Routes better than the known ones by no more than the shift's part of `slack` may be missed;
    /// the cost of exact pricing allows for them.
    pub(super) fn choose(
        &mut self,
        prices: &[i64],
        rate: i64,
        effort: PricingEffort,
        slack: i64,
    ) -> PricingRound {
        let mut choice = PricingRound { cost: 0, made: vec![0.0; prices.len()], work: 0 };
        let difficulty = self.shifts.iter().map(ShiftPricing::difficulty).sum::<i128>().max(1);
        for shift_pricing in &mut self.shifts {
            let slack = i64::try_from(i128::from(slack) * shift_pricing.difficulty() / difficulty)
                .unwrap_or(0);
            let left = self.most.saturating_sub(self.work);
            let (cost, route, steps) =
                shift_pricing.choose(prices, PricingQuery { rate, effort, slack, steps: left });
            self.work += steps;
            choice.cost += cost;
            let visits = route.into_iter().flat_map(|route| &route.visits);
            visits.for_each(|visit| choice.made[*visit] += 1.0);
        }
        choice.work = self.work;
        choice
    }
}

impl ShiftPricing {
    /// Adds the route, or keeps the shorter of two with the same visits.
    fn add_route(&mut self, route: PricedRoute) {
        let mut visits = route.visits.clone();
        visits.sort_unstable();
        match self.known.get(&visits) {
            Some(&at) if self.routes[at].travel <= route.travel => {}
            Some(&at) => self.routes[at] = route,
            None => {
                self.known.insert(visits, self.routes.len());
                self.routes.push(route);
            }
        }
    }

    /// An estimate of the pricing effort: longer routes are more numerous.
    fn difficulty(&self) -> i128 {
        i128::from(self.limit.min(self.pricer.length())).pow(2)
    }

    /// The cost of the best route, or zero and none if no route is better; for exact pricing, a
    /// lower bound on the cost of any route.
    fn choose(
        &mut self,
        prices: &[i64],
        query: PricingQuery,
    ) -> (i64, Option<&PricedRoute>, usize) {
        let PricingQuery { rate, effort, slack, steps: most } = query;
        let mut steps = 0;
        let (mut cost, mut at) = self.best(rate, prices);
        if effort != PricingEffort::KnownRoutes {
            let proof = effort == PricingEffort::Exact;
            let cutoff = cost - slack;
            let duals = DualPrices { rate, prices, limit: self.limit, cutoff, steps: most };
            let found =
                if proof { self.pricer.exact(&duals) } else { self.pricer.heuristic(&duals) };
            steps = found.steps;
            found.routes.into_iter().for_each(|route| self.add_route(route));
            (cost, at) = self.best(rate, prices);
            if proof {
                cost = found.cost;
            }
        }
        (cost, at.map(|at| &self.routes[at]), steps)
    }

    fn best(&self, rate: i64, prices: &[i64]) -> (i64, Option<usize>) {
        let cost = |route: &PricedRoute| {
            rate * route.travel - route.visits.iter().map(|visit| prices[*visit]).sum::<i64>()
        };
        let fits = |(_, route): &(usize, &PricedRoute)| route.load <= self.limit.into();
        let routes = self.routes.iter().enumerate().filter(fits);
        let routes = routes.map(|(at, route)| (cost(route), Some(at)));
        // An empty shift costs nothing.
        routes.fold((0, None), |best, route| if route.0 < best.0 { route } else { best })
    }
}

/// Rounds towards zero; a price above its limit would invalidate the bound.
pub(super) fn truncated(price: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "prices are far cutoff 2^52 units")]
    let truncated = price as i64;
    truncated
}

#[expect(clippy::cast_precision_loss, reason = "it only steers prices")]
pub(super) fn float(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::instance::Instance;
    use crate::routing::tests::{all_orders, home_at, some_street, travel_of};
    use crate::routing::weights::Weights;
    use crate::routing::{Budget, plan};

    const VISITS: [usize; 4] = [0, 1, 2, 3];

    /// The least that a volunteer's route costs within a limit, by all orders; zero for none.
    fn least(instance: &Instance, who: usize, prices: &[i64], limit: i64) -> i64 {
        let orders = all_orders(VISITS.len()).into_iter();
        let feasible = orders.filter(|order| home_at(instance, (who, 0), order).is_some());
        let costs = feasible.filter_map(|order| {
            let travel = travel_of(instance, who, &order);
            let services = order.iter().map(|visit| i64::from(instance.visits[*visit].service));
            let load = travel + services.sum::<i64>();
            let prices = order.iter().map(|visit| prices[*visit]).sum::<i64>();
            (load <= limit).then_some(travel - prices)
        });
        costs.fold(0, i64::min)
    }

    fn planned(instance: &Instance) -> Solution {
        plan(instance, Weights::TRAVEL, &Budget::Iterations(50), 1).expect("a valid instance")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn exact_pricing_finds_each_shift_s_cheapest_route(
            instance in some_street(2, 4),
            prices in prop::collection::vec(0..400_i64, 4),
            limit in prop_oneof![Just(i64::from(Seconds::MAX)), 50..300_i64],
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let mut pricing =
                PricingProblem::new(&model, &planned(&instance), &VISITS, VISITS.len(), 0);
            pricing.limit(1_000_000, |_, _| limit);
            let round = pricing.choose(&prices, 1, PricingEffort::Exact, 0);
            let costs = [0, 1].map(|who| least(&instance, who, &prices, limit));
            prop_assert_eq!(round.cost, costs.iter().sum::<i64>());
            // The routes that prove it are known from now on.
            let known = pricing.choose(&prices, 1, PricingEffort::KnownRoutes, 0);
            prop_assert_eq!(known.cost, round.cost);
        }

        #[test]
        fn no_effort_comes_below_the_exact_cost_and_little_memory_not_above_it(
            instance in some_street(2, 4),
            prices in prop::collection::vec(0..400_i64, 4),
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let mut pricing = PricingProblem::new(&model, &planned(&instance), &VISITS, 1, 1_000_000);
            let exact: i64 =
                [0, 1].map(|who| least(&instance, who, &prices, i64::MAX)).iter().sum();
            let known = pricing.choose(&prices, 1, PricingEffort::KnownRoutes, 0).cost;
            let heuristic = pricing.choose(&prices, 1, PricingEffort::Heuristic, 0).cost;
            prop_assert!(exact <= heuristic && heuristic <= known);
            prop_assert!(pricing.choose(&prices, 1, PricingEffort::Exact, 0).cost <= exact);
        }
    }
}
