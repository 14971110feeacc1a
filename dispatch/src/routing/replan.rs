//! Repairs the previous plan after a change.
//!
//! The instance is the new one: an absent volunteer has no shift, one who declined is barred, a
//! claim is a pin, a new visit is the last. Visits that still fit stay where they are, the others
//! are assigned anew, and assigned visits move only where that gains more than the weight of moving
//! them. The previous plan is not modified, so a replan is a what-if until it is adopted.

use super::budget::Budget;
use super::check::check;
use super::draft::Draft;
use super::instance::{Instance, InstanceError};
use super::model::Model;
use super::solution::Solution;
use super::weights::Weights;
use super::{recreate, search};

/// Returns the best plan found for `instance`, moved visits counted against it.
///
/// Visits and volunteers keep their numbers of `before`. [`super::instance::Visit::previous`] is
/// derived from `before`, whatever the instance says.
///
/// # Errors
/// [`InstanceError`].
pub fn replan(
    instance: &Instance,
    before: &Solution,
    weights: Weights,
    budget: &Budget<'_>,
    seed: u64,
) -> Result<Solution, InstanceError> {
    let mut instance = instance.clone();
    set_previous(&mut instance, before);
    instance.validate()?;
    let model = Model::new(&instance, weights);
    let mut draft = Draft::of(&model, before);
    draft.free_pairs(&model);
    recreate::insert_pinned(&model, &mut draft);
    if !draft.is_feasible(&model) {
        // A claim exceeds the offer: all other visits are assigned anew.
        draft = Draft::new(&model);
        recreate::insert_pinned(&model, &mut draft);
    }
    draft.commit();
    let plan = Solution::of(&model, &search::search(&model, Some(draft), budget, seed));
    debug_assert_eq!(check(&instance, &plan), Ok(()), "a plan keeps the rules");
    Ok(plan)
}

/// Sets the previous assignment of each visit.
fn set_previous(instance: &mut Instance, before: &Solution) {
    for visit in &mut instance.visits {
        visit.previous = None;
    }
    for route in &before.routes {
        let who = instance.volunteers.get(route.volunteer);
        let Some(shift) = who.and_then(|who| who.shifts.get(route.shift)) else { continue };
        let day = shift.day;
        for stop in &route.stops {
            if let Some(visit) = instance.visits.get_mut(stop.visit) {
                visit.previous = Some((route.volunteer, day));
            }
        }
    }
}
