//! What comes out: who goes where and when, what nobody does and why, and how
//! good the whole is.

use chrono::NaiveDate;
use serde::Serialize;

use crate::id::{PersonId, TaskId};
use crate::skill::Skills;
use crate::time::{Minutes, TimeOfDay};

/// One run of dispatch: every visit is in exactly one route or among the unserved.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// The days that have visits, by day and then by volunteer.
    pub routes: Vec<Route>,
    /// What nobody does, by visit.
    pub unserved: Vec<Unserved>,
    /// How good the plan is.
    pub measures: Measures,
}

/// The visits of one volunteer on one day, in their order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Route {
    /// Who goes.
    pub volunteer: PersonId,
    /// On which day.
    pub day: NaiveDate,
    /// Where to, in order; at least one.
    pub stops: Vec<Stop>,
    /// All journeys of the day, the way home with them.
    pub travel: Minutes,
}

/// One visit of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stop {
    /// Which task.
    pub visit: TaskId,
    /// When the volunteer is there; the journey has just ended.
    pub arrive: TimeOfDay,
    /// When the service begins.
    pub start: TimeOfDay,
    /// When it ends.
    pub leave: TimeOfDay,
    /// The journey from the place before, home for the first stop.
    pub travel: Minutes,
    /// Why this person.
    pub why: Why,
}

/// Why this person does this visit, read off the finished plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Why {
    /// Minutes of travel that this visit adds to the day.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub extra_travel: Minutes,
    /// The share of their offered minutes that this person would carry without this visit.
    pub share_before: f64,
    /// The share of their offered minutes that this person carries with the whole plan; 1 is all.
    pub share_after: f64,
    /// How many others could still take this visit over, all else staying as it is.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub others: u32,
    /// Whether the beneficiary knows this person: they went the last time or are preferred.
    pub known: bool,
}

/// A visit that nobody does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unserved {
    /// Which task.
    pub visit: TaskId,
    /// What stands in the way.
    pub reason: Reason,
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
        #[cfg_attr(feature = "schema", schema(value_type = Vec<crate::skill::Skill>, max_items = 32))]
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

/// How good a plan is, in the order in which it matters.
///
/// Shares are over the volunteers who offered minutes, visited or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Measures {
    /// Visits somebody does.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub served: u32,
    /// Visits nobody does.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub unserved: u32,
    /// The priority points of the visits nobody does.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub unserved_priority: u32,
    /// Visits done after they were due.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub late: u32,
    /// By how many days in all.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub late_days: u32,
    /// The largest share of offered minutes that anybody carries; 1 is all.
    pub largest_share: f64,
    /// The mean share.
    pub mean_share: f64,
    /// The standard deviation of the shares.
    pub share_spread: f64,
    /// Minutes of travel in all.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub travel: Minutes,
    /// Minutes of service in all.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub service: Minutes,
    /// Visits done by someone the beneficiary knows.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub known: u32,
    /// Visits, done or not, that have someone known among the capable volunteers.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub known_possible: u32,
}

/// The share of `offered` that `load` is: 1 is all of it. One who offered
/// nothing carries all of it with the first minute.
pub(super) fn share(load: Minutes, offered: Minutes) -> f64 {
    match (load, offered) {
        (Minutes(0), _) => 0.0,
        (_, Minutes(0)) => 1.0,
        (load, offered) => f64::from(load.0) / f64::from(offered.0),
    }
}
