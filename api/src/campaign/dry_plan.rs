//! Dry plans of a campaign: the plan that there would be with its visits, computed by the planner as
//! any other plan and never applied, and what it says about each village.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::campaign::CampaignState;
use gridward_domain::channel::Channel;
use gridward_domain::feasibility::{AreaEffort, AreaFeasibility, PlannedEffort, assess};
use gridward_domain::id::{CampaignId, PlanId};
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use serde_json::{Value, json};
use uuid::Uuid;

use super::content::{EMPTY, PAST};
use super::decide::{self, found, record};
use super::dry_plan_model::{CampaignDryPlan, CampaignDryResult, DryPlanOfArea};
use super::feasibility::{HAND_OVER, Village, lending, managers_only, signed, terms};
use super::store::{self, CampaignRow};
use crate::area;
use crate::audience::spread;
use crate::catalogue;
use crate::clock::{self, china};
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::plan::compute::computed::Request;
use crate::plan::compute::dry_result::DryResult;
use crate::plan::drafts::draft;
use crate::plan::model::{Plan, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::plan::request::imagined::ImaginedVisits;
use crate::plan::request::order::PlanOrder;
use crate::plan::request::span::Span;
use crate::plan::store as plans;
use crate::tx::Tx;

/// The usual urgency, of hand-overs without a kind.
const USUAL: Priority = Priority::of::<5>();

/// An order for a dry plan.
#[derive(Clone, Copy, Debug)]
pub struct DryPlanning {
    /// The campaign.
    pub campaign: CampaignId,
    /// The id of the plan, one however often the change runs.
    pub plan: PlanId,
    /// Whether its audience selects no beneficiary, counted before the change, which it would hold up.
    pub is_empty: bool,
}

impl Effect for DryPlanning {
    type Made = Plan;

    fn action(&self) -> &'static str {
        "campaign.plan"
    }

    fn request(&self) -> Value {
        json!({ "campaign_id": self.campaign })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        found(tx, principal, self.campaign).map(drop)
    }
}

impl DryPlanning {
    /// An order for a new plan.
    ///
    /// # Errors
    /// 403; [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        principal: &Principal,
        (campaign, today): (CampaignId, NaiveDate),
    ) -> Result<Self, Problem> {
        principal.may(Action::ManageCampaigns)?;
        let is_empty = match store::row(conn, &principal.scope(), campaign)? {
            Some(row) => decide::counted(conn, &row, today)? == 0,
            None => false,
        };
        Ok(Self { campaign, plan: PlanId(Uuid::now_v7()), is_empty })
    }

    /// Orders the plan. While one of the same content is computed, that one is answered; one of earlier
    /// content is discarded.
    ///
    /// # Errors
    /// 403; 404; 409 once the campaign is launched; 422 after its last day, and for an empty audience.
    pub(super) fn run(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<Plan, Problem> {
        let row = found(tx, principal, self.campaign)?;
        if !matches!(row.state, CampaignState::Draft | CampaignState::Approved) {
            let shown = row.shown(tx.read_unbatched())?;
            return Err(Problem::from(ProblemCode::CampaignState).showing(&shown));
        }
        let today = clock::day(tx.now);
        let imagined = imagined(tx.read_unbatched(), &row)?;
        let span = imagined.span(today);
        let span = span.ok_or_else(|| Problem::invalid("/last_day", PAST))?;
        if self.is_empty {
            return Err(Problem::invalid("/filter", EMPTY));
        }
        if let Some(running) = running(tx, &row, &imagined)? {
            return Ok(running);
        }
        let request = Request {
            id: self.plan,
            order: PlanOrder::of(row.area, span),
            now: tx.now,
            by: Some(principal.person),
        };
        record(tx, principal, self.action(), &row);
        Ok(draft::insert_dry(tx, &request, (row.id, imagined))?)
    }
}

/// The plan of this area and content that is being computed; those of others are discarded.
fn running(
    tx: &mut Tx<'_>,
    row: &CampaignRow,
    imagined: &ImaginedVisits,
) -> Result<Option<Plan>, DbError> {
    let mut running = None;
    for mut plan in plans::computing_of_campaign(tx.read_unbatched(), row.district, row.id)? {
        if plan.area == row.area && is_of(&plan, imagined) {
            running = Some(plan.plan()?);
        } else {
            let now = tx.now;
            plans::change_state(tx.write_unbatched(), &mut plan, PlanState::Discarded, now)?;
        }
    }
    Ok(running)
}

/// Whether the plan has these visits. An order that this server cannot read has other ones.
fn is_of(plan: &PlanRow, imagined: &ImaginedVisits) -> bool {
    let stored = plan.order().ok().flatten();
    stored.is_some_and(|stored| stored.imagined.as_ref() == Some(imagined))
}

/// The visits that the campaign would make.
fn imagined(conn: &mut Conn, row: &CampaignRow) -> Result<ImaginedVisits, DbError> {
    let kind = match &row.kind {
        Some(kind) => {
            let kind = catalogue::store::one(conn, row.district, kind.as_str())?;
            Some(kind.ok_or_else(|| DbError::corrupt("campaigns", "its kind does not exist"))?)
        }
        None => None,
    };
    Ok(ImaginedVisits {
        filter: row.members(conn)?,
        kind: row.kind.clone(),
        items: row.goods_alone()?,
        managers_only: managers_only(row),
        occasion: row.occasion()?,
        minutes: kind.as_ref().map_or(HAND_OVER, |kind| kind.minutes.get().unsigned_abs()),
        channel: kind.as_ref().map_or(Channel::Visit, |kind| kind.channel),
        priority: kind.as_ref().map_or(USUAL, |kind| kind.priority),
        skills: kind.map_or_else(Skills::new, |kind| kind.skills),
        first_day: row.first_day,
        last_day: row.last_day,
        quota_per_day: row.span().quota_per_day,
    })
}

/// Whether the plan has the present content of the campaign, and no other campaign was launched in the area since it
/// was ordered, whose tasks it lacks.
fn is_current(conn: &mut Conn, row: &CampaignRow, plan: &PlanRow) -> Result<bool, DbError> {
    Ok(is_of(plan, &imagined(conn, row)?) && !store::launched_since(conn, row, plan.created_at)?)
}

/// The current dry plan of the campaign in which every visit has room, if the latest one is such a plan.
///
/// # Errors
/// [`DbError`].
pub(super) fn with_room(conn: &mut Conn, row: &CampaignRow) -> Result<Option<PlanId>, DbError> {
    let Some(plan) = plans::of_campaign(conn, row.area, row.id)? else { return Ok(None) };
    let has_room = plan.kept()?.dry.is_some_and(|result| result.has_room());
    Ok((has_room && is_current(conn, row, &plan)?).then_some(plan.id))
}

/// Whether a dry plan of the campaign with its present content is being computed.
///
/// # Errors
/// [`DbError`].
pub(super) fn is_computing(conn: &mut Conn, row: &CampaignRow) -> Result<bool, DbError> {
    let Some(plan) = plans::of_campaign(conn, row.area, row.id)? else { return Ok(false) };
    Ok(plan.state == PlanState::Computing && is_current(conn, row, &plan)?)
}

/// The latest dry plan of the campaign, whose visits may all begin by its quota if `within_quota`.
///
/// # Errors
/// [`DbError`].
pub(super) fn latest(
    conn: &mut Conn,
    row: &CampaignRow,
    (scope, today): (&AreaRange, NaiveDate),
    within_quota: bool,
) -> Result<Option<CampaignDryPlan>, DbError> {
    let Some(plan) = plans::of_campaign(conn, row.area, row.id)? else { return Ok(None) };
    let is_current = is_current(conn, row, &plan)?;
    let span = Span::new(plan.first_day, plan.last_day);
    let span = span.map_err(|error| DbError::corrupt("plans", error))?;
    let result = match plan.kept()?.dry {
        Some(result) => {
            let answered = answered(conn, row, &result, (scope, span, today))?;
            Some(CampaignDryResult { fits: answered.fits && within_quota, ..answered })
        }
        None => None,
    };
    let shown = plan.plan()?;
    Ok(Some(CampaignDryPlan {
        plan_id: shown.id,
        state: shown.state,
        progress: shown.progress,
        first_day: span.first(),
        last_day: span.last(),
        ordered_at: shown.created_at.with_timezone(&china()),
        is_current,
        result,
    }))
}

/// What the figures of the plan mean for each village.
fn answered(
    conn: &mut Conn,
    row: &CampaignRow,
    result: &DryResult,
    (scope, span, today): (&AreaRange, Span, NaiveDate),
) -> Result<CampaignDryResult, DbError> {
    let names: BTreeMap<AreaCode, String> =
        area::store::names(conn, scope, Level::Village)?.into_iter().collect();
    let mut villages: BTreeMap<AreaCode, Village> = BTreeMap::new();
    for (grid, homes, lat, lon) in spread::middles(conn, scope)? {
        let village = grid.ancestor(Level::Village).unwrap_or(grid);
        villages.entry(village).or_default().add_homes(homes, lat, lon);
    }
    let days = u64::try_from(span.days().count()).unwrap_or(1);
    let lead_days = (span.first() - today).num_days().max(0).unsigned_abs();
    let terms = terms(conn, row, (days, lead_days), Some(Level::Town))?;
    let planned: BTreeMap<AreaCode, PlannedEffort> =
        result.villages.iter().map(|one| (one.area, one.planned)).collect();
    let efforts = planned.iter().filter_map(|(area, planned)| {
        Some(AreaEffort::of_plan(*area, villages.get(area)?.middle()?, planned))
    });
    let mut assessed = assess(&efforts.collect::<Vec<_>>(), &terms);
    assessed.retain(|one| one.effort.visits > 0);
    assessed.sort_by_key(|one| (std::cmp::Reverse(one.lacking), one.effort.area));
    let total = |of: fn(&PlannedEffort) -> u64| signed(planned.values().map(of).sum());
    Ok(CampaignDryResult {
        fits: result.has_room(),
        visits: total(|one| one.visits),
        without_room: total(|one| one.unserved),
        lacking_minutes: total(|one| one.unserved_minutes),
        other_tasks_without_room: signed(result.other_unserved),
        obstacles: result.obstacles.clone(),
        areas: assessed.iter().map(|one| of_area(one, &planned, &names)).collect(),
    })
}

fn of_area(
    one: &AreaFeasibility,
    planned: &BTreeMap<AreaCode, PlannedEffort>,
    names: &BTreeMap<AreaCode, String>,
) -> DryPlanOfArea {
    let area = one.effort.area;
    DryPlanOfArea {
        area,
        name: names.get(&area).cloned().unwrap_or_default(),
        visits: signed(one.effort.visits),
        without_room: signed(planned.get(&area).map_or(0, |planned| planned.unserved)),
        lacking_minutes: signed(one.lacking),
        lend: lending(one, names),
        earlier_days: one.earlier_days.map(signed),
        calls: one.calls.map(signed),
    }
}
