//! The search: ruin, rebuild, and accept what is not much worse.

use super::budget::Budget;
use super::draft::Draft;
use super::model::Model;
use super::random::Chance;
use super::recreate;
use super::ruin::{self, Ruin};

/// How often the temperature is set and the budget asked, in iterations.
const STEP: u64 = 64;

/// The best draft that was found from an empty one.
pub(super) fn search(model: &Model<'_>, budget: &Budget<'_>, seed: u64) -> Draft {
    let mut chance = Chance::new(seed);
    let mut order = Vec::new();
    let mut draft = Draft::new(model);
    recreate::place_pinned(model, &mut draft);
    recreate::recreate(model, &mut draft, &mut chance, &mut order, u32::MAX);
    draft.keep();
    improve(model, draft, budget, &mut chance, &mut order)
}

/// Simulated annealing as in Christiaens and Vanden Berghe (2020), from a
/// temperature that is a part of the mean way to one that is next to nothing.
fn improve(
    model: &Model<'_>,
    mut draft: Draft,
    budget: &Budget<'_>,
    chance: &mut Chance,
    order: &mut Vec<(i64, u32)>,
) -> Draft {
    let mut best = draft.clone();
    let mut least = draft.cost(model);
    let mut soft = Tune::from_env().soft as i64;
    let mut cost = draft.lenient_cost(model, soft);
    let mut stale = vec![false; draft.tours.len()];
    let mut stale_list: Vec<u32> = Vec::new();
    let scale = mean_leg(&draft);
    let tune = Tune::from_env();
    let how = Ruin { mean: tune.mean, longest: tune.longest as usize, strings: tune.strings };
    let cooling = Cooling::new(tune.hot * scale, tune.cold * scale);
    let softening = Cooling::new(tune.soft, 1000.0);
    let mut done = 0;
    let mut temperature = cooling.at(0.0);
    loop {
        if done % STEP == 0 {
            let progress = budget.spent(done);
            if progress >= 1.0 {
                break;
            }
            temperature = cooling.at(progress);
            soft = softening.at((progress * tune.grow).min(1.0)) as i64;
            cost = draft.lenient_cost(model, soft);
        }
        done += 1;
        let closed = if tune.close > 0.0 && chance.unit() < tune.close { ruin::close(model, &mut draft, how, chance) } else { ruin::ruin(model, &mut draft, how, chance); u32::MAX };
        if tune.force > 0.0 && chance.unit() < tune.force { recreate::force(model, &mut draft, chance); }
        recreate::recreate(model, &mut draft, chance, order, closed);
        let next = draft.lenient_cost(model, soft);
        #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
        let limit = cost as f64 + temperature * chance.exponential();
        #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
        if next as f64 > limit {
            draft.undo(model);
            continue;
        }
        for &tour in draft.touched() {
            if !std::mem::replace(&mut stale[tour as usize], true) {
                stale_list.push(tour);
            }
        }
        draft.keep();
        cost = next;
        let strict = draft.cost(model);
        if strict < least {
            least = strict;
            best.copy_tours(model, &draft, &stale_list);
            stale_list.drain(..).for_each(|tour| stale[tour as usize] = false);
        }
    }
    if std::env::var("GW_TRACE").is_ok() { eprintln!("iterations {done}"); }
    best
}

pub(super) struct Tune { pub mean: f64, pub hot: f64, pub cold: f64, pub longest: f64, pub strings: f64, pub force: f64, pub close: f64, pub soft: f64, pub grow: f64 }
impl Tune {
    pub fn from_env() -> Self {
        let get = |name: &str, other: f64| std::env::var(name).ok().and_then(|t| t.parse().ok()).unwrap_or(other);
        Self { mean: get("GW_MEAN", 8.0), hot: get("GW_HOT", 0.5), cold: get("GW_COLD", 0.02), longest: get("GW_LONG", 10.0), strings: get("GW_STR", 3.0), force: get("GW_FORCE", 0.0), close: get("GW_CLOSE", 0.0), soft: get("GW_SOFT", 1000.0), grow: get("GW_GROW", 1.0) }
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
