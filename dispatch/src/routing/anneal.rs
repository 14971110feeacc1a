//! One annealing: ruin, rebuild, and accept what is not much worse.

use super::budget::Budget;
use super::draft::{Draft, NOWHERE};
use super::model::{Model, index};
use super::pool::Pool;
use super::random::Chance;
use super::recreate::Recreation;
use super::{recreate, ruin};

/// After how many iterations the temperature is set anew and the budget asked.
pub(super) const STEP: u64 = 64;
/// How often a whole tour is taken out and its shift kept closed for a step.
const CLOSE_A_TOUR: f64 = 0.05;
/// How often a visit is put into a shift that chance chooses.
const FORCE_A_VISIT: f64 = 0.1;
/// Routes of drafts that are worse than the best by up to so many temperatures of
/// the start are worth remembering.
const WORTH_REMEMBERING: f64 = 0.5;

/// From where to where an annealing goes.
#[derive(Clone, Copy)]
pub(super) struct Course {
    /// The parts of the budget that are spent before and after it.
    pub(super) spent: (f64, f64),
    /// The temperatures before and after it, in seconds of travel.
    pub(super) heat: (f64, f64),
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
    pub(super) chance: Chance,
    /// Iterations done.
    pub(super) done: u64,
    pub(super) recreation: Recreation,
}

impl Annealing<'_, '_> {
    /// Simulated annealing as in Christiaens and Vanden Berghe (2020): worse is
    /// accepted up to the temperature times an exponentially distributed number. It
    /// takes at least [`STEP`] iterations.
    pub(super) fn run(&mut self, budget: &Budget<'_>, course: Course) {
        let model = self.model;
        let cooling = Cooling::new(course.heat);
        let (from, to) = course.spent;
        let mut temperature = course.heat.0;
        let mut cost = self.draft.cost(model);
        let mut least = self.best.cost(model);
        let mut behind = Behind::all(self.draft.tours.len());
        loop {
            for _ in 0..STEP {
                let most = cost.saturating_add(whole(temperature * self.chance.exponential()));
                if !self.step(most) {
                    self.draft.undo(model);
                    continue;
                }
                let next = self.draft.cost(model);
                behind.note(self.draft.touched());
                if next != cost && float(next - least) < WORTH_REMEMBERING * course.heat.0 {
                    self.remember();
                }
                self.draft.keep();
                cost = next;
                if cost < least {
                    least = cost;
                    self.best.copy_tours(model, &self.draft, behind.list());
                    behind.caught_up();
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
        let (model, draft, chance) = (self.model, &mut self.draft, &mut self.chance);
        let closed = if chance.unit() < CLOSE_A_TOUR {
            ruin::close(model, draft, chance)
        } else {
            ruin::ruin(model, draft, chance);
            NOWHERE
        };
        if chance.unit() < FORCE_A_VISIT {
            recreate::force(model, draft, chance);
        }
        self.recreation.recreate(model, draft, closed, most, chance)
            && draft.cost(model) <= most
            && draft.is_lawful(model)
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
struct Behind {
    list: Vec<u32>,
    is_behind: Vec<bool>,
}

impl Behind {
    fn all(tours: usize) -> Self {
        Self { list: (0..index(tours)).collect(), is_behind: vec![true; tours] }
    }

    fn note(&mut self, touched: &[u32]) {
        for &tour in touched {
            if !std::mem::replace(&mut self.is_behind[tour as usize], true) {
                self.list.push(tour);
            }
        }
    }

    fn list(&self) -> &[u32] {
        &self.list
    }

    fn caught_up(&mut self) {
        self.list.drain(..).for_each(|tour| self.is_behind[tour as usize] = false);
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
