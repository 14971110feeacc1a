//! The HTTP endpoints for the feasibility, the reminders and the report of a campaign.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use gridward_domain::area::Level;
use gridward_domain::authority::Action;
use gridward_domain::id::CampaignId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::outcome_model::{CampaignFeasibility, CampaignReminder, CampaignReport};
use super::remind::Reminding;
use super::{feasibility, report, store};
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::http::Query;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Assess the feasibility of a campaign
///
/// Compares the minutes of the visits, with the way, with those that the visitors of each village
/// offer from the first day to the last beyond their other work, and says for each village that lacks
/// some what would help: people of the nearest villages of the caller's area, an earlier first day,
/// or calls in place of visits. Nothing is written; no figure refers to a person. Allowed roles:
/// supervisors and admins, within their area.
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
    principal.may(Action::ManageCampaigns)?;
    let today = clock::day((clock)());
    let read = db.read(move |conn| {
        let row = store::row(conn, &principal.scope(), *id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(feasibility::feasibility(conn, &row, &principal.scope(), today)?)
    });
    let feasibility = read.await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(feasibility))
}

/// Remind the managers
///
/// Posts a notice to the manager of each grid that still has open tasks or planned hand-outs of the
/// campaign, with their numbers. A campaign that is not launched is 409 `campaign_state`, and a
/// second reminder on a day 409 `campaign_reminded`. Allowed roles: supervisors and admins, within
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
    /// The level of the areas. Default: `town`.
    by: Option<Level>,
}

/// Get the report of a campaign
///
/// The tasks that were planned, done or not, the attempts and the needs that they found, the hours,
/// and the hand-outs with the reasons of the returns, in all and by area; no figure refers to a
/// person. Allowed roles: supervisors, admins and auditors, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "get_campaign_report",
    params(("id" = CampaignId, Path, description = "The campaign"), CampaignReportQuery),
    responses((status = OK, description = "The report", body = CampaignReport), openapi::Read),
)]
#[get("/campaigns/{id}/report")]
pub(crate) async fn get_campaign_report(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    Query(query): Query<CampaignReportQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadCampaigns)?;
    let read = db.read(move |conn| {
        let row = store::row(conn, &principal.scope(), *id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(report::report(conn, &row, query.by.unwrap_or(Level::Town))?)
    });
    let report = read.await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(report))
}
