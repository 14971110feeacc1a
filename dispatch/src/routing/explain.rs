//! Explains assignments and unserved visits.
//!
//! Every answer is computed by trial: the visit is removed from the finished plan and offered to
//! other volunteers, the rest unchanged.

use serde::Serialize;

use super::draft::{Draft, UNASSIGNED};
use super::feasibility::{Now, feasibility, possible_in};
use super::instance::{Instance, Seconds};
use super::model::{Model, index};
use super::near_shifts::NearShifts;
use super::relaxation::{self, Relaxation};
use super::solution::Solution;
use super::weights::Weights;

pub use super::feasibility::Feasibility;

/// How much is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// The reason and the remedy of each unserved visit, up to the thousand most urgent ones, and the
    /// best other volunteer of each assigned visit. Of a visit with many allowed shifts, the near
    /// ones are tried first, and the others only where no near one is close to feasible.
    #[default]
    Some,
    /// Every unserved visit, with every shift tried, and the best eight other volunteers of each
    /// assigned visit, with their hindrances.
    All,
}

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
    /// The assigned visits, in order.
    pub choices: Vec<Choice>,
    /// The explained unserved visits, in order.
    pub missing: Vec<Missing>,
}

/// How many other volunteers [`Detail::All`] reports for each visit.
const MOST_OTHERS: usize = 8;
/// How many unserved visits [`Detail::Some`] explains.
const MOST_MISSING: usize = 1_000;

/// Explains the visits of a plan.
pub fn explain(instance: &Instance, weights: Weights, plan: &Solution, detail: Detail) -> Reasons {
    let model = Model::new(instance, weights);
    reasons(&model, Draft::of(&model, plan), detail)
}

/// Explains the visits of a draft.
pub(super) fn reasons(model: &Model<'_>, mut draft: Draft, detail: Detail) -> Reasons {
    let mut reasons = Reasons::default();
    if detail == Detail::None {
        return reasons;
    }
    draft.commit();
    let mut near = NearShifts::default();
    let missing = explained(model, &draft, detail).into_iter();
    reasons.missing = missing.map(|it| missing_one(model, &draft, it, detail, &mut near)).collect();
    let shares = LargestShares::of(model, &draft);
    for visit in 0..index(model.visits.len()) {
        if draft.assigned_route[visit as usize] != UNASSIGNED {
            let others = Others { detail, shares, near: &mut near };
            reasons.choices.push(choice(model, &mut draft, visit, others));
        }
    }
    reasons
}

/// The unserved visits to explain, in order.
fn explained(model: &Model<'_>, draft: &Draft, detail: Detail) -> Vec<u32> {
    let mut unserved = draft.unassigned.clone();
    if detail == Detail::Some && unserved.len() > MOST_MISSING {
        let urgency =
            |visit: &u32| (std::cmp::Reverse(model.visits[*visit as usize].penalty), *visit);
        unserved.select_nth_unstable_by_key(MOST_MISSING, urgency);
        unserved.truncate(MOST_MISSING);
    }
    unserved.sort_unstable();
    unserved
}

/// The largest share of a plan, and the largest of the other volunteers, in millionths.
#[derive(Clone, Copy)]
struct LargestShares {
    largest: i64,
    volunteer: usize,
    second: i64,
}

impl LargestShares {
    fn of(model: &Model<'_>, draft: &Draft) -> Self {
        let mut found = Self { largest: 0, volunteer: usize::MAX, second: 0 };
        for (volunteer, load) in draft.load.iter().enumerate() {
            let share = model.share(volunteer, *load);
            if share > found.largest {
                found = Self { largest: share, volunteer, second: found.largest };
            } else {
                found.second = found.second.max(share);
            }
        }
        found
    }

    /// The largest share, if this volunteer has `share`.
    fn with(self, volunteer: usize, share: i64) -> i64 {
        share.max(if volunteer == self.volunteer { self.second } else { self.largest })
    }
}

/// What is said of other volunteers.
struct Others<'n> {
    detail: Detail,
    shares: LargestShares,
    near: &'n mut NearShifts,
}

fn choice(model: &Model<'_>, draft: &mut Draft, visit: u32, others: Others<'_>) -> Choice {
    let tour = draft.assigned_route[visit as usize];
    let volunteer = model.shifts[tour as usize].volunteer;
    let load_after = draft.load[volunteer];
    let cost = draft.cost_with(model, others.shares.largest);
    let travel = draft.tours[tour as usize].travel;
    let rank = draft.rank[visit as usize] as usize;
    draft.remove(model, tour, rank..rank + 1);
    let load_before = draft.load[volunteer];
    let largest_without = others.shares.with(volunteer, model.share(volunteer, load_before));
    let penalty = model.visits[visit as usize].penalty;
    let now = Now {
        cost,
        cost_without: draft.cost_with(model, largest_without) - penalty,
        largest_without,
        static_cost: i64::from(model.cost(visit as usize, tour as usize)),
        travel: travel - draft.tours[tour as usize].travel,
        day: model.shifts[tour as usize].day,
        volunteer,
    };
    let others = match others.detail {
        Detail::All => all_others(model, draft, visit, now),
        _ => best_other(model, draft, visit, now, others.near).into_iter().collect(),
    };
    draft.undo(model);
    let travel = i32::try_from(now.travel).unwrap_or(Seconds::MAX);
    Choice { visit: visit as usize, volunteer, travel, load_before, load_after, others }
}

/// The best of all other volunteers, whether feasible or hindered.
fn all_others(model: &Model<'_>, draft: &Draft, visit: u32, now: Now) -> Vec<Candidate> {
    let people = (0..model.instance.volunteers.len()).filter(|other| *other != now.volunteer);
    let mut others: Vec<Candidate> = people
        .map(|volunteer| Candidate {
            volunteer,
            verdict: feasibility(model, draft, visit, volunteer, Some(now)),
        })
        .collect();
    let order = |other: &Candidate| (other.verdict.rank(), other.volunteer);
    if others.len() > MOST_OTHERS {
        others.select_nth_unstable_by_key(MOST_OTHERS, order);
        others.truncate(MOST_OTHERS);
        others.shrink_to_fit();
    }
    others.sort_unstable_by_key(order);
    others
}

/// The best other volunteer who could make the visit, of the near ones.
fn best_other(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    now: Now,
    near: &mut NearShifts,
) -> Option<Candidate> {
    let shifts = near.of(model, draft, visit).iter().map(|(shift, _)| *shift as usize);
    let candidates = shifts.filter_map(|shift| {
        let volunteer = model.shifts[shift].volunteer;
        let is_other = volunteer != now.volunteer;
        let verdict = is_other.then(|| possible_in(model, draft, visit, shift, now)).flatten()?;
        Some(Candidate { volunteer, verdict })
    });
    candidates.min_by_key(|other| (other.verdict.rank(), other.volunteer))
}

fn missing_one(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    detail: Detail,
    near: &mut NearShifts,
) -> Missing {
    let shifts = match detail {
        Detail::All => &[],
        _ => near.of(model, draft, visit),
    };
    let near = || shifts.iter().map(|(shift, _)| *shift as usize);
    let verdict = |who: usize| (feasibility(model, draft, visit, who, None), who);
    let least = |verdict: &(Feasibility, usize)| (verdict.0.rank(), verdict.1);
    let nearest = near().map(|shift| verdict(model.shifts[shift].volunteer)).min_by_key(least);
    let nearest = nearest.filter(|(reason, _)| reason.is_close());
    let nearest =
        nearest.or_else(|| (0..model.instance.volunteers.len()).map(verdict).min_by_key(least));
    Missing {
        visit: visit as usize,
        reason: nearest.map_or(Feasibility::Shift, |(verdict, _)| verdict),
        relaxation: relaxation::least(model, draft, visit, near()),
    }
}
