//! Whether a volunteer could make a visit, the rest of a plan unchanged.

use serde::Serialize;

use super::draft::Draft;
use super::insertion::Gap;
use super::instance::{Bar, Seconds};
use super::model::{FORBIDDEN, Model, ShiftData};
use super::shortage::shortest;

/// Whether a volunteer could make a visit, the rest of the plan unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Feasibility {
    /// Feasible; each figure is the change of the plan's.
    Possible {
        /// Lateness, in days times priority points.
        lateness: i64,
        /// Waiting, in days times priority points.
        waiting: i64,
        /// The change of the weighted burdens, in seconds of travel.
        fairness: i64,
        /// Seconds of travel.
        travel: i64,
        /// Number of visits by strangers.
        strangers: i64,
        /// The weighted sum; usually not negative.
        cost: i64,
    },
    /// The volunteer's offer would be exceeded.
    Offered {
        /// By this many seconds.
        short: i64,
    },
    /// The volunteer's other visits leave no gap.
    Room {
        /// The least number of seconds by which a gap is missed.
        short: Seconds,
    },
    /// The capacity of the shift would be exceeded.
    Capacity {
        /// By this amount.
        short: i32,
    },
    /// Feasible alone, but no second volunteer is available at a suitable time, or this volunteer
    /// makes the other visit of the pair.
    Partner,
    /// Even an empty shift could not hold the visit.
    Hours,
    /// The volunteer has no shift on or after the first day.
    Shift,
    /// The volunteer lacks a skill.
    Skill,
    /// The volunteer does not serve the area.
    Area,
    /// The volunteer is forbidden, or the visit is fixed to another.
    Forbidden,
}

impl Feasibility {
    /// Whether it is a matter of time, offer or capacity; any other hindrance is farther from feasible.
    pub(super) fn is_close(&self) -> bool {
        self.rank() < Self::Partner.rank()
    }

    /// Orders hindrances: less is nearer to feasible.
    pub(crate) fn rank(&self) -> (u8, i64) {
        match self {
            Self::Possible { cost, .. } => (0, *cost),
            Self::Offered { short } => (1, *short),
            Self::Room { short } => (2, i64::from(*short)),
            Self::Capacity { short } => (3, i64::from(*short)),
            Self::Partner => (4, 0),
            Self::Hours => (5, 0),
            Self::Shift => (6, 0),
            Self::Skill => (7, 0),
            Self::Area => (8, 0),
            Self::Forbidden => (9, 0),
        }
    }
}

/// The visit's contribution to the plan.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) cost: i64,
    /// The cost of the plan without the visit, the penalty for leaving it unserved not included.
    pub(super) cost_without: i64,
    /// The largest share without the visit, in millionths.
    pub(super) largest_without: i64,
    pub(super) static_cost: i64,
    pub(super) travel: i64,
    pub(super) day: i32,
    pub(super) volunteer: usize,
}

/// Whether a volunteer could make an unassigned visit.
pub(super) fn feasibility(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    volunteer: usize,
    now: Option<Now>,
) -> Feasibility {
    let request = &model.instance.visits[visit as usize];
    match model.instance.bar(visit as usize, volunteer) {
        _ if request.pinned.is_some_and(|pin| pin.volunteer != volunteer) => {
            return Feasibility::Forbidden;
        }
        Bar::None => {}
        _ if request.pinned.is_some() => {}
        Bar::Skill => return Feasibility::Skill,
        Bar::Area => return Feasibility::Area,
        Bar::Forbidden => return Feasibility::Forbidden,
    }
    let shifts = || model.shifts_of(volunteer);
    let in_time = |at: usize| {
        request.pinned.is_some() || request.is_possible(volunteer, model.shifts[at].day)
    };
    if !shifts().any(in_time) {
        return Feasibility::Shift;
    }
    let mut nearest = Feasibility::Hours;
    let beside = beside(model, draft, visit);
    if beside.is_some_and(|beside| beside.volunteer == volunteer) {
        return Feasibility::Partner;
    }
    let suits = |at: &usize| {
        model.cost(visit as usize, *at) != FORBIDDEN
            && beside.is_none_or(|beside| beside.day == model.shifts[*at].day)
    };
    for shift in shifts().filter(suits) {
        if !draft.group_allows(model, shift, visit) {
            return Feasibility::Forbidden;
        }
        let found = in_shift(model, draft, visit, shift, now);
        if found.rank() < nearest.rank() {
            nearest = found;
        }
    }
    match nearest {
        // It fits alone, but was left out for want of a second volunteer.
        Feasibility::Possible { .. } if request.partner.is_some() && beside.is_none() => {
            Feasibility::Partner
        }
        // The other visit's day is the only one.
        Feasibility::Hours if beside.is_some() => Feasibility::Partner,
        nearest => nearest,
    }
}

/// The shift of the other visit of the pair, if it is assigned.
fn beside<'m>(model: &'m Model<'_>, draft: &Draft, visit: u32) -> Option<&'m ShiftData> {
    let partner = model.visits[visit as usize].partner?;
    model.shifts.get(draft.assigned_route[partner.visit] as usize)
}

/// The effect of an unassigned visit in a shift; none if it does not fit there.
pub(super) fn possible_in(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    now: Now,
) -> Option<Feasibility> {
    let on = &model.shifts[shift];
    let suits = beside(model, draft, visit)
        .is_none_or(|beside| beside.volunteer != on.volunteer && beside.day == on.day);
    if !suits || !draft.group_allows(model, shift, visit) {
        return None;
    }
    let gap = draft.tours[shift].best_gap(model, shift, visit, &draft.hulls)?;
    let price = draft.price(model, shift, visit, gap.extra)?;
    Some(possible(model, draft, visit, shift, gap, price, Some(now)))
}

fn in_shift(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    now: Option<Now>,
) -> Feasibility {
    let tour = &draft.tours[shift];
    let Some(gap) = tour.best_gap(model, shift, visit, &draft.hulls) else {
        let alone = super::tour::Tour::empty(model, shift);
        let short = shortest(model, draft, visit, shift);
        let too_much = tour.too_much(model, shift, visit);
        return match alone.gap(model, shift, visit, &draft.hulls, 0) {
            None => Feasibility::Hours,
            Some(_) if too_much > 0 => Feasibility::Capacity { short: too_much },
            Some(_) => Feasibility::Room { short },
        };
    };
    match draft.price(model, shift, visit, gap.extra) {
        Some(price) => possible(model, draft, visit, shift, gap, price, now),
        None => Feasibility::Offered { short: over_the_offer(model, draft, visit, shift, gap) },
    }
}

pub(super) fn over_the_offer(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    gap: Gap,
) -> i64 {
    let quota = model.shifts[shift].quota;
    let added = i64::from(model.visits[visit as usize].service) + i64::from(gap.extra);
    draft.used[quota] + added - model.quotas[quota].most
}

fn possible(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    gap: Gap,
    price: i64,
    now: Option<Now>,
) -> Feasibility {
    let request = &model.instance.visits[visit as usize];
    let on = &model.shifts[shift];
    let late = |day: i32| request.days_late(day) * i64::from(request.priority);
    let waiting = |day: i32| request.days_waiting(day) * i64::from(request.priority);
    let stranger =
        |who: usize| i64::from(!request.known.is_empty() && !request.known.contains(&who));
    let (travel, fixed) = (i64::from(gap.extra), i64::from(model.cost(visit as usize, shift)));
    let burden = price - travel - fixed;
    let Some(now) = now else {
        return Feasibility::Possible {
            lateness: late(on.day),
            waiting: waiting(on.day),
            fairness: burden,
            travel,
            strangers: stranger(on.volunteer),
            cost: price,
        };
    };
    // The weight of the largest share is part of fairness.
    let after = draft.load[on.volunteer] + i64::from(model.visits[visit as usize].service) + travel;
    let largest = now.largest_without.max(model.share(on.volunteer, after));
    let weighed = |share: i64| model.weights.largest_share * share / 10_000;
    let cost =
        now.cost_without + price + weighed(largest) - weighed(now.largest_without) - now.cost;
    let others = travel - now.travel + fixed - now.static_cost;
    Feasibility::Possible {
        lateness: late(on.day) - late(now.day),
        waiting: waiting(on.day) - waiting(now.day),
        fairness: cost - others,
        travel: travel - now.travel,
        strangers: stranger(on.volunteer) - stranger(now.volunteer),
        cost,
    }
}
