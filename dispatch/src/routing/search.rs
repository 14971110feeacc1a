//! The search: a sequence of annealing runs, and between them the best plan composed of the routes
//! in the pool.

use super::anneal::{Annealing, STEP, Schedule};
use super::budget::Budget;
use super::complete::complete;
use super::draft::Draft;
use super::model::{Model, index};
use super::pool::{self, Pool};
use super::recreate::{self, Recreation};
use super::rng::Rng;

/// The least number of iterations of a run before another is added.
const ROUND_ITERATIONS: f64 = 3_500.0;
/// The largest number of runs.
const MOST_ROUNDS: f64 = 12.0;
/// The temperatures of the first run at its start and end, in mean travel times between stops.
const TEMPERATURES: (f64, f64) = (3.0, 0.1);
/// The factor on the initial temperature of later runs.
const REHEAT: f64 = 0.5;
/// The probability that a later run starts from an empty draft instead of the best.
const RESTART: f64 = 0.5;
/// The initial temperature of a search with a warm start, in mean travel times.
const WARM_TEMPERATURE: f64 = 0.3;

/// Returns the best draft found; starts from `start`, if given.
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
        return search.best; // no visit fits any shift
    }
    search.rounds(budget, warm);
    complete(model, &mut search.best);
    search.best
}

impl Annealing<'_, '_> {
    /// Starts from an empty draft, filled once.
    fn restart(&mut self) {
        self.draft = Draft::new(self.model);
        recreate::insert_pinned(self.model, &mut self.draft);
        self.fill();
    }

    fn fill(&mut self) {
        let Self { model, draft, rng, recreation, .. } = self;
        recreation.fill(model, draft, rng);
        draft.commit();
    }

    fn rounds(&mut self, budget: &Budget<'_>, warm: bool) {
        let way = self.draft.mean_leg();
        let (hot, cold) =
            (if warm { WARM_TEMPERATURE } else { TEMPERATURES.0 } * way, TEMPERATURES.1 * way);
        let spent_before = budget.spent(self.done);
        if spent_before >= 1.0 {
            return;
        }
        // The budget that the first steps take determines the number of runs.
        let schedule = Schedule {
            spent: (spent_before, (spent_before + f64::EPSILON).min(1.0)),
            temperatures: (hot, cold),
        };
        self.run(budget, schedule);
        let rounds = self.affordable_rounds(budget, spent_before);
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

    fn affordable_rounds(&self, budget: &Budget<'_>, spent_before: f64) -> u32 {
        let each = (budget.spent(self.done) - spent_before).max(1e-9);
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

    /// Replaces the best plan by the best combination of the pool, if that is better.
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
