//! A plan that stands, mended after something has changed.
//!
//! The instance is the new one: somebody absent has no shift, somebody who
//! declined is barred, a claim is a pin, a new visit stands at the end. What
//! still fits stays where it is; what does not is given out anew, and others are
//! moved only where that is worth more than what moving them weighs. The plan
//! that stood is not touched, so a replan is a what-if until it is taken up.

use super::budget::Budget;
use super::check::check;
use super::draft::Draft;
use super::instance::{Instance, InstanceError};
use super::model::Model;
use super::solution::Solution;
use super::weights::Weights;
use super::{recreate, search};

/// The plan for `instance` that is best when moved people count.
///
/// Visits and volunteers keep the numbers that they have in `before`. What each
/// visit [`super::instance::Visit::stands`] is read off `before`, whatever the
/// instance says.
///
/// # Errors
/// When the instance makes no sense; see [`InstanceError`].
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
        // A claim that asks for more than was offered: the rest is given out anew.
        draft = Draft::new(&model);
        recreate::insert_pinned(&model, &mut draft);
    }
    draft.commit();
    let plan = Solution::of(&model, &search::search(&model, Some(draft), budget, seed));
    debug_assert_eq!(check(&instance, &plan), Ok(()), "a plan keeps the rules");
    Ok(plan)
}

/// Notes for each visit where it stood.
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
