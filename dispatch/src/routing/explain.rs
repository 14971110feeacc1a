//! Why this person, and why nobody.
//!
//! Every answer is found by trying: the visit is taken out of the finished plan
//! and offered to each volunteer in turn, all else staying as it is.

use serde::Serialize;

use super::draft::{Draft, NOWHERE};
use super::instance::{Bar, Instance, Seconds};
use super::model::{FORBIDDEN, Model, Tourable, index};
use super::relief::{self, Relief};
use super::solution::Solution;
use super::tour::Gap;
use super::weights::Weights;

/// What a plan says of a visit that somebody makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Which visit.
    pub visit: usize,
    /// Who makes it.
    pub volunteer: usize,
    /// Seconds of travel that it adds to the day.
    pub travel: Seconds,
    /// What the volunteer would carry without it, in seconds.
    pub load_before: i64,
    /// What they carry with it.
    pub load_after: i64,
    /// What it would be with each of the others, the best first.
    pub others: Vec<Alternative>,
}

/// What it would be if somebody else went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// Who.
    pub volunteer: usize,
    /// What would come of it.
    pub verdict: Verdict,
}

/// What comes of giving a visit to a volunteer, all else staying as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Verdict {
    /// They could take it; each figure is what that adds to the plan's.
    Possible {
        /// Lateness, in days times priority points.
        lateness: i64,
        /// What the burdens of both weigh, in seconds of travel.
        fairness: i64,
        /// Seconds of travel.
        travel: i64,
        /// Visits by strangers.
        strangers: i64,
        /// All of it as the plan weighs it; nothing or more, as a rule.
        cost: i64,
    },
    /// They would carry more than they offered.
    Offered {
        /// By so many seconds.
        short: i64,
    },
    /// What else they do leaves no room.
    Room {
        /// The best place is missed by so many seconds.
        short: Seconds,
    },
    /// They would take more with them than they can.
    Capacity {
        /// By so much.
        short: i32,
    },
    /// They could, but nobody else can come at a moment that suits both, or they make the
    /// visit of the other person themselves.
    Partner,
    /// Even a shift with nothing else in it could not hold it.
    Hours,
    /// They have no shift on or after its first day.
    Shift,
    /// They lack a skill.
    Skill,
    /// They do not serve the place.
    Area,
    /// The two must not meet, or it is settled who goes.
    Forbidden,
}

/// What a plan says of a visit that nobody makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Which visit.
    pub visit: usize,
    /// What stands in the way with the one who comes nearest.
    pub reason: Verdict,
    /// The least change that would have somebody make it.
    pub relief: Relief,
}

/// The reasons of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reasons {
    /// For every visit that somebody makes, in order.
    pub choices: Vec<Choice>,
    /// For every visit that nobody makes, in order.
    pub missing: Vec<Missing>,
}

/// How many others are told of for each visit.
const MOST_OTHERS: usize = 8;

/// Why the plan is as it is.
pub fn explain(instance: &Instance, weights: Weights, plan: &Solution) -> Reasons {
    let model = Model::new(instance, weights);
    let mut draft = Draft::of(&model, plan);
    let mut reasons = Reasons::default();
    for visit in 0..index(instance.visits.len()) {
        if draft.seat[visit as usize] == NOWHERE {
            reasons.missing.push(missing(&model, &draft, visit));
        } else {
            reasons.choices.push(choice(&model, &mut draft, visit));
        }
    }
    reasons
}

fn choice(model: &Model<'_>, draft: &mut Draft, visit: u32) -> Choice {
    let tour = draft.seat[visit as usize];
    let volunteer = model.shifts[tour as usize].volunteer;
    let (load_after, cost) = (draft.load[volunteer], draft.cost(model));
    let travel = draft.tours[tour as usize].travel;
    draft.keep();
    let rank = draft.rank[visit as usize] as usize;
    draft.take_out(model, tour, rank..rank + 1);
    let now = Now {
        cost,
        cost_without: draft.cost(model) - model.calls[visit as usize].worth,
        largest_without: draft.largest_share(model),
        static_cost: i64::from(model.cost(visit as usize, tour as usize)),
        travel: travel - draft.tours[tour as usize].travel,
        day: model.shifts[tour as usize].day,
        volunteer,
    };
    let mut others: Vec<Alternative> = (0..model.instance.volunteers.len())
        .filter(|other| *other != volunteer)
        .map(|other| Alternative {
            volunteer: other,
            verdict: verdict(model, draft, visit, other, Some(now)),
        })
        .collect();
    others.sort_by_key(|other| (rank_of(&other.verdict), other.volunteer));
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

/// How the visit stands in the plan.
#[derive(Clone, Copy)]
struct Now {
    cost: i64,
    /// What the plan costs without the visit, that it is missing not counted.
    cost_without: i64,
    /// The largest share without it, in millionths.
    largest_without: i64,
    static_cost: i64,
    travel: i64,
    day: i32,
    volunteer: usize,
}

/// What comes of giving a visit that is out to a volunteer.
fn verdict(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    volunteer: usize,
    now: Option<Now>,
) -> Verdict {
    let wish = &model.instance.visits[visit as usize];
    match model.instance.bar(visit as usize, volunteer) {
        _ if wish.pinned.is_some_and(|pin| pin.volunteer != volunteer) => {
            return Verdict::Forbidden;
        }
        Bar::None => {}
        _ if wish.pinned.is_some() => {}
        Bar::Skill => return Verdict::Skill,
        Bar::Area => return Verdict::Area,
        Bar::Forbidden => return Verdict::Forbidden,
    }
    let shifts = || model.shifts_of(volunteer);
    let in_time = |at: usize| wish.pinned.is_some() || model.shifts[at].day >= wish.first_day;
    if !shifts().any(in_time) {
        return Verdict::Shift;
    }
    let mut nearest = Verdict::Hours;
    let beside = beside(model, draft, visit);
    if beside.is_some_and(|beside| beside.volunteer == volunteer) {
        return Verdict::Partner;
    }
    let suits = |at: &usize| {
        model.cost(visit as usize, *at) != FORBIDDEN
            && beside.is_none_or(|beside| beside.day == model.shifts[*at].day)
    };
    for shift in shifts().filter(suits) {
        if !draft.group_allows(model, shift, visit) {
            return Verdict::Forbidden;
        }
        let found = in_shift(model, draft, visit, shift, now);
        if rank_of(&found) < rank_of(&nearest) {
            nearest = found;
        }
    }
    match nearest {
        // By itself it would fit, but it was left out for want of a second person.
        Verdict::Possible { .. } if wish.partner.is_some() && beside.is_none() => Verdict::Partner,
        // The other person's day is the only one.
        Verdict::Hours if beside.is_some() => Verdict::Partner,
        nearest => nearest,
    }
}

/// The shift in which the other of two people makes their visit, if one does.
fn beside<'m>(model: &'m Model<'_>, draft: &Draft, visit: u32) -> Option<&'m Tourable> {
    let partner = model.calls[visit as usize].partner?;
    model.shifts.get(draft.seat[partner.visit] as usize)
}

fn in_shift(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    now: Option<Now>,
) -> Verdict {
    let tour = &draft.tours[shift];
    let Some(gap) = tour.best_gap(model, shift, visit, &draft.hulls) else {
        let alone = super::tour::Tour::empty(model, shift);
        let short = relief::shortest(model, draft, visit, shift);
        let too_much = tour.too_much(model, shift, visit);
        return match alone.gap(model, shift, visit, &draft.hulls, 0) {
            None => Verdict::Hours,
            Some(_) if too_much > 0 => Verdict::Capacity { short: too_much },
            Some(_) => Verdict::Room { short },
        };
    };
    match draft.price(model, shift, visit, gap.extra) {
        Some(price) => possible(model, draft, visit, shift, gap, price, now),
        None => Verdict::Offered { short: over_the_offer(model, draft, visit, shift, gap) },
    }
}

pub(super) fn over_the_offer(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    gap: Gap,
) -> i64 {
    let volunteer = model.shifts[shift].volunteer;
    let added = i64::from(model.calls[visit as usize].service) + i64::from(gap.extra);
    draft.load[volunteer] + added - model.offered[volunteer]
}

fn possible(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    shift: usize,
    gap: Gap,
    price: i64,
    now: Option<Now>,
) -> Verdict {
    let wish = &model.instance.visits[visit as usize];
    let on = &model.shifts[shift];
    let late = |day: i32| wish.days_late(day) * i64::from(wish.priority);
    let stranger = |who: usize| i64::from(!wish.known.is_empty() && !wish.known.contains(&who));
    let (travel, fixed) = (i64::from(gap.extra), i64::from(model.cost(visit as usize, shift)));
    let burden = price - travel - fixed;
    let Some(now) = now else {
        let (lateness, strangers) = (late(on.day), stranger(on.volunteer));
        return Verdict::Possible { lateness, fairness: burden, travel, strangers, cost: price };
    };
    // What the largest share weighs is part of fairness too.
    let after = draft.load[on.volunteer] + i64::from(model.calls[visit as usize].service) + travel;
    let largest = now.largest_without.max(model.share(on.volunteer, after));
    let weighed = |share: i64| model.weights.largest_share * share / 10_000;
    let cost =
        now.cost_without + price + weighed(largest) - weighed(now.largest_without) - now.cost;
    let others = travel - now.travel + fixed - now.static_cost;
    Verdict::Possible {
        lateness: late(on.day) - late(now.day),
        fairness: cost - others,
        travel: travel - now.travel,
        strangers: stranger(on.volunteer) - stranger(now.volunteer),
        cost,
    }
}

/// The nearer to being done, the smaller.
fn rank_of(verdict: &Verdict) -> (u8, i64) {
    match verdict {
        Verdict::Possible { cost, .. } => (0, *cost),
        Verdict::Offered { short } => (1, *short),
        Verdict::Room { short } => (2, i64::from(*short)),
        Verdict::Capacity { short } => (3, i64::from(*short)),
        Verdict::Partner => (4, 0),
        Verdict::Hours => (5, 0),
        Verdict::Shift => (6, 0),
        Verdict::Skill => (7, 0),
        Verdict::Area => (8, 0),
        Verdict::Forbidden => (9, 0),
    }
}

fn missing(model: &Model<'_>, draft: &Draft, visit: u32) -> Missing {
    let volunteers = || 0..model.instance.volunteers.len();
    let verdicts = volunteers().map(|who| (verdict(model, draft, visit, who, None), who));
    let nearest = verdicts.min_by_key(|(verdict, who)| (rank_of(verdict), *who));
    let reason = nearest.map_or(Verdict::Shift, |(verdict, _)| verdict);
    Missing { visit: visit as usize, reason, relief: relief::least(model, draft, visit) }
}
