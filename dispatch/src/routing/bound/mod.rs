//! Certificates: what no plan can go below.
//!
//! Each bound is the optimum of an easier problem that every plan solves too, so
//! the gap between a plan and its bound is never more than what could be gained.

mod ascent;
mod completions;
mod fairness;
mod flow;
mod labels;
mod lagrangian;
mod pricing;
mod route_pricer;
mod shares;
mod simplex;
mod travel;
mod unserved;

use serde::Serialize;

use super::instance::Instance;
use super::model::{FORBIDDEN, Model};
use super::solution::{Solution, Tiers};
use super::weights::Weights;

/// What no plan can go below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bounds {
    /// The priority points that any plan leaves unserved.
    pub unserved_priority: i64,
    /// The largest share in any plan that leaves no more priority unserved than this.
    pub largest_share: f64,
    /// The travel of any plan that makes the same visits as this.
    pub travel: i64,
    /// How far the plan is from each.
    pub gaps: Gaps,
}

/// How far a plan is from its bounds, each as a part of the bound; the priority
/// in points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Gaps {
    /// Priority points above the bound.
    pub unserved_priority: i64,
    /// The largest share above the bound, as a part of it.
    pub largest_share: f64,
    /// Travel above the bound, as a part of it.
    pub travel: f64,
}

/// How much work bounds are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// About a millisecond for a grid's day.
    #[default]
    Quick,
    /// Mostly a second for a grid's day, for bounds that are mostly much closer.
    /// Parts of more than 64 visits or 64 shifts get the quick ones.
    Thorough,
}

/// The bounds of an instance, and how far `plan` is from them.
///
/// The instance must make sense; see [`Instance::validate`]. The bounds are the same
/// every time: neither kind looks at a clock.
pub fn bounds(instance: &Instance, plan: &Solution, effort: Effort) -> Bounds {
    let model = Model::new(instance, Weights::TRAVEL);
    let tiers: Tiers = plan.tiers(instance);
    let work = Work::of(&model);
    let mut travel = travel::least(&model, &work, plan);
    let mut unserved_priority = unserved::least(&model, &work);
    let thorough = effort == Effort::Thorough && pricing::suits(&model);
    if thorough && travel < tiers.travel {
        travel = travel.max(lagrangian::least_travel(&model, plan));
    }
    if thorough && unserved_priority < tiers.unserved_priority {
        let missing = tiers.unserved_priority;
        unserved_priority =
            unserved_priority.max(lagrangian::least_priority(&model, plan, missing));
    }
    let mut largest_share = fairness::least(&model, &work, plan, travel);
    if thorough && largest_share < tiers.largest_share {
        let (missing, span) = (tiers.unserved_priority, (largest_share, tiers.largest_share));
        largest_share = shares::largest_share(&model, plan, missing, span);
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

/// Up to so many pairs of a visit and a shift it is looked at who may do what; in a
/// larger part everybody might do all, which gives a bound as well.
const MOST_PAIRS: usize = 100_000;

/// What each visit takes of somebody's time at least, where it could go, and what
/// each volunteer can take on.
///
/// Every way is shared by the two places it joins, half each: so a visit takes its
/// service and half of the least way in and of the least way out.
struct Work {
    seconds: Vec<i64>,
    /// The least way in and the least way out of each, together.
    ways: Vec<i64>,
    /// The shifts that each may go into.
    shifts: Vec<Vec<usize>>,
    /// What each volunteer can take on, by their hours and by what they offered.
    capacity: Vec<i64>,
}

impl Work {
    fn of(model: &Model<'_>) -> Self {
        let visits = 0..model.visits.len();
        let may = |visit: usize| {
            (0..model.shifts.len()).filter(|shift| model.cost(visit, *shift) != FORBIDDEN).collect()
        };
        let ways: Vec<i64> =
            visits.clone().map(|visit| i64::from(least_ways(model, visit))).collect();
        let seconds = |visit: usize| i64::from(model.visits[visit].service) + ways[visit] / 2;
        let people = 0..model.instance.volunteers.len();
        let capacity = |who: usize| free_offer(model, who).min(hours(model, who));
        Self {
            seconds: visits.clone().map(seconds).collect(),
            ways,
            shifts: visits.map(may).collect(),
            capacity: people.map(capacity).collect(),
        }
    }

    /// How many pairs of a visit and a shift there are that go together.
    fn pairs(&self) -> usize {
        self.shifts.iter().map(Vec::len).sum()
    }
}

/// The least way to a visit and the least way from it, together.
fn least_ways(model: &Model<'_>, visit: usize) -> i32 {
    let place = model.visits[visit].place;
    let places = 0..model.instance.volunteers.len() + model.visits.len();
    let others = || places.clone().filter(|other| *other != place);
    let least = |way: &dyn Fn(&super::travel::Matrix, usize) -> i32| {
        let ways =
            model.ways.iter().flat_map(|matrix| others().map(move |other| way(matrix, other)));
        ways.min().unwrap_or(0)
    };
    least(&|matrix, other| matrix.way(other, place))
        + least(&|matrix, other| matrix.way(place, other))
}

/// The seconds of a shift that are not breaks.
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

/// The seconds of all shifts of a volunteer that are not breaks.
fn hours(model: &Model<'_>, volunteer: usize) -> i64 {
    model.shifts_of(volunteer).map(|shift| length(model, shift)).sum()
}

/// What a volunteer may take on besides what they carry. Where people settled
/// something for them, it may be more than they offered.
fn free_offer(model: &Model<'_>, volunteer: usize) -> i64 {
    let requests = &model.instance.visits;
    let settled =
        |visit: &super::instance::Visit| visit.pinned.is_some_and(|pin| pin.volunteer == volunteer);
    if model.offered[volunteer] == i64::MAX || requests.iter().any(settled) {
        return i64::MAX / 4;
    }
    (model.offered[volunteer] - i64::from(model.instance.volunteers[volunteer].carried)).max(0)
}
