//! What a plan is computed for, and the computed plan that is not stored yet.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use gridward_dispatch::solve::{self, Route, Stop, Volunteer};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::time::Minutes;

use crate::clock;
use crate::plan::model::PlanOrigin;
use crate::plan::problem::base::Base;
use crate::plan::problem::base_visit::BaseVisit;
use crate::plan::problem::build::Rows;
use crate::plan::request::order::PlanOrder;
use crate::task::row::TaskRow;

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
    /// The plan on which it is based.
    pub(in crate::plan) base: Base,
    /// Number of selected open tasks that are left out, since every day of the plan makes them late.
    pub overdue: u32,
    /// The output of the solver.
    pub solved: solve::Plan,
    /// How good a plan of these visits can be at most; `None` where no reader sees it.
    pub bounds: Option<solve::Bounds>,
    /// The grid and the minutes at the door of each visit that does not exist.
    pub imagined: HashMap<TaskId, (AreaCode, Minutes)>,
    /// The tasks that have no visitor without such visits either.
    pub unserved_alone: HashSet<TaskId>,
    /// The volunteers who may make such visits; none unless there are some.
    pub volunteers: Vec<Volunteer>,
    /// Whether such visits are hand-overs, which managers alone make.
    pub managers_only: bool,
}

impl Computed {
    /// Whether the plan gives the task this visit: the task is open, or has another visit that the plan may
    /// move.
    pub(in crate::plan) fn gives(&self, task: &TaskRow, (route, stop): (&Route, &Stop)) -> bool {
        let (task, state) = (task.id, task.state);
        let visit = BaseVisit { task, person: route.volunteer, day: route.day, start: stop.start };
        self.rows.movable.get(&task).map_or(state == Phase::Open, |present| *present != visit)
    }

    /// The number of tasks that the plan gives to people after the due day, but for those that no such plan
    /// has in time: their due day had passed when it was computed or, for the plan of an evening, is before
    /// the first day of the night's plan.
    pub(in crate::plan) fn made_late(&self, origin: PlanOrigin) -> u32 {
        let possible_from = match origin {
            PlanOrigin::Nightly => self.request.order.first_day,
            _ => clock::day(self.request.now),
        };
        let tasks: HashMap<TaskId, &TaskRow> =
            self.rows.tasks.iter().map(|task| (task.id, task)).collect();
        let is_made_late = |route: &Route, stop: &Stop| {
            tasks.get(&stop.visit).is_some_and(|task| {
                (possible_from..route.day).contains(&task.due_on) && self.gives(task, (route, stop))
            })
        };
        let routes = self.solved.routes.iter();
        let late = routes
            .flat_map(|route| route.stops.iter().filter(move |stop| is_made_late(route, stop)));
        u32::try_from(late.count()).unwrap_or(u32::MAX)
    }
}
