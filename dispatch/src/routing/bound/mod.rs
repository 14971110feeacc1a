//! Lower bounds on the tiers of any plan.
//!
//! Each bound is the optimum of a relaxation, so the gap between a plan and its bound is at least
//! the remaining optimality gap.

mod ascent;
mod completions;
mod fairness;
mod flow;
mod knapsack;
mod label;
mod labels;
mod lagrangian;
mod pricing;
mod route_pricer;
mod shares;
mod simplex;
pub(crate) mod travel;
mod unserved;

use serde::Serialize;

use super::instance::Instance;
use super::model::Model;
use super::solution::{Solution, Tiers};
use super::weights::Weights;

/// Lower bounds on the tiers of any plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bounds {
    /// A lower bound on unserved priority points.
    pub unserved_priority: i64,
    /// A lower bound on the largest share of any plan that leaves no more priority unserved.
    pub largest_share: f64,
    /// A lower bound on the travel of any plan that serves the same visits.
    pub travel: i64,
    /// The gaps between the plan and the bounds.
    pub gaps: Gaps,
}

/// The gaps between a plan and its bounds, relative to the bound; for priority, in points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Gaps {
    /// Priority points above the bound.
    pub unserved_priority: i64,
    /// The relative gap of the largest share.
    pub largest_share: f64,
    /// The relative gap of travel.
    pub travel: f64,
}

/// How much work to spend on bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// About a millisecond for a grid's day.
    #[default]
    Quick,
    /// Usually a second for a grid's day; usually much closer. Parts of more than 64 visits or 64
    /// shifts get the quick bounds.
    Thorough,
}

/// The bounds of an instance, and the gaps of `plan`.
///
/// The instance must be valid; see [`Instance::validate`]. The bounds are deterministic: no clock
/// is used.
pub fn bounds(instance: &Instance, plan: &Solution, effort: Effort) -> Bounds {
    of(&Model::new(instance, Weights::TRAVEL), plan, effort)
}

/// The bounds of a model's instance, whatever its weights, and the gaps of `plan`.
pub(super) fn of(model: &Model<'_>, plan: &Solution, effort: Effort) -> Bounds {
    let tiers: Tiers = plan.tiers(model.instance);
    let work = Work::of(model);
    let mut travel = travel::least(model, &work, plan);
    let mut unserved_priority = unserved::least(model, &work);
    let thorough = effort == Effort::Thorough && pricing::suits(model);
    if thorough && travel < tiers.travel {
        travel = travel.max(lagrangian::least_travel(model, plan));
    }
    if thorough && unserved_priority < tiers.unserved_priority {
        let missing = tiers.unserved_priority;
        unserved_priority = unserved_priority.max(lagrangian::least_priority(model, plan, missing));
    }
    let mut largest_share = fairness::least(model, &work, plan, travel);
    if thorough && largest_share < tiers.largest_share {
        let (missing, span) = (tiers.unserved_priority, (largest_share, tiers.largest_share));
        largest_share = shares::largest_share(model, plan, missing, span);
    }
    #[expect(clippy::cast_precision_loss, reason = "travel is far below 2^52 seconds")]
    let over = |figure: i64, bound: i64| (figure - bound) as f64 / bound.max(1) as f64;
    let gaps = Gaps {
        unserved_priority: tiers.unserved_priority - unserved_priority,
        largest_share: (tiers.largest_share - largest_share) / largest_share.max(1e-9),
        travel: over(tiers.travel, travel),
    };
    Bounds { unserved_priority, largest_share, travel, gaps }
}

/// Above this number of pairs of a visit and a shift, every volunteer is assumed to be able to make
/// every visit, which gives a bound as well.
const MOST_PAIRS: usize = 100_000;

/// The least time that each visit takes, and the capacity of each volunteer by limit of loads.
///
/// Every journey is attributed to its two ends, half each: a visit takes its service and half of
/// the least journeys to and from it.
struct Work {
    seconds: Vec<i64>,
    /// The least travel times to and from each visit, added.
    ways: Vec<i64>,
    /// What each limit of the model leaves, by its shifts and its offer.
    quotas: Vec<i64>,
    /// The capacity of each volunteer, by shifts and offers.
    capacity: Vec<i64>,
}

impl Work {
    fn of(model: &Model<'_>) -> Self {
        let visits = 0..model.visits.len();
        let ways: Vec<i64> =
            visits.clone().map(|visit| i64::from(least_ways(model, visit))).collect();
        let seconds = |visit: usize| i64::from(model.visits[visit].service) + ways[visit] / 2;
        let quotas = quotas(model);
        let mut capacity = vec![0; model.instance.volunteers.len()];
        let mut counted = vec![false; quotas.len()];
        for on in &model.shifts {
            if !std::mem::replace(&mut counted[on.quota], true) {
                capacity[on.volunteer] += quotas[on.quota];
            }
        }
        Self { seconds: visits.map(seconds).collect(), ways, quotas, capacity }
    }
}

/// The least travel times to and from a visit, added.
fn least_ways(model: &Model<'_>, visit: usize) -> i32 {
    let place = model.visits[visit].place;
    let to_others = |row: &[i32]| row[..place].iter().chain(&row[place + 1..]).copied().min();
    let matrices = || 0..model.ways.len();
    let to = matrices().filter_map(|matrix| to_others(model.to(matrix, place))).min();
    let from = matrices().filter_map(|matrix| to_others(model.ways[matrix].from(place))).min();
    to.unwrap_or(0) + from.unwrap_or(0)
}

/// The length of a shift without breaks.
fn length(model: &Model<'_>, shift: usize) -> i64 {
    let on = &model.shifts[shift];
    let mut free = i64::from(on.close - on.open);
    let mut from = on.open;
    for &(opens, closes) in &on.breaks {
        let (opens, closes) = (opens.max(from), closes.min(on.close));
        if closes > opens {
            free -= i64::from(closes - opens);
            from = closes;
        }
    }
    free.max(0)
}

/// What each limit of the model leaves: by the length of its shifts, and by its offer.
fn quotas(model: &Model<'_>) -> Vec<i64> {
    let mut hours = vec![0; model.quotas.len()];
    for (shift, on) in model.shifts.iter().enumerate() {
        hours[on.quota] += length(model, shift);
    }
    for (shift, on) in model.shifts.iter().enumerate() {
        hours[on.quota] = hours[on.quota].min(free_offer(model, shift));
    }
    hours
}

/// The load that the volunteer of a shift may take on in it and in the other shifts of the same
/// limit. Pinned visits may exceed an offer, so it is then unlimited.
fn free_offer(model: &Model<'_>, shift: usize) -> i64 {
    let on = &model.shifts[shift];
    let limit = model.quotas[on.quota];
    let settled = |visit: &super::instance::Visit| {
        visit.pinned.is_some_and(|pin| pin.volunteer == on.volunteer)
    };
    if limit.most == i64::MAX || model.instance.visits.iter().any(settled) {
        return i64::MAX / 4;
    }
    (limit.most - limit.carried).max(0)
}
