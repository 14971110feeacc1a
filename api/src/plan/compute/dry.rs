//! The answer of a dry plan: nothing but its figures is stored.

use std::collections::{BTreeMap, HashMap};

use gridward_dispatch::solve::{Route, Stop, Volunteer};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::feasibility::PlannedEffort;
use gridward_domain::id::PersonId;
use serde_json::json;

use super::computed::Computed;
use super::dry_result::{DryResult, PlannedVillage};
use crate::db::DbError;
use crate::plan::drafts::obstacles;
use crate::plan::model::PlanState;
use crate::plan::plan_row::{Kept, PlanRow};
use crate::plan::request::goods_handover;
use crate::plan::store;
use crate::tx::Tx;

/// Stores the answer.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the plan has been discarded meanwhile.
pub(in crate::plan) fn finish(
    tx: &mut Tx<'_>,
    computed: &Computed,
    row: &mut PlanRow,
) -> Result<(), DbError> {
    let dry = Some(result(computed));
    let measures = serde_json::to_value(computed.solved.measures)
        .map_err(|error| DbError::corrupt("plans", error))?;
    let now = tx.now;
    store::change_state(tx.write_unbatched(), row, PlanState::Draft, now)?;
    let kept = Kept { measures, overdue: computed.overdue, dry, ..Kept::default() };
    store::keep(tx.write_unbatched(), row, &kept)
}

/// The figures of the plan.
fn result(computed: &Computed) -> DryResult {
    let Computed { solved, imagined, unserved_alone, volunteers, .. } = computed;
    let mut villages: BTreeMap<AreaCode, PlannedEffort> = BTreeMap::new();
    let mut used: HashMap<PersonId, u64> = HashMap::new();
    for route in &solved.routes {
        *used.entry(route.volunteer).or_default() += minutes_of(route);
        for stop in &route.stops {
            let Some((grid, _)) = imagined.get(&stop.visit) else { continue };
            let of = villages.entry(village(*grid)).or_default();
            of.visits += 1;
            of.served_minutes += at_the_door(stop) + u64::from(stop.why.extra_travel.0);
        }
    }
    let mut without_room = Vec::new();
    let mut other_unserved = 0;
    for unserved in &solved.unserved {
        let Some((grid, service)) = imagined.get(&unserved.visit) else {
            other_unserved += u64::from(!unserved_alone.contains(&unserved.visit));
            continue;
        };
        let of = villages.entry(village(*grid)).or_default();
        of.visits += 1;
        of.unserved += 1;
        of.unserved_minutes += u64::from(service.0);
        without_room.push(if computed.managers_only {
            goods_handover::without_skill(unserved)
        } else {
            (json!(unserved.reason), json!(unserved.remedy))
        });
    }
    estimate(&mut villages);
    for person in volunteers {
        let of = villages.entry(village(person.grid)).or_default();
        let (offered, free) = offers(person);
        of.offered += offered;
        of.spare += free.saturating_sub(used.get(&person.id).copied().unwrap_or_default());
    }
    let villages = villages.into_iter().map(|(area, planned)| PlannedVillage { area, planned });
    let obstacles = obstacles::count(without_room.iter().map(|(reason, remedy)| (reason, remedy)));
    let other_without_time = other_unserved;
    DryResult { villages: villages.collect(), obstacles, other_unserved, other_without_time }
}

/// The minutes that visits without room would take, which have those at the doors: as many as the
/// others of the village take on average, of all villages if it has none.
fn estimate(villages: &mut BTreeMap<AreaCode, PlannedEffort>) {
    let mean = |minutes: u64, visits: u64| minutes.checked_div(visits).filter(|mean| *mean > 0);
    let sum = |of: fn(&PlannedEffort) -> u64| villages.values().map(of).sum::<u64>();
    let served = |of: &PlannedEffort| of.visits - of.unserved;
    let usual = mean(sum(|of| of.served_minutes), sum(|of| of.visits - of.unserved));
    for of in villages.values_mut() {
        let each = mean(of.served_minutes, served(of)).or(usual).unwrap_or_default();
        of.unserved_minutes = of.unserved_minutes.max(of.unserved * each);
    }
}

fn village(grid: AreaCode) -> AreaCode {
    grid.ancestor(Level::Village).unwrap_or(grid)
}

fn at_the_door(stop: &Stop) -> u64 {
    stop.leave.minutes().saturating_sub(stop.start.minutes()).into()
}

fn minutes_of(route: &Route) -> u64 {
    u64::from(route.travel.0) + route.stops.iter().map(at_the_door).sum::<u64>()
}

/// The minutes that the person offers on the days of the plan, and those of them that are free but for
/// the visits of the plan: never more than the person's hours.
fn offers(person: &Volunteer) -> (u64, u64) {
    let shifts = person.shifts.iter().map(|shift| {
        let breaks: u32 = shift.breaks.iter().map(|one| one.length().0).sum();
        u64::from(shift.window.length().0.saturating_sub(breaks))
    });
    let shifts: u64 = shifts.sum();
    let (mut offered, mut free) = (0, 0);
    for week in &person.weeks {
        offered += u64::from(week.offered.0);
        free += u64::from(week.offered.0.saturating_sub(week.carried.0));
    }
    (offered.min(shifts), free.min(shifts))
}
