//! The least relaxation of one constraint that makes an unserved visit feasible.
//!
//! A relaxation is reported only if it suffices by itself, all else staying as it is.

use serde::Serialize;

use super::draft::Draft;
use super::feasibility::over_the_offer;
use super::instance::{Bar, Seconds};
use super::model::{Model, ShiftData};
use super::shortage::{Shortage, shortages_in};

/// A relaxation of one constraint that makes an unserved visit feasible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Relaxation {
    /// The volunteer's shift ends later.
    MoreTime {
        /// The volunteer.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
        /// How much later the shift ends.
        seconds: Seconds,
    },
    /// The visit's windows close later, and the volunteer makes it.
    LaterWindow {
        /// The volunteer.
        volunteer: usize,
        /// The day of the visit.
        day: i32,
        /// How much later the windows close.
        seconds: Seconds,
    },
    /// The volunteer offers more time in the period, or in a span of days.
    MoreOffered {
        /// The volunteer.
        volunteer: usize,
        /// The first day of the span, if the volunteer has offers for spans.
        #[serde(skip_serializing_if = "Option::is_none")]
        first_day: Option<i32>,
        /// How much more.
        seconds: i64,
    },
    /// The volunteer's shift has a larger capacity.
    MoreCapacity {
        /// The volunteer.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
        /// How much more.
        amount: i32,
    },
    /// The volunteer has the time but lacks a skill: a volunteer like them with the skill.
    Skill {
        /// The volunteer with the time.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
    },
    /// The volunteer has the time but serves another area.
    Area {
        /// The volunteer.
        volunteer: usize,
        /// The day of the shift.
        day: i32,
    },
    /// One more volunteer, with the skills and a shift in the visit's windows.
    OneMore,
}

/// The least relaxation: time or offer where that suffices, else capacity, else a skill or an
/// area for a volunteer with the time, else one more volunteer.
///
/// The shifts of `first` are tried before all others, which are tried only if that finds no time, offer
/// or capacity that suffices.
///
/// None where no single relaxation is known to suffice: another volunteer does not help a
/// pinned visit or one of a group that is assigned, and for a pair none is tried.
pub(super) fn least(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    first: impl Iterator<Item = usize>,
) -> Option<Relaxation> {
    let data = &model.visits[visit as usize];
    if data.partner.is_some() {
        return None;
    }
    let near = least_in(model, draft, visit, first);
    let is_bar = |(shortage, _): &(Shortage, usize)| shortage.size() >= Shortage::Skill.size();
    let best = near
        .filter(|least| !is_bar(least))
        .or_else(|| least_in(model, draft, visit, 0..model.shifts.len()));
    let is_assigned = |group: usize| draft.group_holders[group].1 > 0;
    let anyone_may = !data.pinned && !data.group.is_some_and(is_assigned);
    let least = best.map(|(shortage, shift)| relaxation(model, shortage, &model.shifts[shift]));
    least.or(anyone_may.then_some(Relaxation::OneMore))
}

/// The least shortage in one of these shifts, and the shift.
fn least_in(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shifts: impl Iterator<Item = usize>,
) -> Option<(Shortage, usize)> {
    let request = &model.instance.visits[visit as usize];
    let mut best: Option<(Shortage, usize)> = None;
    for shift in shifts {
        let on = &model.shifts[shift];
        let elsewhere =
            request.pinned.is_some_and(|pin| (pin.volunteer, pin.day) != (on.volunteer, on.day));
        let impossible = request.pinned.is_none() && !request.is_possible(on.volunteer, on.day);
        if elsewhere || impossible || !draft.group_allows(model, shift, visit) {
            continue;
        }
        let bar = model.instance.bar(visit as usize, on.volunteer);
        if bar != Bar::None && request.pinned.is_none() {
            let barred = Shortage::of_bar(bar).filter(|barred| {
                let is_less = best.is_none_or(|(least, _)| barred.size() < least.size());
                is_less && fits(model, draft, visit, shift)
            });
            best = barred.map(|barred| (barred, shift)).or(best);
            continue;
        }
        for shortage in shortages_in(model, draft, visit, shift) {
            if best.is_none_or(|(least, _)| shortage.size() < least.size()) {
                best = Some((shortage, shift));
            }
        }
    }
    best
}

/// Whether the visit fits into a shift, bars aside.
fn fits(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize) -> bool {
    let tour = &draft.tours[shift];
    let mut gaps =
        (0..=tour.len()).filter_map(|at| tour.gap(model, shift, visit, &draft.hulls, at));
    gaps.any(|gap| over_the_offer(model, draft, visit, shift, gap) <= 0)
}

fn relaxation(
    model: &Model<'_>,
    shortage: Shortage,
    &ShiftData { volunteer, day, .. }: &ShiftData,
) -> Relaxation {
    match shortage {
        Shortage::Window(seconds) => Relaxation::LaterWindow { volunteer, day, seconds },
        Shortage::Time(seconds) => Relaxation::MoreTime { volunteer, day, seconds },
        Shortage::Offer(seconds) => {
            let mut quotas = model.instance.volunteers[volunteer].quotas.iter();
            let first_day = quotas.find(|quota| quota.covers(day)).map(|quota| quota.first_day);
            Relaxation::MoreOffered { volunteer, first_day, seconds }
        }
        Shortage::Capacity(amount) => Relaxation::MoreCapacity { volunteer, day, amount },
        Shortage::Skill => Relaxation::Skill { volunteer, day },
        Shortage::Area => Relaxation::Area { volunteer, day },
    }
}
