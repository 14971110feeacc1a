//! The HTTP endpoints for templates of campaigns.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use gridward_domain::authority::Action;
use gridward_domain::code::CampaignTemplateCode;

use super::from_template::TemplateDraft;
use super::model::Campaign;
use super::template::{CampaignOrder, CampaignTemplates};
use super::template_store;
use crate::auth::Authenticated;
use crate::http::problem::Problem;
use crate::http::{Json as Body, openapi, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// List templates of campaigns
///
/// Lists the campaigns that the services of the district have (`POST /v1/services`), ordered by code. Allowed
/// roles: supervisors, admins and auditors.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "list_campaign_templates",
    responses(
        (status = OK, description = "The templates", body = CampaignTemplates),
        openapi::Read,
    ),
)]
#[get("/campaign-templates")]
pub(crate) async fn list_campaign_templates(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadCampaigns)?;
    let district = principal.district();
    let items = db.read(move |conn| template_store::all(conn, district)).await?;
    Ok(HttpResponse::Ok().json(CampaignTemplates { items }))
}

/// Create a campaign of a template
///
/// Writes the draft of a campaign as the template describes it, for a year of its occasion: the days are those before
/// the occasion's day. The draft is a campaign like others, which may be changed before another person approves it.
/// An occasion without a known day in the year, days that have passed and an audience of none are refused (422).
/// Allowed roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "create_campaign_of_template",
    params(("code" = CampaignTemplateCode, Path, description = "The template")),
    request_body(content = CampaignOrder, description = "What the draft has besides the template"),
    responses(
        (
            status = CREATED, description = "The draft", body = Campaign,
            headers(("Location" = String, description = "The campaign's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/campaign-templates/{code}/campaigns")]
pub(crate) async fn create_campaign_of_template(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    code: Path<CampaignTemplateCode>,
    key: IdempotencyKey,
    Body(order): Body<CampaignOrder>,
) -> Result<HttpResponse, Problem> {
    let draft = TemplateDraft { template: code.into_inner(), order };
    let created = commands
        .run(principal, key, draft, |draft, tx, sealing, principal| {
            draft.run(tx, sealing, principal)
        })
        .await?;
    let path = format!("/v1/campaigns/{}", created.made.id);
    let mut answer = versioned::at_version(HttpResponse::Created(), created.made.version);
    answer.insert_header((LOCATION, path));
    Ok(created.answer(answer))
}
