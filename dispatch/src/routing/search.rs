//! The search as a whole: annealings one after another, and between them the best
//! plan that can be put together from all routes met.

use super::anneal::{Annealing, Course, STEP};
use super::budget::Budget;
use super::draft::{Draft, NOWHERE};
use super::model::{Model, index};
use super::pool::{self, Pool};
use super::random::Chance;
use super::recreate::{self, Recreation};

/// How many iterations an annealing should have at least before there is another.
const ROUND: f64 = 3_500.0;
/// How many annealings there are at most.
const MOST_ROUNDS: f64 = 12.0;
/// How hot the first is at its start and at its end, in mean ways.
const HEAT: (f64, f64) = (3.0, 0.1);
/// How much less hot the later ones are.
const REHEAT: f64 = 0.5;
/// How often a later one begins from nothing rather than from the best so far.
const FRESH: f64 = 0.5;
/// How hot a search is at its start that begins from a plan, in mean ways.
const WARM: f64 = 0.3;

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
        chance: Chance::new(seed),
        done: 0,
        recreation: Recreation::default(),
    };
    if warm {
        search.fill();
    } else {
        search.begin_anew();
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
    fn begin_anew(&mut self) {
        self.draft = Draft::new(self.model);
        recreate::place_pinned(self.model, &mut self.draft);
        self.fill();
    }

    fn fill(&mut self) {
        let Self { model, draft, chance, recreation, .. } = self;
        recreation.recreate(model, draft, NOWHERE, i64::MAX, chance);
        draft.keep();
    }

    fn rounds(&mut self, budget: &Budget<'_>, warm: bool) {
        let way = self.draft.mean_way();
        let (hot, cold) = (if warm { WARM } else { HEAT.0 } * way, HEAT.1 * way);
        let begun = budget.spent(self.done);
        if begun >= 1.0 {
            return;
        }
        // How much of the budget the first steps take tells what there is time for.
        let course = Course { spent: (begun, (begun + f64::EPSILON).min(1.0)), heat: (hot, cold) };
        self.run(budget, course);
        let rounds = self.affordable_rounds(budget, begun);
        for round in 0..rounds {
            let from = budget.spent(self.done);
            if from >= 1.0 {
                break;
            }
            let left = f64::from(rounds - round);
            let to = if left <= 1.0 { 1.0 } else { from + (1.0 - from) / left };
            let hot = if round == 0 { hot } else { (hot * REHEAT).max(cold) };
            if round > 0 && !warm && self.chance.unit() < FRESH {
                self.begin_anew();
            }
            self.run(budget, Course { spent: (from, to), heat: (hot, cold) });
            self.put_together();
            self.return_to_best();
        }
    }

    fn affordable_rounds(&self, budget: &Budget<'_>, begun: f64) -> u32 {
        let each = (budget.spent(self.done) - begun).max(1e-9);
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let iterations = self.done.max(STEP) as f64 / each;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 12")]
        let rounds = (iterations / ROUND).clamp(1.0, MOST_ROUNDS) as u32;
        rounds
    }

    fn return_to_best(&mut self) {
        let all: Vec<u32> = (0..index(self.best.tours.len())).collect();
        self.draft.copy_tours(self.model, &self.best, &all);
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
}
