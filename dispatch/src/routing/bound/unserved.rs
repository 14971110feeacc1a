//! A lower bound on unserved priority.
//!
//! With divisible visits, the most priority is served greedily by priority per second, each as far
//! as the flow allows (the greedy algorithm is optimal over the work that a network can carry, a
//! polymatroid; Edmonds 1970). Whole visits cannot do better.

use super::flow::Network;
use super::{MOST_PAIRS, Work};
use crate::routing::model::Model;

pub(super) fn least(model: &Model<'_>, work: &Work) -> i64 {
    let priority = |visit: usize| i64::from(model.instance.visits[visit].priority);
    let mut order: Vec<usize> = (0..model.visits.len()).collect();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let density = |visit: usize| priority(visit) as f64 / work.seconds[visit].max(1) as f64;
    order.sort_by(|a, b| density(*b).total_cmp(&density(*a)).then(a.cmp(b)));
    if model.open_shifts() > MOST_PAIRS {
        return rounded_up(pooled(model, work, &order, density));
    }
    if all_fits(model, work) {
        return 0;
    }
    let mut network = Network::new(model, work);
    let mut lost = 0.0;
    for visit in order {
        let seconds = work.seconds[visit];
        if seconds == 0 {
            lost += if model.open_to(visit).is_empty() { density(visit) } else { 0.0 };
            continue;
        }
        network.set_supply(visit, seconds);
        let kept = seconds - network.augment();
        #[expect(clippy::cast_precision_loss, reason = "seconds of a few days")]
        let kept = kept as f64;
        lost += kept * density(visit);
    }
    rounded_up(lost)
}

/// The loss if every volunteer could make every visit that any may make.
fn pooled(model: &Model<'_>, work: &Work, order: &[usize], density: impl Fn(usize) -> f64) -> f64 {
    let mut room: i64 = work.capacity.iter().sum();
    let mut lost = 0.0;
    for &visit in order {
        if model.open_to(visit).is_empty() {
            lost += f64::from(model.instance.visits[visit].priority);
            continue;
        }
        let taken = work.seconds[visit].min(room);
        room -= taken;
        #[expect(clippy::cast_precision_loss, reason = "seconds of a few days")]
        let left = (work.seconds[visit] - taken) as f64;
        lost += left * density(visit);
    }
    lost
}

/// Points are whole; rounding errors of sums must not count.
#[expect(clippy::cast_possible_truncation, reason = "a count of points")]
fn rounded_up(lost: f64) -> i64 {
    (lost - 1e-6).ceil().max(0.0) as i64
}

/// Whether all work fits; tested first because it usually does.
fn all_fits(model: &Model<'_>, work: &Work) -> bool {
    let idle = |visit: usize| work.seconds[visit] == 0 && model.open_to(visit).is_empty();
    let mut network = Network::new(model, work);
    for (visit, seconds) in work.seconds.iter().enumerate() {
        network.set_supply(visit, *seconds);
    }
    !(0..model.visits.len()).any(idle) && network.augment() == work.seconds.iter().sum::<i64>()
}
