//! Bounds made of routes: every plan is one route for each shift.
//!
//! Let every visit have a price, and let each shift choose for itself the route whose
//! cost less the prices of its visits is least, or none. What all shifts come to
//! together, and all prices, no plan is below: for a plan makes each visit once, so
//! its prices cancel, and none of its routes is below the least of its shift. This is
//! the Lagrangian bound of the set partitioning model (Geoffrion, Mathematical
//! Programming Study 2, 1974). It holds for any prices; good ones make it good.
//!
//! Prices are whole numbers of small units, so a bound is exact and no rounding can
//! make it false.

use std::collections::HashMap;

use super::ascent::Care;
use super::free_offer;
use super::trips::{Purse, Route, Trips};
use crate::routing::instance::Seconds;
use crate::routing::model::Model;
use crate::routing::solution::Solution;

/// Sets of visits are kept in the bits of a number, and there must be an end.
const MOST_VISITS: usize = 64;
const MOST_SHIFTS: usize = 64;
/// Longer ways, services and shifts than this, eleven days, are no day's work; sums of
/// less than these fit into a number.
const LONGEST: Seconds = 1_000_000;
/// A second or a point in units of prices.
pub(super) const UNIT: i64 = 1_000;

/// Whether bounds are made of routes for a part of this size.
pub(super) fn suits(model: &Model<'_>) -> bool {
    let places = model.instance.volunteers.len() + model.calls.len();
    let short = |way: &Seconds| *way <= LONGEST;
    model.calls.len() <= MOST_VISITS
        && model.shifts.len() <= MOST_SHIFTS
        && model.calls.iter().all(|call| call.service <= LONGEST)
        && model.shifts.iter().all(|shift| shift.close - shift.open <= LONGEST)
        && model.ways.iter().all(|ways| (0..places).all(|from| ways.from(from).iter().all(short)))
}

/// The shifts, each with the routes that are known for it.
pub(super) struct Market {
    shifts: Vec<Stall>,
    /// How many steps were taken so far.
    work: usize,
    /// How many may be.
    most: usize,
}

struct Stall {
    volunteer: usize,
    trips: Trips,
    limit: Seconds,
    routes: Vec<Route>,
    known: HashMap<Vec<usize>, usize>,
}

/// How a route is looked for.
#[derive(Clone, Copy)]
struct Quest {
    /// What a second on the road costs.
    rate: i64,
    care: Care,
    /// By how much more a route must be better than those that are known.
    slack: i64,
    /// How many steps may be taken.
    steps: usize,
}

/// What all shifts choose.
pub(super) struct Choice {
    /// What that costs less prices, together.
    pub(super) cost: i64,
    /// How many of them make each visit.
    pub(super) made: Vec<f64>,
    /// How many labels the market has followed so far.
    pub(super) work: usize,
}

impl Market {
    /// The market for these visits, in which the routes of the plan are known; routes
    /// remember `near` visits at each at first.
    pub(super) fn new(
        model: &Model<'_>,
        plan: &Solution,
        visits: &[usize],
        near: usize,
        work: usize,
    ) -> Self {
        let stall = |shift: usize| Stall {
            volunteer: model.shifts[shift].volunteer,
            trips: Trips::of(model, shift, visits, near),
            limit: Seconds::MAX,
            routes: Vec::new(),
            known: HashMap::new(),
        };
        let mut shifts: Vec<Stall> = (0..model.shifts.len()).map(stall).collect();
        for (stall, route) in shifts.iter_mut().zip(&plan.routes) {
            let stops: Vec<usize> = route.stops.iter().map(|stop| stop.visit).collect();
            if !stops.is_empty() {
                let service: i64 =
                    stops.iter().map(|stop| i64::from(model.calls[*stop].service)).sum();
                let travel = route.travel();
                stall.learn(Route { visits: stops, travel, load: travel + service });
            }
        }
        let mut market = Self { shifts, work: 0, most: work };
        market.limit(work, |volunteer| free_offer(model, volunteer));
        market
    }

    /// From now on no route takes more service and travel than a volunteer may, and so
    /// many steps more may be taken.
    pub(super) fn limit(&mut self, work: usize, most: impl Fn(usize) -> i64) {
        self.most = self.work.saturating_add(work);
        for stall in &mut self.shifts {
            let limit = Seconds::try_from(most(stall.volunteer)).unwrap_or(Seconds::MAX);
            // What no shift is long enough for need not be counted.
            stall.limit = if limit < stall.trips.length() { limit } else { Seconds::MAX };
        }
    }

    /// How many shifts there are.
    pub(super) fn shifts(&self) -> usize {
        self.shifts.len()
    }

    /// Whether all steps are taken that may be.
    pub(super) fn is_tired(&self) -> bool {
        self.work >= self.most
    }

    /// How many steps were taken so far.
    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// The visits of routes of a shift that keep to its limit, from the number `known`
    /// on; it is brought up to date.
    pub(super) fn routes(&self, shift: usize, known: &mut usize) -> impl Iterator<Item = &[usize]> {
        let Stall { routes, limit, .. } = &self.shifts[shift];
        let from = std::mem::replace(known, routes.len());
        let fits = |route: &&Route| route.load <= i64::from(*limit);
        routes[from..].iter().filter(fits).map(|route| route.visits.as_slice())
    }

    /// What the shifts choose when a second on the road costs `rate` and each visit
    /// brings its price.
    ///
    /// Routes that are better than those that are known by no more than the shift's part
    /// of `slack` need not be found; where a proof is asked for, the cost allows for them.
    pub(super) fn choose(&mut self, prices: &[i64], rate: i64, care: Care, slack: i64) -> Choice {
        let mut choice = Choice { cost: 0, made: vec![0.0; prices.len()], work: 0 };
        let breadth = self.shifts.iter().map(Stall::breadth).sum::<i128>().max(1);
        for stall in &mut self.shifts {
            let slack = i64::try_from(i128::from(slack) * stall.breadth() / breadth).unwrap_or(0);
            let left = self.most.saturating_sub(self.work);
            let (cost, route, steps) =
                stall.choose(prices, Quest { rate, care, slack, steps: left });
            self.work += steps;
            choice.cost += cost;
            let visits = route.into_iter().flat_map(|route| &route.visits);
            visits.for_each(|visit| choice.made[*visit] += 1.0);
        }
        choice.work = self.work;
        choice
    }
}

impl Stall {
    /// Keeps the route, or the shorter of two with the same visits.
    fn learn(&mut self, route: Route) {
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

    /// How hard it is to look through all routes: the longer they may be, the more
    /// there are.
    fn breadth(&self) -> i128 {
        i128::from(self.limit.min(self.trips.length())).pow(2)
    }

    /// The best route, or none where to stay at home is better, and what it comes to;
    /// when asked for the least, a figure that no route is below.
    fn choose(&mut self, gains: &[i64], quest: Quest) -> (i64, Option<&Route>, usize) {
        let Quest { rate, care, slack, steps: most } = quest;
        let mut steps = 0;
        let (mut cost, mut at) = self.best(rate, gains);
        if care != Care::Known {
            let proof = care == Care::Least;
            let below = cost - slack;
            let purse = Purse { rate, gains, limit: self.limit, below, steps: most };
            let found = if proof { self.trips.least(&purse) } else { self.trips.good(&purse) };
            steps = found.steps;
            found.routes.into_iter().for_each(|route| self.learn(route));
            (cost, at) = self.best(rate, gains);
            if proof {
                cost = found.cost;
            }
        }
        (cost, at.map(|at| &self.routes[at]), steps)
    }

    fn best(&self, rate: i64, gains: &[i64]) -> (i64, Option<usize>) {
        let cost = |route: &Route| {
            rate * route.travel - route.visits.iter().map(|visit| gains[*visit]).sum::<i64>()
        };
        let fits = |(_, route): &(usize, &Route)| route.load <= self.limit.into();
        let routes = self.routes.iter().enumerate().filter(fits);
        let routes = routes.map(|(at, route)| (cost(route), Some(at)));
        // An empty shift costs nothing.
        routes.fold((0, None), |best, route| if route.0 < best.0 { route } else { best })
    }
}

/// The whole number towards nought; a price above its limit would prove too much.
pub(super) fn whole(price: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "prices are far below 2^52 units")]
    let whole = price as i64;
    whole
}

#[expect(clippy::cast_precision_loss, reason = "it only steers prices")]
pub(super) fn float(value: i64) -> f64 {
    value as f64
}
