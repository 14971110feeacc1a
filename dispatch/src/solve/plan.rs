//! What comes out: who goes where and when, what nobody does and why, and how
//! good the whole is.

use chrono::NaiveDate;
use serde::Serialize;

use super::answer::{Reason, Remedy, Why};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::{Minutes, TimeOfDay};

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

/// A visit that nobody does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unserved {
    /// Which task.
    pub visit: TaskId,
    /// What stands in the way.
    pub reason: Reason,
    /// The least change that would have somebody do it, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
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
