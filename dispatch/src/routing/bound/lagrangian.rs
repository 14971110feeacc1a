//! What routes prove of a plan's travel and of what it leaves out.

use super::ascent::{Evaluation, Goal, PricingEffort, maximize};
use super::pricing::{PricingProblem, UNIT, float, whole};
use crate::routing::model::Model;
use crate::routing::solution::{ShiftRoute, Solution};

/// How many steps a bound of travel or of what is left out may take.
const WORK: usize = 40_000_000;
/// How many visits routes remember at each at first, where travel counts and where not.
const NEAR: (usize, usize) = (4, 2);
/// The least travel of plans that make the visits that this plan makes.
///
/// A route costs its travel. Such a plan makes each of these visits exactly once, so
/// the prices that its routes bring are all prices together, whatever these are: its
/// travel is no less than what all shifts choose and all prices. Both are whole numbers
/// of small units, and travel is whole seconds.
pub(super) fn least_travel(model: &Model<'_>, plan: &Solution) -> i64 {
    let travel: i64 = plan.routes.iter().map(ShiftRoute::travel).sum();
    let mut visits = made(plan);
    visits.sort_unstable();
    let mut point = ways(model, plan);
    let mut pricing = PricingProblem::new(model, plan, &visits, NEAR.0, WORK);
    let target = float(travel * UNIT);
    let goal = Goal { target, enough: float((travel - 1) * UNIT), work: WORK };
    let proven = prove(&mut pricing, &mut point, &goal, UNIT, &visits, |_| (-target, target));
    -(-proven).div_euclid(UNIT)
}

/// The least priority that any plan leaves out, where this one leaves out `missing`.
///
/// It is what is left out at least when every visit is worth its priority, see
/// [`left_out`]; points are whole.
pub(super) fn least_priority(model: &Model<'_>, plan: &Solution, missing: i64) -> i64 {
    let visits: Vec<usize> = (0..model.visits.len()).collect();
    let mut pricing = PricingProblem::new(model, plan, &visits, NEAR.1, WORK);
    let worths = priorities(model);
    let mut point = vec![0.0; worths.len()];
    plan.unserved.iter().for_each(|visit| point[*visit] = worths[*visit]);
    let target = float(missing * UNIT);
    let goal = Goal { target, enough: float((missing - 1) * UNIT), work: WORK };
    -(-left_out(&mut pricing, &mut point, &worths, &goal)).div_euclid(UNIT)
}

/// What any plan of the market loses by what it leaves out, where each visit is worth
/// so much.
///
/// A route costs nothing, and to leave a visit out costs its worth. No price is above
/// that, so a plan that leaves a visit out loses its price at least, and one that makes
/// it brings the price: what all shifts choose and all prices is no more than the loss.
fn left_out(
    pricing: &mut PricingProblem,
    point: &mut Vec<f64>,
    worths: &[f64],
    goal: &Goal,
) -> i64 {
    let visits: Vec<usize> = (0..worths.len()).collect();
    prove(pricing, point, goal, 0, &visits, |visit| (0.0, worths[visit]))
}

/// The most that is proven on the way up from `point`: what all shifts choose when a
/// second on the road costs `rate`, and the prices of `visits`, each within its span.
fn prove(
    pricing: &mut PricingProblem,
    point: &mut Vec<f64>,
    goal: &Goal,
    rate: i64,
    visits: &[usize],
    span: impl Fn(usize) -> (f64, f64),
) -> i64 {
    let mut proven = 0;
    maximize(point, goal, |point, effort| {
        for (visit, price) in point.iter_mut().enumerate() {
            let (least, most) = span(visit);
            *price = price.clamp(least, most);
        }
        let prices: Vec<i64> = point.iter().map(|price| whole(*price)).collect();
        let choice = pricing.choose(&prices, rate, effort, 0);
        let value = choice.cost + visits.iter().map(|visit| prices[*visit]).sum::<i64>();
        if effort == PricingEffort::Exact {
            proven = proven.max(value);
        }
        let mut slope = vec![0.0; point.len()];
        for &visit in visits {
            slope[visit] = 1.0 - choice.made[visit];
        }
        Evaluation { value: float(value), slope, work: choice.work }
    });
    proven
}

fn made(plan: &Solution) -> Vec<usize> {
    plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.visit).collect()
}

/// Each visit's part of the travel of its route, in units.
fn ways(model: &Model<'_>, plan: &Solution) -> Vec<f64> {
    let mut ways = vec![0.0; model.visits.len()];
    for route in &plan.routes {
        let stops: f64 = route.stops.iter().map(|_| 1.0).sum();
        route.stops.iter().for_each(|at| ways[at.visit] = float(route.travel() * UNIT) / stops);
    }
    ways
}

fn priorities(model: &Model<'_>) -> Vec<f64> {
    let requests = &model.instance.visits;
    requests.iter().map(|request| float(i64::from(request.priority) * UNIT)).collect()
}
