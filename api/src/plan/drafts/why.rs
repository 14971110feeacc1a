//! The reason of a planned visit, as it was stored, and its decisive part.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_dispatch::solve::Cost;
use gridward_domain::area::AreaCode;
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::skill::Skill;
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::plan_visits;
use crate::db::{Conn, DbError};
use crate::task::view::planned_why::PlannedWhy;
use crate::task::view::unserved_why::UnservedWhy;

/// The added minutes up to which a visit is on the way.
const ON_THE_WAY: u32 = 10;

/// The stored reason for a person. Plans of earlier versions have fewer fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct StoredWhy {
    /// Travel minutes that the visit adds to the day.
    pub extra_travel: u32,
    /// The load without the visit, as a share of the offered minutes.
    pub share_before: f64,
    /// The load with the whole plan, as a share of the offered minutes.
    pub share_after: f64,
    /// Number of other people who could still take over the visit.
    pub others: u32,
    /// Whether the beneficiary knows the person.
    pub known: bool,
    /// Whether it is a call.
    pub channel: Channel,
    /// Whether the order for the plan names the person for the visit, or accepts the remedy that does.
    pub by_hand: bool,
    /// Why on the day, but for the order.
    pub day: Option<DayWhy>,
    /// The alternatives, the nearest to feasible first.
    pub next: Vec<StoredAlternative>,
}

/// Why a visit is on its day: the first of these that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayWhy {
    /// The order for the plan sets the day, or accepts the remedy that does.
    ByHand,
    /// The day was set before the plan.
    Pinned,
    /// It is the first day of the task, or the first of the plan on which the person has hours for it. Others may
    /// have earlier ones.
    FirstPossible,
    /// The person is free for it on no other day of the plan.
    OnlyDay,
    /// The person has no room or minutes left on earlier days.
    EarlierFull,
    /// It is beside other visits of that day: on earlier days it would add more travel.
    Nearby,
    /// The plan as a whole is best so.
    BestFit,
}

/// Another person.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StoredAlternative {
    /// The person.
    pub volunteer: PersonId,
    /// What the visit would cost, or what hinders it.
    pub verdict: StoredVerdict,
}

/// The effect of giving the visit to another person.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredVerdict {
    /// The person could make the visit.
    Possible(VisitCost),
    /// The person could not make the visit.
    Hindered(StoredReason),
}

/// What a visit would cost with a person, tier by tier.
// Plans of earlier versions have fewer fields.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VisitCost {
    /// The day.
    pub day: NaiveDate,
    /// Days after the due day.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 1_000_000_000, example = 0)]
    pub late_days: u32,
    /// Whether the beneficiary knows the person.
    #[serde(default)]
    #[schema(required)]
    pub known: bool,
    /// Travel minutes that the visit would add to the day.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 1_000_000_000, example = 9)]
    pub extra_travel: u32,
    /// The person's load with the visit, as a share of the minutes offered in the weeks over which the
    /// district shares work fairly (`fairness_weeks`), which end with the plan or the considered days; 1 is all.
    #[serde(default)]
    #[schema(required, minimum = 0, example = 0.42)]
    pub share_after: f64,
}

impl From<&Cost> for VisitCost {
    fn from(cost: &Cost) -> Self {
        Self {
            day: cost.day,
            late_days: cost.late_days,
            known: cost.known,
            extra_travel: cost.extra_travel.0,
            share_after: cost.share_after,
        }
    }
}

/// What hinders another person.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StoredReason {
    /// A word of the solver's reasons.
    pub code: String,
    /// The missing skills.
    #[serde(default)]
    pub missing: Vec<Skill>,
    /// The missing minutes.
    #[serde(default)]
    pub short: Option<u32>,
}

impl StoredReason {
    /// The mark of a task that has no visitor for this stored reason; none for a word that this version
    /// does not know.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn mark(json: &str) -> Result<Option<UnservedWhy>, DbError> {
        let stored = serde_json::from_str::<Self>(json);
        let stored = stored.map_err(|error| DbError::corrupt("plan_visits", error))?;
        Ok(stored.code.parse().ok())
    }
}

impl StoredWhy {
    /// Parses the stored reason.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn read(json: &str) -> Result<Self, DbError> {
        serde_json::from_str(json).map_err(|error| DbError::corrupt("plan_visits", error))
    }

    /// Why on the day; `None` of plans of earlier versions.
    pub fn day(&self) -> Option<DayWhy> {
        if self.by_hand { Some(DayWhy::ByHand) } else { self.day }
    }

    /// The decisive reason.
    pub fn decisive(&self) -> PlannedWhy {
        let costs = self.next.iter().filter_map(|other| match &other.verdict {
            StoredVerdict::Possible(cost) => Some(cost),
            StoredVerdict::Hindered(_) => None,
        });
        let mut shares = costs.map(|cost| cost.share_after).peekable();
        let is_compared = shares.peek().is_some();
        if self.by_hand {
            PlannedWhy::ByHand
        } else if self.channel == Channel::Call {
            PlannedWhy::ByPhone
        } else if self.known {
            PlannedWhy::Known
        } else if self.others == 0 {
            PlannedWhy::OnlyOne
        } else if self.extra_travel <= ON_THE_WAY {
            PlannedWhy::OnTheWay
        } else if is_compared && shares.all(|share| self.share_after < share) {
            PlannedWhy::LighterLoad
        } else {
            PlannedWhy::BestFit
        }
    }
}

/// A visit as it was planned.
#[derive(Clone, Debug)]
pub struct StoredVisit {
    /// The person.
    pub person: PersonId,
    /// The day.
    pub day: NaiveDate,
    /// The start.
    pub start: TimeOfDay,
    /// Travel minutes to the place.
    pub travel: Option<i32>,
    /// Why.
    pub why: StoredWhy,
}

/// The visit that the plan has for the task, if it has a person.
///
/// # Errors
/// [`DbError`].
pub fn of_task(
    conn: &mut Conn,
    district: AreaCode,
    plan: PlanId,
    task: TaskId,
) -> Result<Option<StoredVisit>, DbError> {
    type Columns = (Option<PersonId>, Option<NaiveDate>, Option<TimeOfDay>, Option<i32>, String);
    let row: Option<Columns> = plan_visits::table
        .find((district, plan, task))
        .select((
            plan_visits::person,
            plan_visits::day,
            plan_visits::start,
            plan_visits::travel,
            plan_visits::reason,
        ))
        .first(conn)
        .optional()?;
    let Some((Some(person), Some(day), Some(start), travel, reason)) = row else {
        return Ok(None);
    };
    Ok(Some(StoredVisit { person, day, start, travel, why: StoredWhy::read(&reason)? }))
}

/// The position of the visit on its person's day in the plan, from 1.
///
/// # Errors
/// [`DbError`].
pub fn order(
    conn: &mut Conn,
    (district, plan): (AreaCode, PlanId),
    (task, visit): (TaskId, &StoredVisit),
) -> Result<i32, DbError> {
    let before = plan_visits::start
        .lt(visit.start)
        .or(plan_visits::start.eq(visit.start).and(plan_visits::task.lt(task)));
    let count: i64 = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(plan))
        .filter(plan_visits::person.eq(visit.person))
        .filter(plan_visits::day.eq(visit.day))
        .filter(before)
        .count()
        .get_result(conn)?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX).saturating_add(1))
}

/// The position of each visit on its person's day in the plan, from 1.
///
/// # Errors
/// [`DbError`].
pub fn orders(
    conn: &mut Conn,
    district: AreaCode,
    plan: PlanId,
) -> Result<HashMap<TaskId, i32>, DbError> {
    type Columns = (TaskId, Option<PersonId>, Option<NaiveDate>);
    let rows: Vec<Columns> = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(plan))
        .filter(plan_visits::person.is_not_null())
        .order((plan_visits::start, plan_visits::task))
        .select((plan_visits::task, plan_visits::person, plan_visits::day))
        .load(conn)?;
    let mut counts: HashMap<(Option<PersonId>, Option<NaiveDate>), i32> = HashMap::new();
    let number = |(task, person, day): Columns| {
        let count = counts.entry((person, day)).or_default();
        *count += 1;
        (task, *count)
    };
    Ok(rows.into_iter().map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(more: &str) -> StoredWhy {
        StoredWhy::read(&format!(
            r#"{{"extra_travel":40,"share_before":0.1,"share_after":0.2,"others":3{more}}}"#
        ))
        .expect("a reason")
    }

    fn possible(share: f64) -> String {
        format!(
            r#","known":false,"next":[{{"volunteer":"0198a3b0-0000-7000-8000-000000000001","verdict":
            {{"possible":{{"day":"2026-12-01","late_days":0,"share_after":{share},
            "extra_travel":5,"known":false}}}}}}]"#
        )
    }

    #[test]
    fn the_decisive_reason_is_the_first_that_applies() {
        assert_eq!(why(r#","known":true"#).decisive(), PlannedWhy::Known);
        let alone = StoredWhy { others: 0, ..why("") };
        assert_eq!(alone.decisive(), PlannedWhy::OnlyOne);
        let near = StoredWhy { extra_travel: 10, ..why("") };
        assert_eq!(near.decisive(), PlannedWhy::OnTheWay);
        assert_eq!(why(r#","channel":"call","known":true"#).decisive(), PlannedWhy::ByPhone);
        assert_eq!(why(&possible(0.3)).decisive(), PlannedWhy::LighterLoad);
        assert_eq!(why(&possible(0.1)).decisive(), PlannedWhy::BestFit);
        assert_eq!(why("").decisive(), PlannedWhy::BestFit, "of an earlier version");
    }

    #[test]
    fn the_reasons_of_the_solver_for_a_day_are_read_and_a_decision_by_hand_is_one() {
        use gridward_dispatch::solve::DayReason as Of;
        let reasons = [
            (Of::Pinned, DayWhy::Pinned),
            (Of::FirstPossible, DayWhy::FirstPossible),
            (Of::OnlyDay, DayWhy::OnlyDay),
            (Of::EarlierFull, DayWhy::EarlierFull),
            (Of::Nearby, DayWhy::Nearby),
            (Of::BestFit, DayWhy::BestFit),
        ];
        for (stored, read) in reasons {
            let stored = serde_json::to_string(&stored).expect("a word");
            assert_eq!(why(&format!(r#","day":{stored}"#)).day(), Some(read));
        }
        assert_eq!(why(r#","by_hand":true,"day":"pinned""#).day(), Some(DayWhy::ByHand));
        assert_eq!(why("").day(), None, "of an earlier version");
    }

    #[test]
    fn a_hindered_alternative_is_read() {
        let read = why(r#","next":[{"volunteer":"0198a3b0-0000-7000-8000-000000000001","verdict":
            {"hindered":{"code":"no_skill","missing":["driving"]}}}]"#);
        let StoredVerdict::Hindered(reason) = &read.next[0].verdict else { panic!("{read:?}") };
        assert_eq!((reason.code.as_str(), reason.missing.len()), ("no_skill", 1));
    }
}
