//! A labelling algorithm for the shortest path with resource constraints.
//!
//! A label is a partial route that ends with a visit at some time and cost. A label dominates
//! another at the same visit if it is as early, as cheap, as little loaded and remembers no other
//! visit, since any completion of the other completes it as well (Desrochers, Desrosiers and
//! Solomon, Operations Research 40(2), 1992).
//!
//! A label remembers only those of its visits that are in the ng-neighbourhoods of all later ones,
//! so routes may contain long cycles (ng-routes: Baldacci, Mingozzi and Roberti, Operations
//! Research 59(5), 2011). This admits more routes than are feasible.

use super::completions::Completions;
use super::route_pricer::{DualPrices, PricedRoute, ShiftGraph};
use crate::routing::instance::Seconds;

/// No visit, or no label.
const NONE: u32 = u32::MAX;

/// The tolerance of heuristic dominance in time and load.
const TOLERANCE: Seconds = 300;

/// The number of dominance tests of a new label before it is queued.
const FEW: usize = 16;

#[derive(Clone, Copy)]
struct Label {
    cost: i64,
    /// The remembered visits.
    memory: u64,
    /// All its visits.
    all: u64,
    /// Departure time.
    time: Seconds,
    /// Load; zero if there is no limit.
    load: Seconds,
    from: u32,
    visit: u32,
    /// Whether it is elementary, that is, without a cycle.
    elementary: bool,
}

/// An item of the knapsack bound: the most that a visit could gain, and the least time it takes.
struct KnapsackItem {
    visit: usize,
    value: i64,
    seconds: Seconds,
}

/// One run of the algorithm.
pub(super) struct LabelSearch<'s> {
    graph: &'s ShiftGraph,
    duals: &'s DualPrices<'s>,
    near: &'s [u64],
    completions: Option<&'s Completions>,
    /// The price of each visit.
    prices: Vec<i64>,
    /// By decreasing density.
    items: Vec<KnapsackItem>,
    /// The lower bound on the cost of a route that starts in each slice.
    slice_bounds: Vec<i64>,
    labels: Vec<Label>,
    /// The number of expansions and dominance tests, weighted.
    steps: usize,
    /// The labels at each visit, the cheapest first.
    kept: Vec<Vec<Label>>,
    /// The labels not yet expanded, by departure slice.
    pending: Vec<Vec<Label>>,
    /// Whether dominance is heuristic.
    heuristic: bool,
    /// Only elementary routes below this cost matter.
    cutoff: i64,
    /// The least lower bound of labels that were not expanded.
    unexplored: i64,
    /// The best elementary route and the best other route that end with each visit.
    elementary: Vec<(i64, u32)>,
    cyclic: Vec<(i64, u32)>,
}

impl<'s> LabelSearch<'s> {
    pub(super) fn new(
        graph: &'s ShiftGraph,
        duals: &'s DualPrices<'s>,
        near: &'s [u64],
        completions: Option<&'s Completions>,
    ) -> Self {
        let count = graph.visits.len();
        let prices: Vec<i64> = graph.visits.iter().map(|visit| duals.prices[*visit]).collect();
        let slices = usize::try_from((graph.close - graph.open) / graph.slice).unwrap_or(0) + 1;
        Self {
            graph,
            duals,
            near,
            completions,
            items: items(graph, duals.rate, &prices),
            prices,
            slice_bounds: Vec::new(),
            labels: Vec::new(),
            steps: 0,
            kept: vec![Vec::new(); count],
            pending: vec![Vec::new(); slices],
            heuristic: false,
            cutoff: duals.cutoff,
            unexplored: i64::MAX,
            elementary: vec![(duals.cutoff, NONE); count],
            cyclic: vec![(duals.cutoff, NONE); count],
        }
    }

    /// Expands all labels; returns whether none was left.
    pub(super) fn run(&mut self, heuristic: bool) -> bool {
        self.heuristic = heuristic;
        let start = Label {
            cost: 0,
            memory: 0,
            all: 0,
            time: self.graph.open,
            load: 0,
            from: NONE,
            visit: NONE,
            elementary: true,
        };
        self.slice_bounds = (0..)
            .zip(&self.pending)
            .map(|(slice, _)| {
                self.lower_bound(&Label {
                    time: self.graph.open + slice * self.graph.slice,
                    ..start
                })
            })
            .collect();
        self.extend(&start, NONE);
        let mut order: Vec<(i64, Seconds, usize)> = Vec::new();
        for slice in 0..self.pending.len() {
            while !self.pending[slice].is_empty() {
                let labels = std::mem::take(&mut self.pending[slice]);
                order.clear();
                order.extend((0..).zip(&labels).map(|(at, label)| (label.cost, label.time, at)));
                order.sort_unstable();
                for &(.., at) in &order {
                    self.expand(&labels[at]);
                }
            }
        }
        self.unexplored == i64::MAX
    }

    fn expand(&mut self, label: &Label) {
        self.steps += 1;
        let bound = self.lower_bound(label);
        if bound >= self.cutoff {
            return;
        }
        if self.steps >= self.duals.steps {
            self.unexplored = self.unexplored.min(bound);
            return;
        }
        let kept = &mut self.kept[label.visit as usize];
        self.steps += kept.len() / 16;
        let Some(at) = position(kept, label, self.heuristic, usize::MAX) else { return };
        kept.insert(at, *label);
        let number = u32::try_from(self.labels.len()).unwrap_or(NONE);
        self.labels.push(*label);
        self.return_home(label, number);
        self.extend(label, number);
    }

    /// A lower bound on the cost of routes that extend the label: the fractional knapsack of visits
    /// that it does not remember over the remaining time, each with its least travel.
    fn lower_bound(&self, label: &Label) -> i64 {
        let graph = self.graph;
        let left = (graph.close - label.time).min(self.duals.limit - label.load);
        let mut left = (left - graph.least_back).max(0);
        let mut cost = label.cost + self.duals.rate * i64::from(graph.least_back);
        for item in &self.items {
            let gone = label.memory >> item.visit & 1 == 1;
            if gone || label.time + graph.least_in[item.visit] > graph.latest[item.visit] {
                continue;
            }
            if item.seconds > left {
                let part = i128::from(item.value) * i128::from(left);
                let part = part / i128::from(item.seconds) + 1;
                return cost - i64::try_from(part).unwrap_or(item.value);
            }
            left -= item.seconds;
            cost -= item.value;
        }
        cost
    }

    /// Completes the route of the label.
    fn return_home(&mut self, label: &Label, number: u32) {
        let at = label.visit as usize;
        let way = self.graph.back[at];
        let cost = label.cost + self.duals.rate * i64::from(way);
        let ends = if label.elementary { &mut self.elementary[at] } else { &mut self.cyclic[at] };
        if cost < ends.0
            && self.graph.arrive(label.time, way) <= self.graph.close
            && label.load + way <= self.duals.limit
        {
            *ends = (cost, number);
            if label.elementary {
                self.cutoff = self.cutoff.min(cost);
            }
        }
    }

    fn extend(&mut self, label: &Label, number: u32) {
        let graph = self.graph;
        let ways = graph.ways_from((label.visit != NONE).then_some(label.visit as usize));
        for (to, &way) in ways.iter().enumerate() {
            if label.memory >> to & 1 == 1 || label.time + way > graph.latest[to] {
                continue;
            }
            let start = graph.begin(to, graph.arrive(label.time, way));
            let load = label.load + way + graph.service[to];
            if start > graph.latest[to] || load + graph.least_home(to) > self.duals.limit {
                continue;
            }
            let time = start + graph.service[to];
            let cost = label.cost + self.duals.rate * i64::from(way) - self.prices[to];
            let slice = usize::try_from((time - graph.open) / graph.slice).unwrap_or(0);
            if cost + self.slice_bounds[slice] >= self.cutoff
                || cost + self.completion_bound(to, start, load) >= self.cutoff
            {
                continue;
            }
            let next = Label {
                cost,
                memory: label.memory & self.near[to] | 1 << to,
                all: label.all | 1 << to,
                time,
                load: if self.duals.limit == Seconds::MAX { 0 } else { load },
                from: number,
                visit: u32::try_from(to).unwrap_or(NONE),
                elementary: label.elementary && label.all >> to & 1 == 0,
            };
            if position(&self.kept[to], &next, self.heuristic, FEW).is_some() {
                self.pending[slice].push(next);
            }
        }
    }

    /// The completion bound of a visit that begins at `start` with this load, from the previous
    /// run.
    fn completion_bound(&self, visit: usize, start: Seconds, load: Seconds) -> i64 {
        let Some(completions) = self.completions else { return i64::MIN / 2 };
        // With time reversed, the service ends when here it begins, and it counts on both sides.
        let left = self.duals.limit - load + self.graph.service[visit];
        let rest = completions.least(visit, -start, left);
        rest.map_or(i64::MAX / 4, |rest| rest + self.prices[visit])
    }

    /// The number of steps.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// A lower bound on the cost of any route, at most the cutoff.
    pub(super) fn cost(&self) -> i64 {
        let ends = self.elementary.iter().chain(&self.cyclic).map(|end| end.0);
        ends.fold(self.duals.cutoff.min(self.unexplored), i64::min)
    }

    /// The cutoff, or the cost of the best elementary route if that is less.
    pub(super) fn cutoff(&self) -> i64 {
        self.cutoff
    }

    /// The best routes by last visit, the best last.
    pub(super) fn routes(&self, elementary: bool) -> Vec<PricedRoute> {
        let ends = if elementary { &self.elementary } else { &self.cyclic };
        let mut ends: Vec<_> = ends.iter().filter(|end| end.1 != NONE).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        ends.into_iter().map(|end| self.route(end.1)).collect()
    }

    fn route(&self, last: u32) -> PricedRoute {
        let graph = self.graph;
        let mut at = &self.labels[last as usize];
        let mut visit = at.visit as usize;
        let mut service = i64::from(graph.service[visit]);
        let mut route = PricedRoute {
            visits: vec![graph.visits[visit]],
            travel: graph.back[visit].into(),
            load: 0,
        };
        while at.from != NONE {
            at = &self.labels[at.from as usize];
            route.travel += i64::from(graph.ways_from(Some(at.visit as usize))[visit]);
            visit = at.visit as usize;
            route.visits.push(graph.visits[visit]);
            service += i64::from(graph.service[visit]);
        }
        route.travel += i64::from(graph.out[visit]);
        route.load = route.travel + service;
        route
    }

    /// The completion bounds for the next run.
    pub(super) fn completions(self) -> Completions {
        let figures = |label: &Label| (label.time, label.load, label.cost);
        let kept: Vec<Vec<_>> =
            self.kept.iter().map(|labels| labels.iter().map(figures).collect()).collect();
        Completions::of(&kept)
    }
}

/// The position of a label by cost, unless one of the `looks` labels before it dominates it;
/// `heuristic` dominance ignores memories and tolerates a little more time and load.
fn position(kept: &[Label], label: &Label, heuristic: bool, looks: usize) -> Option<usize> {
    let dearer = kept.partition_point(|other| other.cost <= label.cost);
    let slack = if heuristic { TOLERANCE } else { 0 };
    let better = |other: &Label| {
        other.time <= label.time + slack
            && other.load <= label.load + slack
            && (heuristic || other.memory & !label.memory == 0)
    };
    // Labels of similar cost are the likeliest to be as early.
    (!kept[..dearer].iter().rev().take(looks).any(better)).then_some(dearer)
}

fn items(graph: &ShiftGraph, rate: i64, prices: &[i64]) -> Vec<KnapsackItem> {
    let item = |(visit, gain): (usize, &i64)| {
        let way = graph.least_in[visit];
        KnapsackItem {
            visit,
            value: gain - rate * i64::from(way),
            seconds: graph.service[visit] + way,
        }
    };
    let mut items: Vec<KnapsackItem> = prices.iter().enumerate().map(item).collect();
    items.retain(|item| item.value > 0);
    items.sort_by(|a, b| {
        let here = i128::from(a.value) * i128::from(b.seconds);
        let there = i128::from(b.value) * i128::from(a.seconds);
        there.cmp(&here).then(a.visit.cmp(&b.visit))
    });
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::instance::Instance;
    use crate::routing::model::Model;
    use crate::routing::tests::{all_orders, home_at, some_street, travel_of};
    use crate::routing::weights::Weights;

    const VISITS: [usize; 4] = [0, 1, 2, 3];

    /// The least cost of any route of the only shift below `duals.cutoff`, or that.
    fn least(instance: &Instance, duals: &DualPrices<'_>) -> i64 {
        let orders = all_orders(VISITS.len()).into_iter();
        let feasible = orders.filter(|order| home_at(instance, (0, 0), order).is_some());
        let costs = feasible.filter_map(|order| {
            let travel = travel_of(instance, 0, &order);
            let services = order.iter().map(|visit| i64::from(instance.visits[*visit].service));
            let load = travel + services.sum::<i64>();
            let prices = order.iter().map(|visit| duals.prices[*visit]).sum::<i64>();
            (load <= i64::from(duals.limit)).then_some(duals.rate * travel - prices)
        });
        costs.fold(duals.cutoff, i64::min)
    }

    proptest! {
        #[test]
        fn a_search_with_full_memory_finds_the_cheapest_route(
            instance in some_street(1, 4),
            prices in prop::collection::vec(0..400_i64, 4),
            limit in prop_oneof![Just(Seconds::MAX), 50..300],
            cutoff in -50..=0_i64,
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let graph = ShiftGraph::of(&model, 0, &VISITS);
            let duals = DualPrices { rate: 2, prices: &prices, limit, cutoff, steps: 1_000_000 };
            let memory = vec![u64::MAX; graph.visits.len()];
            let mut search = LabelSearch::new(&graph, &duals, &memory, None);
            prop_assert!(search.run(false), "every label is expanded");
            let least = least(&instance, &duals);
            prop_assert_eq!((search.cost(), search.cutoff()), (least, least));
            if let Some(route) = search.routes(true).last() {
                // Routes are listed from their ends.
                let order: Vec<usize> = route.visits.iter().rev().copied().collect();
                let travel = travel_of(&instance, 0, &order);
                prop_assert_eq!(route.travel, travel);
                let prices: i64 = order.iter().map(|visit| prices[*visit]).sum();
                prop_assert_eq!(2 * travel - prices, least);
                prop_assert!(home_at(&instance, (0, 0), &order).is_some());
            }
        }

        #[test]
        fn a_search_that_forgets_or_stops_early_never_proves_too_much(
            instance in some_street(1, 4),
            prices in prop::collection::vec(0..400_i64, 4),
            steps in 0..40_usize,
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let graph = ShiftGraph::of(&model, 0, &VISITS);
            let limit = Seconds::MAX;
            let duals = DualPrices { rate: 2, prices: &prices, limit, cutoff: 0, steps };
            let memory: Vec<u64> = (0..graph.visits.len()).map(|visit| 1 << visit).collect();
            let mut search = LabelSearch::new(&graph, &duals, &memory, None);
            search.run(false);
            prop_assert!(search.cost() <= least(&instance, &duals));
        }
    }
}
