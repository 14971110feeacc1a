//! The search: ruin, rebuild, and accept what is not much worse.

use super::budget::Budget;
use super::draft::Draft;
use super::model::{Model, index};
use super::pool::{self, Pool};
use super::random::Chance;
use super::recreate;
use super::ruin::{self, Ruin};

/// How often the temperature is set and the budget asked, in iterations.
const STEP: u64 = 64;

/// How many iterations a round has at least, before the next begins from its end.
const ROUND: f64 = 20_000.0;
/// How many rounds there are at most.
const MOST_ROUNDS: usize = 24;

/// The best draft that was found from an empty one.
pub(super) fn search(model: &Model<'_>, budget: &Budget<'_>, seed: u64) -> Draft {
    let mut draft = Draft::new(model);
    recreate::place_pinned(model, &mut draft);
    let mut search = Search {
        model,
        chance: Chance::new(seed),
        order: Vec::new(),
        best: draft.clone(),
        draft,
        pool: Pool::suits(model).then(Pool::default),
        done: 0,
        tune: Tune::from_env(),
    };
    search.begin();
    search.run(budget);
    if std::env::var("GW_TRACE").is_ok() { eprintln!("iterations {}", search.done); }
    search.best
}

struct Search<'m> {
    model: &'m Model<'m>,
    chance: Chance,
    order: Vec<(i64, u32)>,
    draft: Draft,
    best: Draft,
    pool: Option<Pool>,
    done: u64,
    tune: Tune,
}

impl Search<'_> {
    fn begin(&mut self) {
        recreate::recreate(self.model, &mut self.draft, &mut self.chance, &mut self.order, u32::MAX);
        self.draft.keep();
        self.best = self.draft.clone();
    }

    /// Rounds of annealing, each from the best there is; where routes can be put
    /// together anew, that is done between them.
    fn run(&mut self, budget: &Budget<'_>) {
        let mean = mean_leg(&self.draft);
        // What part of the budget a step takes tells how many rounds there is time for.
        let before = budget.spent(self.done);
        let tune = &self.tune;
        let (hot, cold) = (tune.hot * mean, tune.cold * mean);
        self.anneal(budget, (before, 1.0), (hot, hot), Some(STEP * 4));
        let spent = budget.spent(self.done);
        let expected = (STEP * 4) as f64 / (spent - before).max(1e-9);
        let rounds = (expected / self.tune.round).min(self.tune.rounds).max(1.0) as usize;
        for round in 0..rounds {
            let from = budget.spent(self.done);
            if from >= 1.0 {
                break;
            }
            let to = from + (1.0 - from) / (rounds - round) as f64;
            let to = if round + 1 == rounds { 1.0 } else { to };
            if round > 0 && self.chance.unit() < self.tune.fresh {
                self.restart();
            }
            let heat = if round == 0 { hot } else { hot * self.tune.reheat };
            self.anneal(budget, (from, to), (heat, cold), None);
            self.put_together();
            let best = self.best.clone();
            self.return_to(&best);
        }
    }

    fn restart(&mut self) {
        self.draft = Draft::new(self.model);
        recreate::place_pinned(self.model, &mut self.draft);
        recreate::recreate(self.model, &mut self.draft, &mut self.chance, &mut self.order, u32::MAX);
        self.draft.keep();
    }

    fn return_to(&mut self, best: &Draft) {
        let all: Vec<u32> = (0..index(best.tours.len())).collect();
        self.draft.copy_tours(self.model, best, &all);
        self.draft.keep();
    }

    /// The best plan of all routes met, if it is better than the best so far.
    fn put_together(&mut self) {
        let Some(pool) = &self.pool else { return };
        let worth = pool::worth(self.model, &self.best);
        let Some(routes) = pool.best_plan(self.model, worth) else { return };
        let mut draft = Draft::new(self.model);
        for (shift, visits) in routes {
            draft.follow(self.model, shift, visits);
        }
        if draft.cost(self.model) < self.best.cost(self.model) {
            draft.keep();
            self.best = draft;
        }
    }

    /// Simulated annealing as in Christiaens and Vanden Berghe (2020), from a
    /// temperature that is a part of the mean way to one that is next to nothing.
    fn anneal(&mut self, budget: &Budget<'_>, (from, to): (f64, f64), (hot, cold): (f64, f64), only: Option<u64>) {
        let model = self.model;
        let tune = &self.tune;
        let mut stale = vec![false; self.draft.tours.len()];
        let mut stale_list: Vec<u32> = (0..index(self.draft.tours.len())).collect();
        stale.fill(true);
        let how = Ruin { mean: tune.mean, longest: tune.longest as usize, strings: tune.strings };
        let cooling = Cooling::new(hot, cold);
        let mut temperature = hot;
        let mut cost = self.draft.cost(model);
        let mut least = self.best.cost(model);
        let last = only.map(|count| self.done + count);
        loop {
            if last == Some(self.done) {
                break;
            }
            if self.done % STEP == 0 {
                let spent = budget.spent(self.done);
                if spent >= to {
                    break;
                }
                temperature = cooling.at((spent - from) / (to - from));
            }
            self.done += 1;
            let closed = if tune.close > 0.0 && self.chance.unit() < tune.close { ruin::close(model, &mut self.draft, how, &mut self.chance) } else { ruin::ruin(model, &mut self.draft, how, &mut self.chance); u32::MAX };
            if tune.force > 0.0 && self.chance.unit() < tune.force { recreate::force(model, &mut self.draft, &mut self.chance); }
            recreate::recreate(model, &mut self.draft, &mut self.chance, &mut self.order, closed);
            let next = self.draft.cost(model);
            if next as f64 > cost as f64 + temperature * self.chance.exponential() {
                self.draft.undo(model);
                continue;
            }
            for &tour in self.draft.touched() {
                if !std::mem::replace(&mut stale[tour as usize], true) {
                    stale_list.push(tour);
                }
                if let Some(pool) = &mut self.pool && next != cost && (next as f64) < least as f64 + tune.near * hot {
                    pool.add(model, &self.draft, tour);
                }
            }
            self.draft.keep();
            cost = next;
            if cost < least {
                least = cost;
                self.best.copy_tours(model, &self.draft, &stale_list);
                stale_list.drain(..).for_each(|tour| stale[tour as usize] = false);
            }
        }
    }
}

pub(super) struct Tune { pub mean: f64, pub hot: f64, pub cold: f64, pub longest: f64, pub strings: f64, pub force: f64, pub close: f64, pub round: f64, pub rounds: f64, pub fresh: f64, pub reheat: f64, pub near: f64 }
impl Tune {
    pub fn from_env() -> Self {
        let get = |name: &str, other: f64| std::env::var(name).ok().and_then(|t| t.parse().ok()).unwrap_or(other);
        Self { mean: get("GW_MEAN", 8.0), hot: get("GW_HOT", 3.0), cold: get("GW_COLD", 0.02), longest: get("GW_LONG", 25.0), strings: get("GW_STR", 4.0), force: get("GW_FORCE", 0.1), close: get("GW_CLOSE", 0.05), round: get("GW_ROUND", 20000.0), rounds: get("GW_ROUNDS", 12.0), fresh: get("GW_FRESH", 0.5), reheat: get("GW_REHEAT", 0.5), near: get("GW_NEAR", 0.5) }
    }
}

/// The mean way of the first draft, in seconds.
fn mean_leg(draft: &Draft) -> f64 {
    let legs = || draft.tours.iter().filter(|tour| !tour.is_empty()).flat_map(|tour| &tour.stops[1..]);
    let sum: f64 = legs().map(|stop| f64::from(stop.leg)).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of visits are far below 2^52")]
    let count = legs().count().max(1) as f64;
    (sum / count).max(1.0)
}

/// Temperatures that fall by the same factor in the same part of the way.
struct Cooling([f64; 257]);

impl Cooling {
    /// By square roots alone, which every machine rounds alike.
    fn new(hot: f64, cold: f64) -> Self {
        let mut factor = cold / hot;
        for _ in 0..8 {
            factor = factor.sqrt();
        }
        let mut temperatures = [hot; 257];
        for at in 1..temperatures.len() {
            temperatures[at] = temperatures[at - 1] * factor;
        }
        Self(temperatures)
    }

    fn at(&self, progress: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 256")]
        let at = (progress.clamp(0.0, 1.0) * 256.0) as usize;
        self.0[at]
    }
}
