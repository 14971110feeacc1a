//! What one shift can do, told forwards and backwards, and its cheapest route when
//! visits have prices.

use super::completions::Completions;
use super::labels::LabelSearch;
use crate::routing::instance::Seconds;
use crate::routing::model::{FORBIDDEN, Model};
use crate::routing::timeline::{self, NEVER, Span};

/// How often memories are widened before the cost found last is taken.
const MOST_RUNS: usize = 8;
/// Into how many slices of time a shift is cut at most.
const MOST_SLICES: Seconds = 512;

/// One shift and the visits that may go into it, numbered anew from nought.
pub(super) struct RoutePricer {
    /// From the morning on.
    forwards: ShiftGraph,
    /// The same with the clock turned round: every route of the one is one of the
    /// other, read from its end, since waiting is free.
    backwards: ShiftGraph,
    /// The visits remembered at each to begin with.
    near: Vec<u64>,
    /// The visits remembered at each by now.
    grown: Vec<u64>,
    /// Where each visit of the model is among these.
    ranks: Vec<usize>,
}

/// The visits of a shift, with all that a clock that runs in one direction needs.
pub(super) struct ShiftGraph {
    /// By their numbers in the model.
    pub(super) visits: Vec<usize>,
    pub(super) open: Seconds,
    pub(super) close: Seconds,
    breaks: Vec<Span>,
    windows: Vec<Vec<Span>>,
    pub(super) service: Vec<Seconds>,
    /// Ways between visits, a row for each that is left.
    ways: Vec<Seconds>,
    /// Ways from home, and back.
    pub(super) out: Vec<Seconds>,
    pub(super) back: Vec<Seconds>,
    /// The least way to each visit from anywhere, and home from any.
    pub(super) least_in: Vec<Seconds>,
    pub(super) least_back: Seconds,
    /// No route is made in which a visit begins later.
    pub(super) latest: Vec<Seconds>,
    /// How long each slice of time is in which labels are looked at together.
    pub(super) slice: Seconds,
}

/// What a route is judged by.
pub(super) struct DualPrices<'p> {
    /// What a second on the road costs.
    pub(super) rate: i64,
    /// What each visit brings, by the numbers of the model.
    pub(super) prices: &'p [i64],
    /// The most service and travel that a route may take.
    pub(super) limit: Seconds,
    /// Only routes that cost less are looked for.
    pub(super) cutoff: i64,
    /// How many steps may be taken; what then stays open counts with its best hope.
    pub(super) steps: usize,
}

/// The answer for one shift.
#[derive(Clone, Debug, Default)]
pub(super) struct PricingResult {
    /// No route costs less than this, and it is not above what was asked for.
    pub(super) cost: i64,
    /// Good routes below what was asked for, the best last.
    pub(super) routes: Vec<PricedRoute>,
    /// How many steps it took.
    pub(super) steps: usize,
}

/// A route that was met.
#[derive(Clone, Debug, Default)]
pub(super) struct PricedRoute {
    /// The visits, by the numbers of the model.
    pub(super) visits: Vec<usize>,
    /// Seconds on the road.
    pub(super) travel: i64,
    /// Seconds of service and on the road.
    pub(super) load: i64,
}

impl RoutePricer {
    /// The trips of a shift to those of `visits`, 64 at the most, that may go into it. At
    /// each visit so many around it are remembered at first, itself among them.
    pub(super) fn of(model: &Model<'_>, shift: usize, visits: &[usize], near: usize) -> Self {
        let forwards = ShiftGraph::of(model, shift, visits);
        let near = forwards.near(near);
        let mut ranks = vec![usize::MAX; model.visits.len()];
        forwards.visits.iter().enumerate().for_each(|(rank, visit)| ranks[*visit] = rank);
        Self { backwards: forwards.mirrored(), forwards, grown: near.clone(), near, ranks }
    }

    /// From the first to the last moment of the shift.
    pub(super) fn length(&self) -> Seconds {
        self.forwards.close - self.forwards.open
    }

    /// Good routes found fast: labels are dropped for others with other memories, so
    /// that better ones may be missed.
    pub(super) fn heuristic(&self, duals: &DualPrices<'_>) -> PricingResult {
        let everything = vec![u64::MAX; self.near.len()];
        let mut search = LabelSearch::new(&self.forwards, duals, &everything, None);
        search.run(true);
        PricingResult { cost: i64::MIN, routes: search.routes(true), steps: search.steps() }
    }

    /// A cost that no route is below.
    ///
    /// Each run admits all real routes and some that come back to a visit, so its
    /// least cost is a bound. Wherever a route came back, the next run remembers
    /// better. It reads the clock the other way round, so that the run before tells
    /// how each of its labels can end at best (Righini and Salani, Networks 51(3),
    /// 2008): labels that cannot end below what is asked for are dropped, and only
    /// real routes lower what is asked for, so none that matters to a later run is.
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
            let whole = search.run(false);
            found.cost = found.cost.max(search.cost());
            found.steps += search.steps();
            found.routes.extend(search.routes(true));
            cutoff = search.cutoff();
            let cyclic = search.routes(false);
            completions = Some(search.completions());
            if !whole || found.cost >= cutoff || run + 1 == MOST_RUNS {
                break;
            }
            for route in &cyclic {
                self.widen_memory(route);
            }
        }
        found
    }

    /// Remembers every visit that a route came back to for as long as it was away.
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

    /// The same routes read from their ends, with every moment counted backwards.
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
        // Where ways break the triangle inequality, home may be nearer by way of others.
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

    /// The nearest visits of each as bits. Without service there is no end to going
    /// round, so visits that take no time are remembered everywhere.
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

    /// The ways from a visit to the others, or from home.
    pub(super) fn ways_from(&self, visit: Option<usize>) -> &[Seconds] {
        let count = self.visits.len();
        visit.map_or(&self.out, |visit| &self.ways[visit * count..][..count])
    }

    /// The least time in which one is home from the end of a visit.
    pub(super) fn least_home(&self, visit: usize) -> Seconds {
        self.close - self.service[visit] - self.latest[visit]
    }

    /// When a journey ends that may begin at `from`; one that takes no time meets no break.
    pub(super) fn arrive(&self, from: Seconds, way: Seconds) -> Seconds {
        if way == 0 { from } else { timeline::arrive(from, way, &self.breaks) }
    }

    /// The first beginning of a visit that one reaches at `arrive`.
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
