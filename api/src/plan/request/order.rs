//! The request for a plan.

use chrono::{NaiveDate, TimeDelta};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::range::{LeadMinutes, PlanSeed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::PlanChanges;
use super::selection::TaskSelection;
use super::span::{Span, SpanError};
use super::weighting::PlanWeights;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::task::schedule::possible_days::NEAR_DAYS;

/// The order for a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "area": "500116001", "first_day": "2026-11-23", "last_day": "2026-11-29"
}))]
pub struct PlanOrder {
    /// The area whose open tasks are planned.
    pub area: AreaCode,
    /// The first day; today at the earliest.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub first_day: NaiveDate,
    /// The last day, at most 30 days after the first.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub last_day: NaiveDate,
    /// The random seed. The same seed and the same tasks give the same plan.
    #[serde(default = "usual_seed")]
    #[schema(default = 0)]
    pub seed: PlanSeed,
    /// Minutes from now to the first departure of today. Default: the district's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_minutes: Option<LeadMinutes>,
    /// Also plans tasks that are late on every day of the plan, although earlier days are still
    /// possible. A task that one of the `changes` names is planned in any case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_late: bool,
    /// Confirms a first day more than 31 days from today.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
    /// Which open tasks are planned. Default: all.
    #[serde(default, skip_serializing_if = "TaskSelection::is_all")]
    pub only: TaskSelection,
    /// What the plan favours.
    #[serde(default, skip_serializing_if = "PlanWeights::is_usual")]
    pub weights: PlanWeights,
    /// Also moves visits of the selection that an earlier plan gave and that their people have not accepted
    /// yet, in grids where a visit would have no visitor or be late otherwise; none becomes late by it, or
    /// later. All others keep their person, day and hour, as do visits that a person assigned or pinned,
    /// accepted ones and those of a responsible person. Visits that a plan gave for a day that has passed and
    /// that were never accepted are planned anew in any case, as open tasks are; plans that no person orders leave
    /// those of yesterday until noon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub move_unaccepted: bool,
    /// The level up to which people help where those of a grid cannot make all visits, within the
    /// plan's area; `grid` for no help. For a single grid with help from around it, `area` is its
    /// village or town, and `only.area` the grid.
    #[serde(default = "usual_reach", skip_serializing_if = "is_usual_reach")]
    #[schema(default = "town")]
    pub reach: Level,
    /// Decisions by hand.
    #[serde(default, skip_serializing_if = "PlanChanges::is_empty")]
    pub changes: PlanChanges,
    /// A draft of the area, or an undone plan, of the last 7 days whose visits stay with their person, day
    /// and start as far as they still can; `changes` have precedence. Default: all open tasks are planned
    /// anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub based_on: Option<PlanId>,
}

const fn usual_seed() -> PlanSeed {
    PlanSeed::MIN
}

const fn usual_reach() -> Level {
    Level::Town
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_usual_reach(level: &Level) -> bool {
    *level == usual_reach()
}

impl PlanOrder {
    /// The order for the area and the days, with the defaults of all else.
    pub fn of(area: AreaCode, span: Span) -> Self {
        Self {
            area,
            first_day: span.first(),
            last_day: span.last(),
            seed: usual_seed(),
            lead_minutes: None,
            include_late: false,
            confirm: false,
            only: TaskSelection::default(),
            weights: PlanWeights::default(),
            move_unaccepted: false,
            reach: usual_reach(),
            changes: PlanChanges::default(),
            based_on: None,
        }
    }

    /// Checks that the principal may plan the area.
    ///
    /// # Errors
    /// 403 for volunteers, 404 outside the principal's area.
    pub fn authorized(&self, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::Dispatch)?;
        Ok(principal.authorize(Action::Dispatch, &self.area)?)
    }

    /// The tasks that the order pins to a person.
    pub fn pinned(&self) -> impl Iterator<Item = TaskId> {
        self.changes.pins.iter().map(|pin| pin.task_id)
    }

    /// The days.
    ///
    /// # Errors
    /// 422 that names the day.
    pub fn span(&self) -> Result<Span, Problem> {
        let span = Span::new(self.first_day, self.last_day);
        span.map_err(|error| Problem::invalid(error.pointer(), error))
    }

    /// The errors of the members on `today`, apart from the existence of what they name.
    pub fn faults(&self, today: NaiveDate) -> Vec<FieldError> {
        let past = (self.first_day < today).then_some(SpanError::Past { today });
        let days = Span::new(self.first_day, self.last_day).err().into_iter().chain(past);
        let days = days.map(|error| FieldError::new(error.pointer(), error));
        let selection = self.only.faults(&self.area);
        days.chain(self.weights.faults()).chain(selection).chain(self.changes.faults()).collect()
    }

    /// Checks that a distant first day is confirmed.
    ///
    /// # Errors
    /// 409.
    pub fn confirmed(&self, today: NaiveDate) -> Result<(), Problem> {
        let days = (self.first_day - today).num_days();
        if days > NEAR_DAYS && !self.confirm {
            let detail = format!("first_day is {days} days from today");
            let problem = Problem::from(ProblemCode::ConfirmationRequired);
            return Err(problem.with(FieldError::new("/confirm", detail)));
        }
        Ok(())
    }

    /// Whether the order leaves out open tasks of this due day: every day of the plan makes them late,
    /// while earlier days are possible.
    pub fn leaves_out(&self, due: NaiveDate, today: NaiveDate) -> bool {
        let first = self.first_day;
        first > today && due < first && !self.include_late
    }

    /// The time from now to the first departure of today, `usual` without a wish.
    pub fn lead(&self, usual: TimeDelta) -> TimeDelta {
        self.lead_minutes.map_or(usual, |minutes| TimeDelta::minutes(minutes.get().into()))
    }
}
