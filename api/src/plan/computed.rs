//! What a plan is computed for, and the computed plan that is not stored yet.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use gridward_dispatch::solve::{self, Volunteer};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::time::Minutes;

use super::base::BaseVisit;
use super::build::Rows;
use super::order::PlanOrder;

/// A request for a plan, with the time and the person.
#[derive(Clone, Debug)]
pub struct Request {
    /// Identifies the plan.
    pub id: PlanId,
    /// The order.
    pub order: PlanOrder,
    /// The present time.
    pub now: DateTime<Utc>,
    /// The requester; `None` on the command line.
    pub by: Option<PersonId>,
}

/// A computed plan, not stored yet.
pub struct Computed {
    /// The request.
    pub request: Request,
    /// The input of the solver.
    pub rows: Rows,
    /// The visits of the plan on which it is based.
    pub base: Vec<BaseVisit>,
    /// Number of selected open tasks that are left out, since every day of the plan makes them late.
    pub overdue: u32,
    /// The output of the solver.
    pub solved: solve::Plan,
    /// The grid and the minutes at the door of each visit that does not exist.
    pub imagined: HashMap<TaskId, (AreaCode, Minutes)>,
    /// The volunteers; none unless there are such visits.
    pub volunteers: Vec<Volunteer>,
}
