//! A lower bound on the largest share.
//!
//! The required work, distributed over the capable volunteers as evenly as possible, reaches a
//! share that is a lower bound for every plan.

use super::flow::Network;
use super::{MOST_PAIRS, Work};
use crate::routing::model::Model;
use crate::routing::solution::{Solution, share};

/// The resolution of the share: millionths.
const STEPS: i64 = 1_000_000;

pub(super) fn least(model: &Model<'_>, work: &Work, plan: &Solution, travel: i64) -> f64 {
    let people = 0..model.instance.volunteers.len();
    let carried = people
        .map(|who| share(model.instance, who, model.instance.volunteers[who].carried.into()))
        .fold(0.0, f64::max);
    let missing: i64 =
        plan.unserved.iter().map(|visit| i64::from(model.instance.visits[*visit].priority)).sum();
    // Visits without priority may be left unserved.
    let all_served = missing == 0 && model.instance.visits.iter().all(|visit| visit.priority > 0);
    let total = if all_served {
        all(work).max(services(model) + travel)
    } else {
        must(model, work, missing)
    };
    let by_flow = all_served && model.open_shifts() <= MOST_PAIRS;
    let enough = |level: i64| {
        pooled(model, work, level) >= total && (!by_flow || all_flow(model, work, level))
    };
    // The largest insufficient level is a lower bound.
    let (mut low, mut high) = (0, 16 * STEPS);
    if enough(high) {
        while low + 1 < high {
            let middle = i64::midpoint(low, high);
            if enough(middle) { high = middle } else { low = middle }
        }
    } else {
        low = high;
    }
    #[expect(clippy::cast_precision_loss, reason = "millionths")]
    let level = low as f64 / STEPS as f64;
    carried.max(if total > 0 { level } else { 0.0 })
}

/// The work of all visits.
fn all(work: &Work) -> i64 {
    work.seconds.iter().sum()
}

fn services(model: &Model<'_>) -> i64 {
    model.visits.iter().map(|data| i64::from(data.service)).sum()
}

/// The least work if `points` of priority may stay unserved: visits with the most time per point
/// are left out, the last in part.
fn must(model: &Model<'_>, work: &Work, points: i64) -> i64 {
    let priority = |visit: usize| i64::from(model.instance.visits[visit].priority);
    let mut order: Vec<usize> = (0..work.seconds.len()).collect();
    // Visits without priority first, then by time per point.
    order.sort_by(|a, b| {
        let (here, there) = (work.seconds[*a] * priority(*b), work.seconds[*b] * priority(*a));
        (priority(*a) > 0).cmp(&(priority(*b) > 0)).then(there.cmp(&here))
    });
    let (mut left, mut total) = (points, work.seconds.iter().sum::<i64>());
    for visit in order {
        let (seconds, points) = (work.seconds[visit], priority(visit));
        if points <= left {
            total -= seconds;
            left -= points;
        } else {
            return (total - (seconds * left + points - 1) / points).max(0);
        }
    }
    total.max(0)
}

/// A volunteer's remaining capacity up to a level, in seconds; rounded up, so that the level found
/// is rounded down.
fn room(model: &Model<'_>, work: &Work, volunteer: usize, level: i64) -> i64 {
    let carried = i64::from(model.instance.volunteers[volunteer].carried);
    let most = (model.share_of[volunteer] * level).div_euclid(STEPS) + 1;
    (most - carried).clamp(0, work.capacity[volunteer])
}

/// The remaining capacity of all volunteers up to a level.
fn pooled(model: &Model<'_>, work: &Work, level: i64) -> i64 {
    let people = 0..model.instance.volunteers.len();
    people.map(|who| room(model, work, who, level)).sum()
}

/// Whether all work can be assigned to capable volunteers.
fn all_flow(model: &Model<'_>, work: &Work, level: i64) -> bool {
    let mut network = Network::new(model, work);
    for who in 0..model.instance.volunteers.len() {
        network.limit_drain(who, room(model, work, who, level));
    }
    for (visit, seconds) in work.seconds.iter().enumerate() {
        network.set_supply(visit, *seconds);
    }
    network.augment() == work.seconds.iter().sum::<i64>()
}
