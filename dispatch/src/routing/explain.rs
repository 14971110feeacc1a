//! Explains assignments and unserved visits.
//!
//! Every answer is computed by trial: the visit is removed from the finished plan and offered to
//! each volunteer, the rest unchanged.

use serde::Serialize;

use super::draft::{Draft, UNASSIGNED};
use super::insertion::Gap;
use super::instance::{Bar, Instance, Seconds};
use super::model::{FORBIDDEN, Model, ShiftData, index};
use super::relaxation::{self, Relaxation};
use super::solution::Solution;
use super::weights::Weights;

/// The explanation of an assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The visit.
    pub visit: usize,
    /// The volunteer.
    pub volunteer: usize,
    /// Travel seconds that the visit adds to the day.
    pub travel: Seconds,
    /// The volunteer's load without the visit, in seconds.
    pub load_before: i64,
    /// The volunteer's load with the visit.
    pub load_after: i64,
    /// The effect of giving the visit to other volunteers, the best first.
    pub others: Vec<Candidate>,
}

/// Another volunteer, and the effect of giving them the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The volunteer.
    pub volunteer: usize,
    /// The effect.
    pub verdict: Feasibility,
}

/// Whether a volunteer could make a visit, the rest of the plan unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Feasibility {
    /// Feasible; each figure is the change of the plan's.
    Possible {
        /// Lateness, in days times priority points.
        lateness: i64,
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

/// The explanation of an unserved visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The visit.
    pub visit: usize,
    /// The hindrance of the volunteer who is nearest to feasible.
    pub reason: Feasibility,
    /// The least relaxation that makes it feasible, where one is known.
    pub relaxation: Option<Relaxation>,
}

/// The explanations of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reasons {
    /// Every assigned visit, in order.
    pub choices: Vec<Choice>,
    /// Every unserved visit, in order.
    pub missing: Vec<Missing>,
}

/// How many other volunteers are reported for each visit.
const MOST_OTHERS: usize = 8;

/// Explains every visit of a plan.
pub fn explain(instance: &Instance, weights: Weights, plan: &Solution) -> Reasons {
    let model = Model::new(instance, weights);
    let mut draft = Draft::of(&model, plan);
    let mut reasons = Reasons::default();
    for visit in 0..index(instance.visits.len()) {
        if draft.assigned_route[visit as usize] == UNASSIGNED {
            reasons.missing.push(missing(&model, &draft, visit));
        } else {
            reasons.choices.push(choice(&model, &mut draft, visit));
        }
    }
    reasons
}

fn choice(model: &Model<'_>, draft: &mut Draft, visit: u32) -> Choice {
    let tour = draft.assigned_route[visit as usize];
    let volunteer = model.shifts[tour as usize].volunteer;
    let (load_after, cost) = (draft.load[volunteer], draft.cost(model));
    let travel = draft.tours[tour as usize].travel;
    draft.commit();
    let rank = draft.rank[visit as usize] as usize;
    draft.remove(model, tour, rank..rank + 1);
    let now = Now {
        cost,
        cost_without: draft.cost(model) - model.visits[visit as usize].penalty,
        largest_without: draft.largest_share(model),
        static_cost: i64::from(model.cost(visit as usize, tour as usize)),
        travel: travel - draft.tours[tour as usize].travel,
        day: model.shifts[tour as usize].day,
        volunteer,
    };
    let mut others: Vec<Candidate> = (0..model.instance.volunteers.len())
        .filter(|other| *other != volunteer)
        .map(|other| Candidate {
            volunteer: other,
            verdict: feasibility(model, draft, visit, other, Some(now)),
        })
        .collect();
    others.sort_by_key(|other| (other.verdict.rank(), other.volunteer));
    others.truncate(MOST_OTHERS);
    let choice = Choice {
        visit: visit as usize,
        volunteer,
        travel: i32::try_from(now.travel).unwrap_or(Seconds::MAX),
        load_before: draft.load[volunteer],
        load_after,
        others,
    };
    draft.undo(model);
    choice
}

/// The visit's contribution to the plan.
#[derive(Clone, Copy)]
struct Now {
    cost: i64,
    /// The cost of the plan without the visit, the penalty for leaving it unserved not included.
    cost_without: i64,
    /// The largest share without the visit, in millionths.
    largest_without: i64,
    static_cost: i64,
    travel: i64,
    day: i32,
    volunteer: usize,
}

/// Whether a volunteer could make an unassigned visit.
fn feasibility(
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
    let in_time = |at: usize| request.pinned.is_some() || model.shifts[at].day >= request.first_day;
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
        let short = relaxation::shortest(model, draft, visit, shift);
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
    let stranger =
        |who: usize| i64::from(!request.known.is_empty() && !request.known.contains(&who));
    let (travel, fixed) = (i64::from(gap.extra), i64::from(model.cost(visit as usize, shift)));
    let burden = price - travel - fixed;
    let Some(now) = now else {
        let (lateness, strangers) = (late(on.day), stranger(on.volunteer));
        return Feasibility::Possible {
            lateness,
            fairness: burden,
            travel,
            strangers,
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
        fairness: cost - others,
        travel: travel - now.travel,
        strangers: stranger(on.volunteer) - stranger(now.volunteer),
        cost,
    }
}

fn missing(model: &Model<'_>, draft: &Draft, visit: u32) -> Missing {
    let volunteers = || 0..model.instance.volunteers.len();
    let verdicts = volunteers().map(|who| (feasibility(model, draft, visit, who, None), who));
    let nearest = verdicts.min_by_key(|(verdict, who)| (verdict.rank(), *who));
    let reason = nearest.map_or(Feasibility::Shift, |(verdict, _)| verdict);
    Missing { visit: visit as usize, reason, relaxation: relaxation::least(model, draft, visit) }
}
