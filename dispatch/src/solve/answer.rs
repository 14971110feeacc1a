//! The answers of a plan about one visit: why this volunteer, why none, and the least change that
//! would serve it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use gridward_domain::channel::Channel;
use gridward_domain::id::PersonId;
use gridward_domain::skill::Skills;
use gridward_domain::time::Minutes;

/// Why this volunteer makes this visit, derived from the finished plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Why {
    /// Travel minutes that this visit adds to the day.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub extra_travel: Minutes,
    /// This volunteer's load without this visit, as a share of the offered minutes.
    pub share_before: f64,
    /// This volunteer's load with the whole plan, as a share of the offered minutes; 1 is all.
    pub share_after: f64,
    /// Number of other volunteers who could still take over this visit, the rest of the plan
    /// unchanged. Where neighbours helped with other visits, counted before they helped; of a visit that passed to
    /// a neighbour, those of whom it is known.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub others: u32,
    /// Whether the beneficiary knows this volunteer, from the last visit or as the preferred one.
    pub known: bool,
    /// Why on this day. Absent in plans of earlier versions and where no reason is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<DayReason>,
    /// Whether the volunteer travels or calls by phone. Absent in plans of earlier versions.
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub channel: Channel,
    /// Up to two alternatives, the nearest to feasible of the volunteers who live nearest, without
    /// neighbours who have helped since. Absent in plans of earlier versions.
    #[cfg_attr(feature = "schema", schema(max_items = 2, required = false))]
    pub next: Vec<Alternative>,
}

/// Why a visit is on its day, the rest of the plan unchanged: the first of these that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DayReason {
    /// It is pinned to the day.
    Pinned,
    /// It cannot be made earlier: it is its first day, or the first on which the volunteer is free.
    FirstPossible,
    /// The volunteer is free for it on no other day of the plan.
    OnlyDay,
    /// On earlier days the volunteer has no room or minutes left.
    EarlierFull,
    /// Earlier days have room, but on each of them it would add more travel.
    Nearby,
    /// The plan as a whole is best so.
    BestFit,
}

/// Another volunteer who serves the grid, and the effect of giving them the visit, the rest of the
/// plan unchanged.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Alternative {
    /// The volunteer.
    #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
    pub volunteer: PersonId,
    /// The effect.
    pub verdict: Verdict,
}

/// The effect of giving a visit to another volunteer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The volunteer could make the visit.
    Possible(Cost),
    /// The volunteer could not make the visit.
    Hindered(Reason),
}

/// The cost of giving the visit to another volunteer, tier by tier.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Cost {
    /// The day.
    pub day: NaiveDate,
    /// Days late.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub late_days: u32,
    /// The volunteer's load including the visit, as a share of the offered minutes.
    pub share_after: f64,
    /// Travel minutes that the visit would add to the day.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub extra_travel: Minutes,
    /// Whether the beneficiary knows the volunteer.
    pub known: bool,
}

/// Why a visit is unserved: the first of these that applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The visit is pinned to a day on which the volunteer has no shift, or to hours that the shift
    /// or the other pinned visits do not leave.
    PinDoesNotFit,
    /// No volunteer serves the grid.
    NoVolunteer,
    /// No volunteer who serves the grid has every required skill.
    NoSkill {
        /// The fewest skills that any of them lacks.
        #[cfg_attr(feature = "schema", schema(value_type = Vec<gridward_domain::skill::Skill>, max_items = 32))]
        missing: Skills,
    },
    /// No volunteer with the skills has a shift on or after the visit's first day.
    NoShift,
    /// There are such shifts, but even an empty one could not hold the visit within its windows,
    /// the journeys included.
    NoWindow,
    /// A volunteer has the time, but would exceed the offered minutes.
    NoMinutes {
        /// The least number of minutes by which the offer is exceeded.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        short: Minutes,
    },
    /// The other visits of every suitable shift leave no gap.
    NoRoom {
        /// The least number of minutes by which any position is missed.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        short: Minutes,
    },
    /// A volunteer could make the visit, but not together with the visits that it is tied to: no
    /// second volunteer at a suitable time, another volunteer makes the rest of its group, or a
    /// tied visit is in an area whose volunteers were not considered.
    NotTogether,
}

/// A single change that suffices to serve an unserved visit, the rest of the plan unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Remedy {
    /// The volunteer's shift ends later.
    MoreTime {
        /// The volunteer.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// The day.
        day: NaiveDate,
        /// How much later.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        minutes: Minutes,
    },
    /// The visit's windows close later, and this volunteer makes it.
    LaterWindow {
        /// The volunteer.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// The day.
        day: NaiveDate,
        /// How much later.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        minutes: Minutes,
    },
    /// The volunteer offers more minutes in the week, or in the period.
    MoreMinutes {
        /// The volunteer.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// The Monday of the week. Absent if the offer is for the period, and in plans of earlier
        /// versions.
        #[serde(skip_serializing_if = "Option::is_none")]
        week: Option<NaiveDate>,
        /// The day of the visit. Absent in plans of earlier versions.
        #[cfg_attr(feature = "schema", schema(required = false))]
        day: NaiveDate,
        /// How much more.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        minutes: Minutes,
    },
    /// The volunteer has the time on that day but lacks skills: they acquire them, or a similar
    /// volunteer with the skills joins.
    Skill {
        /// The volunteer with the time.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// The day.
        day: NaiveDate,
        /// The missing skills.
        #[cfg_attr(feature = "schema", schema(value_type = Vec<gridward_domain::skill::Skill>, max_items = 32))]
        missing: Skills,
    },
    /// One more volunteer with the skills and the time.
    OneMore,
}
