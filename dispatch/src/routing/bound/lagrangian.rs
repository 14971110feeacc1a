//! Lagrangian bounds on travel and on unserved priority.

use super::ascent::{Evaluation, Goal, PricingEffort, maximize};
use super::pricing::{PricingProblem, UNIT, float, truncated};
use crate::routing::model::Model;
use crate::routing::solution::{ShiftRoute, Solution};

/// The limit of pricing steps.
const WORK: usize = 40_000_000;
/// The initial size of ng-neighbourhoods, for bounds on travel and on priority.
const NEAR: (usize, usize) = (4, 2);
/// A lower bound on the travel of plans that serve the same visits as this plan.
///
/// A route costs its travel. Such a plan serves each of these visits exactly once, so the prices
/// collected by its routes are the sum of all prices: its travel is at least the cost of the
/// pricing problem plus all prices. Both are whole numbers of small units, and travel is whole
/// seconds.
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

/// A lower bound on the priority that any plan leaves unserved, where this one leaves `missing`.
///
/// See [`left_out`]; points are whole.
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

/// A lower bound on the value of unserved visits, where each visit has this value.
///
/// A route costs nothing, and an unserved visit costs its value. No price exceeds that, so a plan
/// loses at least the price of an unserved visit and collects the price of a served one: the cost
/// of the pricing problem plus all prices is at most the loss.
fn left_out(
    pricing: &mut PricingProblem,
    point: &mut Vec<f64>,
    worths: &[f64],
    goal: &Goal,
) -> i64 {
    let visits: Vec<usize> = (0..worths.len()).collect();
    prove(pricing, point, goal, 0, &visits, |visit| (0.0, worths[visit]))
}

/// The best bound proven by maximization from `point`: the cost of the pricing problem at this cost
/// per second of travel, plus the prices of `visits`, each within its span.
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
        let prices: Vec<i64> = point.iter().map(|price| truncated(*price)).collect();
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

/// Each visit's share of its route's travel, in units.
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
