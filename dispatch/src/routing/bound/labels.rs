//! A labelling algorithm for the shortest path with resource constraints.
//!
//! A [label](super::label) remembers only those of its visits that are in the ng-neighbourhoods of all later ones,
//! so routes may contain long cycles (ng-routes: Baldacci, Mingozzi and Roberti, Operations
//! Research 59(5), 2011). This admits more routes than are feasible.

use super::completions::Completions;
use super::knapsack::KnapsackBound;
use super::label::{Label, NONE, position};
use super::route_pricer::{DualPrices, PricedRoute, ShiftGraph};
use crate::routing::instance::Seconds;

/// The number of dominance tests of a new label before it is queued.
const FEW: usize = 16;

/// One run of the algorithm.
pub(super) struct LabelSearch<'s> {
    graph: &'s ShiftGraph,
    duals: &'s DualPrices<'s>,
    near: &'s [u64],
    completions: Option<&'s Completions>,
    /// The price of each visit.
    prices: Vec<i64>,
    knapsack: KnapsackBound<'s>,
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
            knapsack: KnapsackBound::new(graph, duals, &prices),
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
                self.knapsack
                    .least(&Label { time: self.graph.open + slice * self.graph.slice, ..start })
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
        let bound = self.knapsack.least(label);
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

#[cfg(test)]
mod tests;
