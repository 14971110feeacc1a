//! The row of a plan.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_dispatch::solve::Bounds;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{CampaignId, PersonId, PlanId, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compute::dry_result::DryResult;
use super::model::{APPLICABLE_FOR, Plan, PlanBase, PlanOrigin, PlanState};
use super::request::changes::PlanChanges;
use super::request::lane::Lane;
use super::request::stored_order::StoredOrder;
use crate::clock::china;
use crate::db::DbError;
use crate::db::schema::plans;

#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = plans)]
pub struct PlanRow {
    pub district: AreaCode,
    pub id: PlanId,
    pub area: AreaCode,
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    pub seed: i64,
    pub measures: String,
    pub created_by: Option<PersonId>,
    pub created_at: NaiveDateTime,
    pub state: PlanState,
    pub state_at: Option<NaiveDateTime>,
    pub request: Option<String>,
    pub progress: i32,
    pub attempts: i32,
    pub lease: Option<String>,
    pub lease_until: Option<NaiveDateTime>,
    pub origin: PlanOrigin,
    pub is_applied_at_once: bool,
    pub night: Option<NaiveDate>,
    pub changed_by: Option<PersonId>,
    pub reached: Option<TaskId>,
    pub campaign: Option<CampaignId>,
    pub lane: Lane,
    /// The area of which the plan has all open tasks, if any.
    pub whole_area: Option<AreaCode>,
}

/// The stored result of a plan, as JSON.
#[derive(Default, Serialize, Deserialize)]
pub struct Kept {
    /// Number of tasks assigned.
    pub assigned: u32,
    /// Number of tasks claimed in the meantime.
    pub overtaken: u32,
    /// The solver's quality measures.
    pub measures: Value,
    /// Lower bounds of these; `None` of plans of before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// Number of selected open tasks that were due before the first day and are not planned.
    #[serde(default)]
    pub overdue: u32,
    /// Number of assigned tasks that could be in time when the plan was computed and are late by it. `None`:
    /// a plan of before this was counted.
    #[serde(default)]
    pub made_late: Option<u32>,
    /// When the tasks and people were read from which the plan was computed. `None`: a plan of before this was
    /// stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<NaiveDateTime>,
    /// How the plan differs from the one on which it is based.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<PlanBase>,
    /// What a dry plan found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry: Option<DryResult>,
}

impl PlanRow {
    /// The public representation.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn plan(self) -> Result<Plan, DbError> {
        let kept = self.kept()?;
        let in_china = |moment: NaiveDateTime| moment.and_utc().with_timezone(&china());
        let is_draft = self.state == PlanState::Draft && self.campaign.is_none();
        Ok(Plan {
            id: self.id,
            campaign_id: self.campaign,
            area: self.area,
            first_day: self.first_day,
            last_day: self.last_day,
            seed: self.seed,
            assigned: kept.assigned,
            overtaken: kept.overtaken,
            overdue: kept.overdue,
            base: kept.base,
            bounds: kept.bounds,
            measures: (!kept.measures.is_null()).then_some(kept.measures),
            progress: (self.state.is_queued() && self.lease.is_some())
                .then(|| u8::try_from(self.progress).unwrap_or(100)),
            state: self.state,
            origin: self.origin,
            created_at: in_china(self.created_at),
            state_since: self.state_at.map(in_china),
            expires_at: is_draft.then(|| in_china(self.created_at + APPLICABLE_FOR)),
        })
    }

    /// Whether the plan is a suggestion for freed tasks.
    pub fn is_suggestion(&self) -> bool {
        self.origin == PlanOrigin::Replan && !self.is_applied_at_once
    }

    /// What was ordered; `None` of plans of before orders were stored.
    ///
    /// # Errors
    /// [`DbError::Corrupt`], also for the order of a later version.
    pub fn order(&self) -> Result<Option<StoredOrder>, DbError> {
        self.request.as_deref().map(StoredOrder::parse).transpose()
    }

    /// What the order changes by hand.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub fn changes(&self) -> Result<PlanChanges, DbError> {
        Ok(self.order()?.map(|stored| stored.order.changes).unwrap_or_default())
    }

    /// When the tasks and people were read from which the plan was computed; when it was ordered, if that is
    /// not stored.
    ///
    /// # Errors
    /// As [`Self::kept`].
    pub fn read_at(&self) -> Result<NaiveDateTime, DbError> {
        Ok(self.kept()?.read_at.unwrap_or(self.created_at))
    }

    /// The stored result.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn kept(&self) -> Result<Kept, DbError> {
        serde_json::from_str(&self.measures).map_err(|error| DbError::corrupt("plans", error))
    }
}
