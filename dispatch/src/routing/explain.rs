//! Why this person, why nobody, and what would change it.
//!
//! Every answer is found by trying: the visit is taken out of the finished plan
//! and offered to each volunteer in turn, all else staying as it is.

use serde::Serialize;

use super::draft::{Draft, NOWHERE};
use super::instance::{Bar, Instance, Seconds};
use super::model::{FORBIDDEN, Model, index};
use super::solution::Solution;
use super::timeline;
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

/// A change that would have a visit made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Relief {
    /// This volunteer stays so many seconds longer than the shift, or comes so much
    /// later than the window.
    MoreTime {
        /// Who.
        volunteer: usize,
        /// On which day.
        day: i32,
        /// How much more.
        seconds: Seconds,
    },
    /// This volunteer offers so many seconds more.
    MoreOffered {
        /// Who.
        volunteer: usize,
        /// How much more.
        seconds: i64,
    },
    /// This volunteer has the time but not the skill: somebody like them with it.
    Skill {
        /// Like whom.
        volunteer: usize,
        /// On which day.
        day: i32,
    },
    /// This volunteer has the time but serves another place.
    Area {
        /// Who.
        volunteer: usize,
        /// On which day.
        day: i32,
    },
    /// Nobody comes near: one more volunteer with the skills and a shift in its hours.
    OneMore,
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
    let shifts = || (0..model.shifts.len()).filter(|at| model.shifts[*at].volunteer == volunteer);
    if !shifts().any(|at| model.shifts[at].day >= wish.first_day) {
        return Verdict::Shift;
    }
    let mut nearest = Verdict::Hours;
    for shift in shifts().filter(|at| model.cost(visit as usize, *at) != FORBIDDEN) {
        if !draft.group_allows(model, shift, visit) {
            return Verdict::Forbidden;
        }
        let found = in_shift(model, draft, visit, shift, now);
        if rank_of(&found) < rank_of(&nearest) {
            nearest = found;
        }
    }
    nearest
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
        let short = shortest(model, draft, visit, shift).0;
        return match alone.gap(model, shift, visit, &draft.hulls, 0) {
            Some(_) => Verdict::Room { short },
            None => Verdict::Hours,
        };
    };
    match draft.price(model, shift, visit, gap.extra) {
        Some(price) => possible(model, draft, visit, shift, gap, price, now),
        None => Verdict::Offered { short: over_the_offer(model, draft, visit, shift, gap) },
    }
}

fn over_the_offer(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize, gap: Gap) -> i64 {
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
    let late = |day: i32| i64::from((day - wish.due).max(0)) * i64::from(wish.priority);
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
        Verdict::Hours => (3, 0),
        Verdict::Shift => (4, 0),
        Verdict::Skill => (5, 0),
        Verdict::Area => (6, 0),
        Verdict::Forbidden => (7, 0),
    }
}

/// By how many seconds the visit misses the shift at best, and in which gap: the
/// most that it or anything after it would be too late.
fn shortest(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize) -> (Seconds, usize) {
    let gaps = 0..=draft.tours[shift].len();
    gaps.map(|at| (missed_by(model, draft, visit, shift, at), at))
        .min()
        .unwrap_or((Seconds::MAX, 0))
}

fn missed_by(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize, at: usize) -> Seconds {
    let on = &model.shifts[shift];
    let ways = &model.ways[on.matrix];
    let stops = &draft.tours[shift].stops;
    let (mut left, mut place) = (stops[at].depart, stops[at].place as usize);
    let rest = stops[at + 1..stops.len() - 1].iter().map(|stop| stop.visit);
    let mut missed = 0;
    for visit in std::iter::once(visit).chain(rest) {
        let call = &model.calls[visit as usize];
        let arrive = timeline::arrive(left, ways.way(place, call.place), &on.breaks);
        let (opens, closes) = draft.hulls[visit as usize];
        let windows =
            if call.windows.is_empty() { vec![(opens, closes)] } else { call.windows.clone() };
        let start = timeline::begin(arrive, call.service, &windows, &on.breaks);
        let late = timeline::clear(arrive.max(opens), call.service, &on.breaks);
        missed = missed.max(if start >= timeline::NEVER { late - closes } else { 0 });
        left = (if start >= timeline::NEVER { late } else { start }) + call.service;
        place = call.place;
    }
    missed.max(timeline::arrive(left, ways.way(place, on.volunteer), &on.breaks) - on.close)
}

fn missing(model: &Model<'_>, draft: &Draft, visit: u32) -> Missing {
    let volunteers = || 0..model.instance.volunteers.len();
    let verdicts = volunteers().map(|who| (verdict(model, draft, visit, who, None), who));
    let nearest = verdicts.min_by_key(|(verdict, who)| (rank_of(verdict), *who));
    let reason = nearest.map_or(Verdict::Shift, |(verdict, _)| verdict);
    Missing { visit: visit as usize, reason, relief: relief(model, draft, visit) }
}

/// The least change: a little more time or offer where that is enough, else a
/// skill or an area for somebody who has the time.
fn relief(model: &Model<'_>, draft: &Draft, visit: u32) -> Relief {
    let mut best: Option<((u8, i64), Relief)> = None;
    let mut offer = |weight: (u8, i64), relief: Relief| {
        if best.is_none_or(|(least, _)| weight < least) {
            best = Some((weight, relief));
        }
    };
    for (shift, on) in model.shifts.iter().enumerate() {
        let (volunteer, day) = (on.volunteer, on.day);
        if day < model.instance.visits[visit as usize].first_day {
            continue;
        }
        let (missed, at) = shortest(model, draft, visit, shift);
        match model.instance.bar(visit as usize, volunteer) {
            Bar::None if missed > 0 => {
                offer((0, missed.into()), Relief::MoreTime { volunteer, day, seconds: missed });
            }
            Bar::None => {
                let extra = extra(model, draft, visit, shift, at);
                let seconds = over_the_offer(model, draft, visit, shift, Gap { at, extra });
                if seconds > 0 {
                    offer((0, seconds), Relief::MoreOffered { volunteer, seconds });
                }
            }
            Bar::Skill if missed == 0 => offer((1, 0), Relief::Skill { volunteer, day }),
            Bar::Area if missed == 0 => offer((2, 0), Relief::Area { volunteer, day }),
            _ => {}
        }
    }
    best.map_or(Relief::OneMore, |(_, relief)| relief)
}

fn extra(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize, at: usize) -> Seconds {
    let ways = &model.ways[model.shifts[shift].matrix];
    let place = model.calls[visit as usize].place;
    let stops = &draft.tours[shift].stops;
    let (before, after) = (stops[at].place as usize, &stops[at + 1]);
    ways.way(before, place) + ways.way(place, after.place as usize) - after.leg
}
