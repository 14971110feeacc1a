//! The output: routes, unserved visits with their reasons, and the quality of the plan.

use chrono::NaiveDate;
use serde::Serialize;

use super::answer::{Reason, Remedy, Why};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::{Minutes, TimeOfDay};

/// The result of one run: every visit is in exactly one route or unserved.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// The routes with visits, ordered by day and then by volunteer.
    pub routes: Vec<Route>,
    /// The unserved visits, ordered by visit.
    pub unserved: Vec<Unserved>,
    /// The quality of the plan.
    pub measures: Measures,
}

/// The visits of one volunteer on one day, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Route {
    /// The volunteer.
    pub volunteer: PersonId,
    /// The day.
    pub day: NaiveDate,
    /// The stops in order; at least one.
    pub stops: Vec<Stop>,
    /// Total travel time of the day, the journey home included.
    pub travel: Minutes,
}

/// One visit of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stop {
    /// The task.
    pub visit: TaskId,
    /// When the journey ends.
    pub arrive: TimeOfDay,
    /// When the service begins.
    pub start: TimeOfDay,
    /// When the service ends.
    pub leave: TimeOfDay,
    /// Travel time from the previous stop, or from home.
    pub travel: Minutes,
    /// Why this volunteer.
    pub why: Why,
}

/// An unserved visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unserved {
    /// The task.
    pub visit: TaskId,
    /// Why it is unserved.
    pub reason: Reason,
    /// The least change that would serve it, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

/// The quality of a plan, in order of priority.
///
/// Shares are over the volunteers who offered minutes, whether or not they make visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Measures {
    /// Number of served visits.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub served: u32,
    /// Number of unserved visits.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub unserved: u32,
    /// Priority points of the unserved visits.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub unserved_priority: u32,
    /// Number of visits after their due day.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub late: u32,
    /// Total days late.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub late_days: u32,
    /// The largest load as a share of the offered minutes; 1 is all.
    pub largest_share: f64,
    /// The mean share.
    pub mean_share: f64,
    /// The standard deviation of the shares.
    pub share_spread: f64,
    /// Total travel minutes.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub travel: Minutes,
    /// Total service minutes.
    #[cfg_attr(feature = "schema", schema(value_type = u32, maximum = 1_000_000_000))]
    pub service: Minutes,
    /// Number of visits made by a volunteer whom the beneficiary knows.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub known: u32,
    /// Number of visits, served or not, for which a capable volunteer is known to the beneficiary.
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000_000))]
    pub known_possible: u32,
}

/// The load as a share of `offered`; 1 is all. Without an offer, any load is a share of 1.
pub(super) fn share(load: Minutes, offered: Minutes) -> f64 {
    match (load, offered) {
        (Minutes(0), _) => 0.0,
        (_, Minutes(0)) => 1.0,
        (load, offered) => f64::from(load.0) / f64::from(offered.0),
    }
}
