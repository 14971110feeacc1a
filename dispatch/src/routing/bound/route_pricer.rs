//! The cheapest route of one shift at dual prices: a shortest path with resource constraints.

use super::completions::Completions;
use super::labels::LabelSearch;
use crate::routing::instance::Seconds;
use crate::routing::model::{FORBIDDEN, Model};
use crate::routing::timeline::{self, NEVER, Span};

/// The largest number of runs with growing memories.
const MOST_RUNS: usize = 8;
/// The largest number of time slices of a shift.
const MOST_SLICES: Seconds = 512;

/// The pricing of one shift, whose allowed visits are renumbered from zero.
pub(super) struct RoutePricer {
    /// The graph in the direction of time.
    forwards: ShiftGraph,
    /// The same with time reversed: every route of one, read backwards, is a route of the other,
    /// since waiting is free.
    backwards: ShiftGraph,
    /// The initial ng-neighbourhood of each visit.
    near: Vec<u64>,
    /// The current ng-neighbourhood of each visit.
    grown: Vec<u64>,
    /// The rank of each visit of the model among these.
    ranks: Vec<usize>,
}

/// The visits of a shift, with the data for one direction of time.
pub(super) struct ShiftGraph {
    /// Their numbers in the model.
    pub(super) visits: Vec<usize>,
    pub(super) open: Seconds,
    pub(super) close: Seconds,
    breaks: Vec<Span>,
    windows: Vec<Vec<Span>>,
    pub(super) service: Vec<Seconds>,
    /// Travel times between visits, a row for each origin.
    ways: Vec<Seconds>,
    /// Travel times from home, and back.
    pub(super) out: Vec<Seconds>,
    pub(super) back: Vec<Seconds>,
    /// The least travel time to each visit, and home.
    pub(super) least_in: Vec<Seconds>,
    pub(super) least_back: Seconds,
    /// The latest begin of each visit from which home can be reached.
    pub(super) latest: Vec<Seconds>,
    /// The length of a time slice, whose labels are expanded together.
    pub(super) slice: Seconds,
}

/// The dual prices and limits of a pricing run.
pub(super) struct DualPrices<'p> {
    /// The cost of a second of travel.
    pub(super) rate: i64,
    /// The price of each visit, by the numbers of the model.
    pub(super) prices: &'p [i64],
    /// The largest load of a route.
    pub(super) limit: Seconds,
    /// Only routes that cost less are searched for.
    pub(super) cutoff: i64,
    /// The limit of steps; labels not expanded by then count with their lower bounds.
    pub(super) steps: usize,
}

/// The result of pricing one shift.
#[derive(Clone, Debug, Default)]
pub(super) struct PricingResult {
    /// A lower bound on the cost of any route, at most the cutoff.
    pub(super) cost: i64,
    /// Routes below the cutoff, the best last.
    pub(super) routes: Vec<PricedRoute>,
    /// The number of steps.
    pub(super) steps: usize,
}

/// A route found by pricing.
#[derive(Clone, Debug, Default)]
pub(super) struct PricedRoute {
    /// The visits, by the numbers of the model.
    pub(super) visits: Vec<usize>,
    /// Travel time in seconds.
    pub(super) travel: i64,
    /// Service and travel time in seconds.
    pub(super) load: i64,
}

impl RoutePricer {
    /// The pricer of a shift for those of `visits`, 64 at most, that it may hold, with initial
    /// ng-neighbourhoods of size `near`, each including the visit itself.
    pub(super) fn of(model: &Model<'_>, shift: usize, visits: &[usize], near: usize) -> Self {
        let forwards = ShiftGraph::of(model, shift, visits);
        let near = forwards.near(near);
        let mut ranks = vec![usize::MAX; model.visits.len()];
        forwards.visits.iter().enumerate().for_each(|(rank, visit)| ranks[*visit] = rank);
        Self { backwards: forwards.mirrored(), forwards, grown: near.clone(), near, ranks }
    }

    /// The length of the shift.
    pub(super) fn length(&self) -> Seconds {
        self.forwards.close - self.forwards.open
    }

    /// Heuristic pricing: dominance ignores memories, so better routes may be missed.
    pub(super) fn heuristic(&self, duals: &DualPrices<'_>) -> PricingResult {
        let everything = vec![u64::MAX; self.near.len()];
        let mut search = LabelSearch::new(&self.forwards, duals, &everything, None);
        search.run(true);
        PricingResult { cost: i64::MIN, routes: search.routes(true), steps: search.steps() }
    }

    /// Exact pricing: a lower bound on the cost of any route.
    ///
    /// Each run admits all elementary routes and some with cycles, so its least cost is a bound.
    /// Each cycle found widens memories for the next run. The next run reverses time, so that the
    /// previous run gives completion bounds for its labels (Righini and Salani, Networks 51(3),
    /// 2008): labels that cannot end below the cutoff are dropped, and only elementary routes lower
    /// the cutoff, so none that matters to a later run is.
    pub(super) fn exact(&mut self, duals: &DualPrices<'_>) -> PricingResult {
        let mut found = PricingResult { cost: i64::MIN, routes: Vec::new(), steps: 0 };
        let mut cutoff = duals.cutoff;
        let mut completions: Option<Completions> = None;
        for run in 0..MOST_RUNS {
            let graph = if run % 2 == 0 { &self.forwards } else { &self.backwards };
            let near = if run == 0 { &self.near } else { &self.grown };
            let left = duals.steps.saturating_sub(found.steps);
            let duals = DualPrices { cutoff, steps: left, ..*duals };
            let mut search = LabelSearch::new(graph, &duals, near, completions.as_ref());
            let complete = search.run(false);
            found.cost = found.cost.max(search.cost());
            found.steps += search.steps();
            found.routes.extend(search.routes(true));
            cutoff = search.cutoff();
            let cyclic = search.routes(false);
            completions = Some(search.completions());
            if !complete || found.cost >= cutoff || run + 1 == MOST_RUNS {
                break;
            }
            for route in &cyclic {
                self.widen_memory(route);
            }
        }
        found
    }

    /// Widens memories so that the route's cycles are excluded.
    fn widen_memory(&mut self, route: &PricedRoute) {
        for (first, visit) in route.visits.iter().enumerate() {
            let rest = &route.visits[first + 1..];
            let away = rest.iter().position(|other| other == visit);
            for between in &rest[..away.unwrap_or(0)] {
                self.grown[self.ranks[*between]] |= 1 << self.ranks[*visit];
            }
        }
    }
}

impl ShiftGraph {
    pub(super) fn of(model: &Model<'_>, shift: usize, visits: &[usize]) -> Self {
        let on = &model.shifts[shift];
        let may = |visit: &usize| model.cost(*visit, shift) != FORBIDDEN;
        let visits: Vec<usize> = visits.iter().copied().filter(may).collect();
        let way = |a: usize, b: usize| model.ways[on.matrix].way(a, b);
        let place = |visit: &usize| model.visits[*visit].place;
        let pairs = visits.iter().flat_map(|a| visits.iter().map(move |b| (a, b)));
        let windows = |visit: &usize| {
            let data = &model.visits[*visit];
            if data.windows.is_empty() { vec![data.hull] } else { data.windows.clone() }
        };
        let graph = Self {
            open: on.open,
            close: on.close,
            breaks: on.breaks.clone(),
            windows: visits.iter().map(windows).collect(),
            service: visits.iter().map(|visit| model.visits[*visit].service).collect(),
            ways: pairs.map(|(a, b)| way(place(a), place(b))).collect(),
            out: visits.iter().map(|visit| way(on.volunteer, place(visit))).collect(),
            back: visits.iter().map(|visit| way(place(visit), on.volunteer)).collect(),
            visits,
            least_in: Vec::new(),
            least_back: 0,
            latest: Vec::new(),
            slice: 1,
        };
        graph.prepared()
    }

    /// The graph with time reversed.
    fn mirrored(&self) -> Self {
        let count = self.visits.len();
        let turned = |span: &Span| (-span.1, -span.0);
        let windows = |visit: usize| {
            let service = self.service[visit];
            let turned = |window: &Span| (-window.1 - service, -window.0 - service);
            self.windows[visit].iter().rev().map(turned).collect()
        };
        let graph = Self {
            visits: self.visits.clone(),
            open: -self.close,
            close: -self.open,
            breaks: self.breaks.iter().rev().map(turned).collect(),
            windows: (0..count).map(windows).collect(),
            service: self.service.clone(),
            ways: (0..count * count).map(|at| self.ways[at % count * count + at / count]).collect(),
            out: self.back.clone(),
            back: self.out.clone(),
            least_in: Vec::new(),
            least_back: 0,
            latest: Vec::new(),
            slice: 1,
        };
        graph.prepared()
    }

    fn prepared(mut self) -> Self {
        let count = self.visits.len();
        let least_in = |to: usize| {
            let others = (0..count).filter(|from| *from != to);
            others.map(|from| self.ways[from * count + to]).fold(self.out[to], Seconds::min)
        };
        self.least_in = (0..count).map(least_in).collect();
        self.least_back = self.back.iter().copied().min().unwrap_or(0);
        // Without the triangle inequality, home may be nearer by way of other visits.
        let mut home = self.back.clone();
        for _ in 0..count {
            for from in 0..count {
                let by = |by: usize| self.ways[from * count + by] + self.service[by] + home[by];
                home[from] = (0..count).map(by).fold(home[from], Seconds::min);
            }
        }
        let latest = |visit: usize| self.close - self.service[visit] - home[visit];
        self.latest = (0..count).map(latest).collect();
        let least = (0..count).map(|visit| self.service[visit] + self.least_in[visit]).min();
        self.slice = least.unwrap_or(1).max((self.close - self.open) / MOST_SLICES + 1);
        self
    }

    /// The nearest visits of each as bit masks. Cycles without service never end, so visits without
    /// service are in every neighbourhood.
    fn near(&self, most: usize) -> Vec<u64> {
        let count = self.visits.len();
        let idle = (0..count).filter(|visit| self.service[*visit] == 0);
        let idle = idle.fold(0, |mask, visit| mask | 1_u64 << visit);
        let near = |visit: usize| {
            let round = |a: usize| self.ways[visit * count + a] + self.ways[a * count + visit];
            let mut others: Vec<usize> = (0..count).collect();
            others.sort_by_key(|other| (*other != visit, round(*other), *other));
            others.iter().take(most).fold(idle, |mask, other| mask | 1 << other)
        };
        (0..count).map(near).collect()
    }

    /// The travel times from a visit to the others, or from home.
    pub(super) fn ways_from(&self, visit: Option<usize>) -> &[Seconds] {
        let count = self.visits.len();
        visit.map_or(&self.out, |visit| &self.ways[visit * count..][..count])
    }

    /// The least time from the end of a visit to home.
    pub(super) fn least_home(&self, visit: usize) -> Seconds {
        self.close - self.service[visit] - self.latest[visit]
    }

    /// The arrival of a journey that may start at `from`; one of no length overlaps no break.
    pub(super) fn arrive(&self, from: Seconds, way: Seconds) -> Seconds {
        if way == 0 { from } else { timeline::arrive(from, way, &self.breaks) }
    }

    /// The first begin of a visit from `arrive` on.
    pub(super) fn begin(&self, visit: usize, arrive: Seconds) -> Seconds {
        let (service, windows) = (self.service[visit], &self.windows[visit]);
        if service > 0 && !self.breaks.is_empty() {
            return timeline::begin(arrive, service, windows, &self.breaks);
        }
        let window = windows.iter().find(|window| arrive <= window.1);
        window.map_or(NEVER, |window| arrive.max(window.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::tests::some_street;
    use crate::routing::weights::Weights;

    proptest! {
        #[test]
        fn both_directions_of_time_prove_the_same(
            instance in some_street(1, 4),
            prices in prop::collection::vec(0..400_i64, 4),
            limit in prop_oneof![Just(Seconds::MAX), 50..300],
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let duals = DualPrices { rate: 1, prices: &prices, limit, cutoff: 0, steps: 1_000_000 };
            let pricer = RoutePricer::of(&model, 0, &[0, 1, 2, 3], 4);
            let cost = |graph: &ShiftGraph| {
                let memory = vec![u64::MAX; graph.visits.len()];
                let mut search = LabelSearch::new(graph, &duals, &memory, None);
                search.run(false);
                search.cost()
            };
            prop_assert_eq!(cost(&pricer.forwards), cost(&pricer.backwards));
        }

        #[test]
        fn what_is_remembered_at_first_does_not_change_the_proof_of_a_day_without_returns(
            instance in some_street(1, 4),
            prices in prop::collection::vec(0..400_i64, 4),
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let duals = DualPrices {
                rate: 1,
                prices: &prices,
                limit: Seconds::MAX,
                cutoff: 0,
                steps: 1_000_000,
            };
            let cost = |near| RoutePricer::of(&model, 0, &[0, 1, 2, 3], near).exact(&duals).cost;
            prop_assert!(cost(1) <= cost(4), "less memory never proves more");
        }
    }
}
