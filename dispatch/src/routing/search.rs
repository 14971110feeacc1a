//! The search as a whole: annealings one after another, and between them the best
//! plan that can be put together from all routes met.

use super::anneal::{Annealing, STEP, Schedule};
use super::budget::Budget;
use super::draft::{Draft, UNASSIGNED};
use super::model::{Model, index};
use super::pool::{self, Pool};
use super::recreate::{self, Recreation};
use super::rng::Rng;

/// How many iterations an annealing should have at least before there is another.
const ROUND_ITERATIONS: f64 = 3_500.0;
/// How many annealings there are at most.
const MOST_ROUNDS: f64 = 12.0;
/// How hot the first is at its start and at its end, in mean ways.
const TEMPERATURES: (f64, f64) = (3.0, 0.1);
/// How much less hot the later ones are.
const REHEAT: f64 = 0.5;
/// How often a later one begins from nothing rather than from the best so far.
const RESTART: f64 = 0.5;
/// How hot a search is at its start that begins from a plan, in mean ways.
const WARM_TEMPERATURE: f64 = 0.3;

/// The best draft that was found; from `start`, if there is one that stands.
pub(super) fn search(
    model: &Model<'_>,
    start: Option<Draft>,
    budget: &Budget<'_>,
    seed: u64,
) -> Draft {
    let warm = start.is_some();
    let draft = start.unwrap_or_else(|| Draft::new(model));
    let mut search = Annealing {
        model,
        best: draft.clone(),
        draft,
        pool: Pool::suits(model).then(Pool::default),
        rng: Rng::new(seed),
        done: 0,
        recreation: Recreation::default(),
    };
    if warm {
        search.fill();
    } else {
        search.restart();
    }
    search.best = search.draft.clone();
    if model.open_shifts() == 0 {
        return search.best; // nobody could go anywhere
    }
    search.rounds(budget, warm);
    search.best
}

impl Annealing<'_, '_> {
    /// An empty draft, filled once.
    fn restart(&mut self) {
        self.draft = Draft::new(self.model);
        recreate::insert_pinned(self.model, &mut self.draft);
        self.fill();
    }

    fn fill(&mut self) {
        let Self { model, draft, rng, recreation, .. } = self;
        recreation.recreate(model, draft, UNASSIGNED, i64::MAX, rng);
        draft.commit();
    }

    fn rounds(&mut self, budget: &Budget<'_>, warm: bool) {
        let way = self.draft.mean_leg();
        let (hot, cold) =
            (if warm { WARM_TEMPERATURE } else { TEMPERATURES.0 } * way, TEMPERATURES.1 * way);
        let begun = budget.spent(self.done);
        if begun >= 1.0 {
            return;
        }
        // How much of the budget the first steps take tells what there is time for.
        let schedule =
            Schedule { spent: (begun, (begun + f64::EPSILON).min(1.0)), temperatures: (hot, cold) };
        self.run(budget, schedule);
        let rounds = self.affordable_rounds(budget, begun);
        for round in 0..rounds {
            let from = budget.spent(self.done);
            if from >= 1.0 {
                break;
            }
            let left = f64::from(rounds - round);
            let to = if left <= 1.0 { 1.0 } else { from + (1.0 - from) / left };
            let hot = if round == 0 { hot } else { (hot * REHEAT).max(cold) };
            if round > 0 && !warm && self.rng.unit() < RESTART {
                self.restart();
            }
            self.run(budget, Schedule { spent: (from, to), temperatures: (hot, cold) });
            self.recombine();
            self.return_to_best();
        }
    }

    fn affordable_rounds(&self, budget: &Budget<'_>, begun: f64) -> u32 {
        let each = (budget.spent(self.done) - begun).max(1e-9);
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let iterations = self.done.max(STEP) as f64 / each;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 12")]
        let rounds = (iterations / ROUND_ITERATIONS).clamp(1.0, MOST_ROUNDS) as u32;
        rounds
    }

    fn return_to_best(&mut self) {
        let all: Vec<u32> = (0..index(self.best.tours.len())).collect();
        self.draft.copy_tours(self.model, &self.best, &all);
        self.draft.commit();
    }

    /// The best plan of all routes met, if it is better than the best so far.
    fn recombine(&mut self) {
        let Some(pool) = &self.pool else { return };
        let value = pool::plan_value(self.model, &self.best);
        let Some(routes) = pool.best_plan(self.model, value) else { return };
        let mut draft = Draft::new(self.model);
        for (shift, visits) in routes {
            draft.set_route(self.model, shift, visits);
        }
        if draft.cost(self.model) < self.best.cost(self.model) {
            draft.commit();
            self.best = draft;
        }
    }
}
