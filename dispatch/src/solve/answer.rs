//! What a plan says of a visit: why this person, why nobody, and what would change it.

use chrono::NaiveDate;
use serde::Serialize;

use gridward_domain::id::PersonId;
use gridward_domain::skill::Skills;
use gridward_domain::time::Minutes;

/// Why this person does this visit, read off the finished plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Why {
    /// Minutes of travel that this visit adds to the day.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub extra_travel: Minutes,
    /// The share of their offered minutes that this person would carry without this visit.
    pub share_before: f64,
    /// The share of their offered minutes that this person carries with the whole plan; 1 is all.
    pub share_after: f64,
    /// How many others could still take this visit over, all else staying as it is; where
    /// neighbours were asked for other visits, before they helped.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub others: u32,
    /// Whether the beneficiary knows this person: they went the last time or are preferred.
    pub known: bool,
    /// Of those whose homes are nearest the two who come nearest to going instead, without
    /// neighbours who helped since; plans of earlier versions do not say.
    #[cfg_attr(feature = "schema", schema(max_items = 2, required = false))]
    pub next: Vec<Alternative>,
}

/// Somebody else who serves the grid, and what would come of it if they went, all else
/// staying as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Alternative {
    /// Who.
    #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
    pub volunteer: PersonId,
    /// What would come of it.
    pub verdict: Verdict,
}

/// What comes of giving a visit to somebody.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They could go.
    Possible(Cost),
    /// They could not.
    Hindered(Reason),
}

/// What it would cost if somebody else went, tier by tier.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Cost {
    /// On which day.
    pub day: NaiveDate,
    /// By how many days it would be late.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub late_days: u32,
    /// The share of their offered minutes that they would then carry.
    pub share_after: f64,
    /// Minutes of travel that it would add to their day.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub extra_travel: Minutes,
    /// Whether the beneficiary knows them.
    pub known: bool,
}

/// What stands in the way of a visit: the first of these that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// It is pinned to a day on which that volunteer has no shift, or to hours
    /// that their shift or their other pinned visits do not leave.
    PinDoesNotFit,
    /// Nobody serves the grid.
    NoVolunteer,
    /// Nobody who serves the grid has every skill.
    NoSkill {
        /// What the one who comes nearest still lacks.
        #[cfg_attr(feature = "schema", schema(value_type = Vec<gridward_domain::skill::Skill>, max_items = 32))]
        missing: Skills,
    },
    /// Nobody with the skills has a shift on the first day it may be done or later.
    NoShift,
    /// There are such shifts, but even an empty one could not hold the visit
    /// in its windows with the way there and home.
    NoWindow,
    /// Somebody has time in a shift, but all such people would go above what they offered.
    NoMinutes {
        /// How much more the one who comes nearest would have to offer.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        short: Minutes,
    },
    /// The other visits of every shift that could hold it leave no gap.
    NoRoom {
        /// By how much the best place in any of them is missed.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        short: Minutes,
    },
    /// Somebody could make it, but not with what it is tied to: no second person at a
    /// moment that suits both, not the one who makes the others of its group, or it is
    /// tied to what lies where those who were asked do not go.
    NotTogether,
}

/// A change that would have a visit made that nobody does, enough by itself and all else
/// staying as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Remedy {
    /// This person stays so much longer on that day.
    MoreTime {
        /// Who.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// On which day.
        day: NaiveDate,
        /// How much longer.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        minutes: Minutes,
    },
    /// The visit may end so much later than its windows say, with this person.
    LaterWindow {
        /// Who.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// On which day.
        day: NaiveDate,
        /// How much later.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        minutes: Minutes,
    },
    /// This person offers so much more in the period.
    MoreMinutes {
        /// Who.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// How much more.
        #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
        minutes: Minutes,
    },
    /// This person has the time on that day, but not these skills: they learn them, or
    /// somebody like them who has them joins.
    Skill {
        /// Like whom.
        #[cfg_attr(feature = "schema", schema(value_type = uuid::Uuid))]
        volunteer: PersonId,
        /// On which day.
        day: NaiveDate,
        /// What they lack.
        #[cfg_attr(feature = "schema", schema(value_type = Vec<gridward_domain::skill::Skill>, max_items = 32))]
        missing: Skills,
    },
    /// Nobody comes near: one more volunteer with the skills and the time.
    OneMore,
}
