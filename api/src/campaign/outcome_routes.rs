//! The HTTP endpoints for the feasibility, the reminders and the report of a campaign.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::CampaignId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::dry_plan::{self, DryPlanning};
use super::outcome_model::{CampaignFeasibility, CampaignReminder, CampaignReport};
use super::remind::Reminding;
use super::{feasibility, report, store};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::Query;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, IdempotencyKey};
use crate::plan::compute::planner::Planner;
use crate::plan::model::Plan;
use crate::tx::Db;

/// Assess the feasibility of a campaign
///
/// The same as `GET /v1/campaigns/{id}/feasibility`, for clients of earlier versions. Nothing is
/// written. Allowed roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "assess_campaign",
    params(("id" = CampaignId, Path, description = "The campaign"), openapi::OwnNames),
    responses(
        (status = OK, description = "The feasibility", body = CampaignFeasibility),
        openapi::Read,
    ),
)]
#[post("/campaigns/{id}/feasibility")]
pub(crate) async fn assess_campaign(
    (db, clock): (Data<Db>, Data<Clock>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    assessed(&db, principal, *id, clock::day((clock)())).await
}

/// Get the feasibility of a campaign
///
/// At once, a sum: the minutes of the visits, with the way, and those that the visitors of each village
/// offer from the first day to the last beyond their other work: open tasks, also of other campaigns, in the
/// village of the task, and tasks with an assignee in that of the assignee. With it, what would help a village that
/// lacks some: people of the nearest villages of the caller's area, an earlier first day, or calls in
/// place of visits. Of goods alone the visits are hand-overs: of an item for households, one for each household. Only the
/// minutes of managers count then (`managers_only`), who hand goods out to each beneficiary of their grid: volunteers do so
/// at their own visits, of which there are none.
/// `warnings` names days that are far from the occasion. Once `POST /v1/campaigns/{id}/dry-plans` has
/// ordered a dry plan, `dry_plan` has its progress and then its answer: how many visits found no room, by village. No
/// figure refers to a person. Allowed roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "get_campaign_feasibility",
    params(("id" = CampaignId, Path, description = "The campaign")),
    responses(
        (status = OK, description = "The feasibility", body = CampaignFeasibility),
        openapi::Read,
    ),
)]
#[get("/campaigns/{id}/feasibility")]
pub(crate) async fn get_campaign_feasibility(
    (db, clock): (Data<Db>, Data<Clock>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    assessed(&db, principal, *id, clock::day((clock)())).await
}

async fn assessed(
    db: &Db,
    principal: Principal,
    id: CampaignId,
    today: NaiveDate,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageCampaigns)?;
    let read = db.read(move |conn| {
        let scope = principal.scope();
        let row = store::row(conn, &scope, id)?.ok_or_else(Problem::not_found)?;
        let sum = feasibility::feasibility(conn, &row, &scope, today)?;
        let dry_plan = dry_plan::latest(conn, &row, (&scope, today), sum.beyond_quota == 0)?;
        Ok::<_, Problem>(CampaignFeasibility { dry_plan, ..sum })
    });
    let feasibility = read.await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(feasibility))
}

/// Plan a campaign dry
///
/// Computes the plan that there would be with the visits of the campaign and the present tasks of its
/// area, to see what finds no room. By the quota a day a visit becomes possible on the day on which a launch
/// would let it begin, and is where the beneficiary is on that day, as at a hospital or with a relative; who stays
/// outside the area then is left out. Of goods alone the visits are those that the feasibility counts, each for the managers
/// of the beneficiary's grid. It writes no task and cannot be applied. Plans that assign tasks go first: a dry plan waits
/// for them, and one that is being computed begins anew after them. A district computes one dry plan at a time. The
/// plan is computed after the answer: `GET /v1/campaigns/{id}/feasibility` has its progress and its
/// answer. While one of the same content is computed, that one is answered. Of a campaign of more than
/// 31 days the first 31 are planned, with their share of the visits. A campaign that is launched is 409
/// `campaign_state`. Allowed roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "plan_campaign",
    params(("id" = CampaignId, Path, description = "The campaign")),
    responses(
        (
            status = ACCEPTED, description = "The plan, which is being computed", body = Plan,
            headers(("Location" = String, description = "The path of the feasibility")),
        ),
        openapi::Write,
    ),
)]
#[post("/campaigns/{id}/dry-plans")]
pub(crate) async fn plan_campaign(
    (commands, planner): (Data<Commands>, Data<Planner>),
    (db, clock): (Data<Db>, Data<Clock>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let of = (*id, clock::day((clock)()));
    let planning = db.read(move |conn| DryPlanning::read(conn, &principal, of)).await?;
    let done = commands
        .run(principal, key, planning, |planning, tx, _, principal| planning.run(tx, principal));
    let done = done.await?;
    planner.wake(principal.district());
    let mut answer = HttpResponse::Accepted();
    answer.insert_header((LOCATION, format!("/v1/campaigns/{id}/feasibility")));
    Ok(done.answer(answer))
}

/// Remind the managers
///
/// Posts a notice to the manager of each grid that still has open tasks or planned hand-outs of the
/// campaign, with their numbers, as its progress counts them. A campaign that is not launched is 409 `campaign_state`,
/// and a second reminder on a day 409 `campaign_reminded`. Allowed roles: supervisors and admins, within
/// their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "remind_campaign",
    params(("id" = CampaignId, Path, description = "The campaign")),
    responses(
        (status = OK, description = "The reminder", body = CampaignReminder),
        openapi::Write,
    ),
)]
#[post("/campaigns/{id}/reminders")]
pub(crate) async fn remind_campaign(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let reminding = Reminding { campaign: *id };
    let done = commands
        .run(principal, key, reminding, |reminding, tx, _, principal| reminding.run(tx, principal));
    Ok(done.await?.answer(HttpResponse::Ok()))
}

/// The level of a report.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignReportQuery {
    /// The level of the areas, none above the area of the figures. Default: `town`, or the level of that area if it
    /// is smaller.
    by: Option<Level>,
}

/// Get the report of a campaign
///
/// The tasks that were planned, done or not, the attempts and the needs that they found, the hours,
/// and the hand-outs that the campaign has planned, with the reasons of the returns, in all and by area; no figure
/// refers to a person. Of a campaign of an area above the caller's, the figures are those of the caller's area.
/// Allowed roles: supervisors, admins and auditors, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "get_campaign_report",
    params(("id" = CampaignId, Path, description = "The campaign"), CampaignReportQuery),
    responses((status = OK, description = "The report", body = CampaignReport), openapi::ReadDays),
)]
#[get("/campaigns/{id}/report")]
pub(crate) async fn get_campaign_report(
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    Query(query): Query<CampaignReportQuery>,
) -> Result<HttpResponse, Problem> {
    let report = reported(&db, &keys, principal, (*id, query.by)).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(report))
}

/// The report of a campaign by the areas of the level; unless given, by towns, or by the level of an area below.
///
/// # Errors
/// 404 for a campaign that the caller does not see; 422 for a level above the area; 403.
pub async fn reported(
    db: &Db,
    keys: &KeyRing,
    principal: Principal,
    (id, by): (CampaignId, Option<Level>),
) -> Result<CampaignReport, Problem> {
    principal.may(Action::ReadCampaigns)?;
    let keys = keys.clone();
    let read = db.read(move |conn| {
        let row = store::visible(conn, principal.area, id)?.ok_or_else(Problem::not_found)?;
        let row = row.within(principal.area);
        let key = keys.key(conn, row.district)?;
        let by = area::known::level_in(row.area, by, Level::Town)?;
        Ok::<_, Problem>(report::report(conn, &key, &row, by)?)
    });
    read.await
}
