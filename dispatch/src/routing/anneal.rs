//! One annealing: ruin, rebuild, and accept what is not much worse.

use super::budget::Budget;
use super::draft::{Draft, UNASSIGNED};
use super::model::{Model, index};
use super::pool::Pool;
use super::recreate::Recreation;
use super::rng::Rng;
use super::{recreate, ruin};

/// After how many iterations the temperature is set anew and the budget asked.
pub(super) const STEP: u64 = 64;
/// How often a whole tour is taken out and its shift kept closed for a step.
const CLOSE_TOUR: f64 = 0.05;
/// How often a visit is put into a shift that chance chooses.
const INSERT_AT_RANDOM: f64 = 0.1;
/// Routes of drafts that are worse than the best by up to so many temperatures of
/// the start are worth remembering.
const POOL_MARGIN: f64 = 0.5;

/// From where to where an annealing goes.
#[derive(Clone, Copy)]
pub(super) struct Schedule {
    /// The parts of the budget that are spent before and after it.
    pub(super) spent: (f64, f64),
    /// The temperatures before and after it, in seconds of travel.
    pub(super) temperatures: (f64, f64),
}

/// What an annealing works on.
pub(super) struct Annealing<'a, 'i> {
    pub(super) model: &'a Model<'i>,
    /// Where it stands.
    pub(super) draft: Draft,
    /// The best so far.
    pub(super) best: Draft,
    /// Routes met, where these can be put together anew.
    pub(super) pool: Option<Pool>,
    pub(super) rng: Rng,
    /// Iterations done.
    pub(super) done: u64,
    pub(super) recreation: Recreation,
}

impl Annealing<'_, '_> {
    /// Simulated annealing as in Christiaens and Vanden Berghe (2020): worse is
    /// accepted up to the temperature times an exponentially distributed number. It
    /// takes at least [`STEP`] iterations.
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
                let most = cost.saturating_add(whole(temperature * self.rng.exponential()));
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

    /// Takes something out and puts it back; says whether what comes of it may stand,
    /// which is that it costs no more than `most` and keeps the rules.
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

/// The tours in which the best draft may differ from the one that stands.
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

/// Temperatures that fall by the same factor in the same part of the way.
struct Cooling([f64; 257]);

impl Cooling {
    /// By square roots alone, which every machine rounds alike.
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

/// Costs as the temperature knows them.
#[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
pub(super) fn float(cost: i64) -> f64 {
    cost as f64
}

/// Whole seconds of a cost that is above nothing.
fn whole(cost: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "temperatures are far below 2^63")]
    let whole = cost as i64;
    whole
}
