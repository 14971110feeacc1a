//! One run of simulated annealing over ruin and recreate.

use super::budget::Budget;
use super::draft::{Draft, UNASSIGNED};
use super::model::{Model, index};
use super::pool::Pool;
use super::recreate::Recreation;
use super::rng::Rng;
use super::{recreate, ruin};

/// The number of iterations between updates of the temperature and queries of the budget.
pub(super) const STEP: u64 = 64;
/// The probability of emptying a whole tour and keeping its shift closed for the step.
const CLOSE_TOUR: f64 = 0.05;
/// The probability of inserting a visit into a random shift.
const INSERT_AT_RANDOM: f64 = 0.1;
/// Routes of drafts within this many initial temperatures of the best are added to the pool.
const POOL_MARGIN: f64 = 0.5;

/// The schedule of an annealing run.
#[derive(Clone, Copy)]
pub(super) struct Schedule {
    /// The fractions of the budget that are spent before and after it.
    pub(super) spent: (f64, f64),
    /// The temperatures before and after it, in seconds of travel.
    pub(super) temperatures: (f64, f64),
}

/// The state of the search.
pub(super) struct Annealing<'a, 'i> {
    pub(super) model: &'a Model<'i>,
    /// The current draft.
    pub(super) draft: Draft,
    /// The best draft so far.
    pub(super) best: Draft,
    /// The pool of routes, where they can be recombined.
    pub(super) pool: Option<Pool>,
    pub(super) rng: Rng,
    /// Iterations so far.
    pub(super) done: u64,
    pub(super) recreation: Recreation,
}

impl Annealing<'_, '_> {
    /// Simulated annealing as in Christiaens and Vanden Berghe (2020): the accepted increase is the
    /// temperature times an exponentially distributed number. Runs at least [`STEP`] iterations.
    pub(super) fn run(&mut self, budget: &Budget<'_>, schedule: Schedule) {
        let model = self.model;
        let cooling = Cooling::new(schedule.temperatures);
        let (from, to) = schedule.spent;
        let mut temperature = schedule.temperatures.0;
        let mut cost = self.draft.cost(model);
        let mut least = self.best.cost(model);
        let mut stale = StaleTours::all(self.draft.tours.len());
        loop {
            for _ in 0..STEP {
                let most = cost.saturating_add(truncated(temperature * self.rng.exponential()));
                if !self.step(most) {
                    self.draft.undo(model);
                    continue;
                }
                let next = self.draft.cost(model);
                stale.note(self.draft.touched());
                if next != cost && float(next - least) < POOL_MARGIN * schedule.temperatures.0 {
                    self.remember();
                }
                self.draft.commit();
                cost = next;
                if cost < least {
                    least = cost;
                    self.best.copy_tours(model, &self.draft, stale.list());
                    stale.clear();
                }
            }
            self.done += STEP;
            let spent = budget.spent(self.done);
            if spent >= to {
                break;
            }
            temperature = cooling.at((spent - from) / (to - from));
        }
    }

    /// Ruins and recreates; returns whether the result is feasible and costs at most `most`.
    fn step(&mut self, most: i64) -> bool {
        let (model, draft, rng) = (self.model, &mut self.draft, &mut self.rng);
        let closed = if rng.unit() < CLOSE_TOUR {
            ruin::close_tour(model, draft, rng)
        } else {
            ruin::ruin(model, draft, rng);
            UNASSIGNED
        };
        if rng.unit() < INSERT_AT_RANDOM {
            recreate::insert_at_random(model, draft, rng);
        }
        self.recreation.recreate(model, draft, closed, most, rng)
            && draft.cost(model) <= most
            && draft.is_feasible(model)
    }

    fn remember(&mut self) {
        if let Some(pool) = &mut self.pool {
            for &tour in self.draft.touched() {
                pool.add(self.model, &self.draft, tour);
            }
        }
    }
}

/// The tours in which the best draft may differ from the current one.
struct StaleTours {
    list: Vec<u32>,
    is_stale: Vec<bool>,
}

impl StaleTours {
    fn all(tours: usize) -> Self {
        Self { list: (0..index(tours)).collect(), is_stale: vec![true; tours] }
    }

    fn note(&mut self, touched: &[u32]) {
        for &tour in touched {
            if !std::mem::replace(&mut self.is_stale[tour as usize], true) {
                self.list.push(tour);
            }
        }
    }

    fn list(&self) -> &[u32] {
        &self.list
    }

    fn clear(&mut self) {
        self.list.drain(..).for_each(|tour| self.is_stale[tour as usize] = false);
    }
}

/// Geometric cooling.
struct Cooling([f64; 257]);

impl Cooling {
    /// Uses square roots only, which every machine rounds alike.
    fn new((hot, cold): (f64, f64)) -> Self {
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

/// A cost as a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
pub(super) fn float(cost: i64) -> f64 {
    cost as f64
}

/// A cost in whole seconds.
fn truncated(cost: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "temperatures are far below 2^63")]
    let truncated = cost as i64;
    truncated
}
