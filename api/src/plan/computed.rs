//! The order for a plan, and the computed plan that is not stored yet.

use chrono::{DateTime, TimeDelta, Utc};
use gridward_dispatch::solve;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId};

use super::build::Rows;
use super::span::Span;

/// The order for a run.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The area.
    pub area: AreaCode,
    /// The days.
    pub span: Span,
    /// The random seed. The same seed and the same tasks give the same plan.
    pub seed: u64,
    /// The present time.
    pub now: DateTime<Utc>,
    /// The time from now to the first departure of today.
    pub lead: TimeDelta,
    /// Whether tasks are planned too that all days of the span make late, although earlier days
    /// are still possible.
    pub include_late: bool,
    /// The requester; `None` on the command line.
    pub by: Option<PersonId>,
}

/// A computed plan, not stored yet.
pub struct Computed {
    /// Identifies the plan.
    pub id: PlanId,
    /// The order.
    pub order: Order,
    /// The input of the solver.
    pub rows: Rows,
    /// The output of the solver.
    pub solved: solve::Plan,
}
