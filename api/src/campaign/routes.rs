//! The HTTP endpoints for campaigns.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::campaign::CampaignState;
use gridward_domain::id::CampaignId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::create_tasks::LaunchBatch;
use super::decide::{Decision, Verdict};
use super::model::{Campaign, CampaignContent, CampaignProgress, LaunchCampaign};
use super::{closing, launch_queue, outcome_routes, progress, store, template_routes, write};
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, OptionalJson, Query, versioned};
use crate::idempotency::{Commands, Done, IdempotencyKey};
use crate::tx::Db;

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(list_campaigns)
        .service(create_campaign)
        .service(get_campaign)
        .service(change_campaign)
        .service(approve_campaign)
        .service(launch_campaign)
        .service(close_campaign)
        .service(get_campaign_progress)
        .service(outcome_routes::assess_campaign)
        .service(outcome_routes::get_campaign_feasibility)
        .service(outcome_routes::plan_campaign)
        .service(outcome_routes::remind_campaign)
        .service(outcome_routes::get_campaign_report)
        .service(template_routes::list_campaign_templates)
        .service(template_routes::create_campaign_of_template);
}

/// Filter and page of campaigns.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignQuery {
    /// Only campaigns in this state.
    pub state: Option<CampaignState>,
}

/// List campaigns
///
/// Lists the campaigns of the caller's area, newest first, and those of an area above it that are no draft, which
/// the caller may read only. Allowed roles: supervisors, admins and
/// auditors.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "list_campaigns",
    params(CampaignQuery, PageQuery),
    responses((status = OK, description = "A page of campaigns", body = Page<Campaign>), openapi::Read),
)]
#[get("/campaigns")]
pub(crate) async fn list_campaigns(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<CampaignQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadCampaigns)?;
    let wanted = page.wanted::<CampaignId>()?;
    let limit = wanted.limit;
    let read = db.read(move |conn| {
        let rows = store::list(conn, principal.area, query.state, &wanted)?;
        store::shown(conn, principal.district(), &rows)
    });
    let shown = read.await.map_err(Problem::from)?;
    let page = page::page(shown, limit, |campaign: &Campaign| campaign.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// Create a campaign
///
/// Writes the draft of a campaign: tasks of one kind for the members of an audience, for an
/// occasion. An empty audience is refused (422). Allowed roles: supervisors and admins, within
/// their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "create_campaign",
    request_body(content = CampaignContent, description = "The content"),
    responses(
        (
            status = CREATED, description = "The draft", body = Campaign,
            headers(("Location" = String, description = "The campaign's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/campaigns")]
pub(crate) async fn create_campaign(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(content): Body<CampaignContent>,
) -> Result<HttpResponse, Problem> {
    let created = commands.run(principal, key, content, |content, tx, sealing, principal| {
        write::create(tx, sealing, principal, content)
    });
    let created = created.await?;
    let path = format!("/v1/campaigns/{}", created.made.id);
    let mut answer = versioned::at_version(HttpResponse::Created(), created.made.version);
    answer.insert_header((LOCATION, path));
    Ok(created.answer(answer))
}

/// Get a campaign
///
/// With what its visitors do, bring and hand over, but for auditors. One of an area above the caller's is shown
/// once it is no draft. Allowed roles: supervisors,
/// admins and auditors, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "get_campaign",
    params(("id" = CampaignId, Path, description = "The campaign")),
    responses(
        (
            status = OK, description = "The campaign", body = Campaign,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The campaign is unchanged"),
        openapi::Read,
    ),
)]
#[get("/campaigns/{id}")]
pub(crate) async fn get_campaign(
    request: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadCampaigns)?;
    let held = IfNoneMatch::of(&request)?;
    let keys = keys.clone();
    let read = db.read(move |conn| {
        let row = store::visible(conn, principal.area, *id)?.ok_or_else(Problem::not_found)?;
        let shown = row.shown(conn)?;
        if principal.may(Action::ManageCampaigns).is_err() {
            return Ok::<_, Problem>(shown);
        }
        let words = row.words(&keys.key(conn, principal.district())?)?;
        Ok(Campaign {
            instructions: words.instructions,
            amount_fen: words.amount_fen,
            goods: words.goods,
            guest: words.guest,
            ..shown
        })
    });
    let campaign = read.await?;
    Ok(versioned::unless_held(&held, campaign.version, &campaign))
}

/// Change a campaign
///
/// Replaces the content of a draft. Repeating the call changes nothing. A campaign in another state
/// is 409 `campaign_state`. Allowed roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "change_campaign",
    params(("id" = CampaignId, Path, description = "The campaign"), openapi::OwnNames),
    request_body(content = CampaignContent, description = "The content"),
    responses(
        (
            status = OK, description = "The changed draft", body = Campaign,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/campaigns/{id}")]
pub(crate) async fn change_campaign(
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    base: IfMatch,
    Body(content): Body<CampaignContent>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageCampaigns)?;
    let (keys, id, district) = (keys.clone(), *id, principal.district());
    let change = db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), district)?;
        write::change(tx, &key, &principal, id, &content, &base)
    });
    let campaign = change.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), campaign.version).json(campaign))
}

/// The command with its visits, which are counted before the write.
async fn counted(
    db: &Db,
    clock: &Clock,
    principal: Principal,
    of: (CampaignId, Verdict),
) -> Result<Decision, Problem> {
    let today = clock::day((clock)());
    db.read(move |conn| Decision::read(conn, &principal, of.clone(), today)).await
}

async fn decide(
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    decision: Decision,
) -> Result<Done<Campaign>, Problem> {
    let decided = commands
        .run(principal, key, decision, |decision, tx, _, principal| decision.apply(tx, principal));
    decided.await
}

fn answer(done: &Done<Campaign>) -> HttpResponse {
    done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version))
}

/// How a campaign is approved.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApprovalQuery {
    /// Confirms an approval without a dry plan of the present content in which all visits have room. Default: no.
    #[serde(default)]
    #[param(required = false)]
    confirm: bool,
}

/// Approve a campaign
///
/// Approves the draft at the version of `If-Match`. The authors of its content, former ones
/// included, may not approve it (403 `campaign_author`). Visits that do not fit into the days by
/// the quota are refused (422). Without a dry plan of the present content, ordered after the last launch
/// in the area, in which all visits have room it is 409 `confirmation_required` until `confirm` is set; the event
/// `campaign.approve` has the id of the plan (`plan_id`), or that it was `confirmed`. Allowed roles: supervisors and admins,
/// within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "approve_campaign",
    params(("id" = CampaignId, Path, description = "The campaign"), ApprovalQuery),
    responses(
        (
            status = OK, description = "The approved campaign", body = Campaign,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/campaigns/{id}/approve")]
pub(crate) async fn approve_campaign(
    (commands, db, clock): (Data<Commands>, Data<Db>, Data<Clock>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    Query(ApprovalQuery { confirm }): Query<ApprovalQuery>,
    base: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let of = (*id, Verdict::Approve { base, confirm });
    let decision = counted(&db, &clock, principal, of).await?;
    Ok(answer(&decide(&commands, principal, key, decision).await?))
}

/// Launch a campaign
///
/// Begins to create one task for each member of the audience, as on the day of the launch; a member
/// that has a task of the kind for the occasion gets no other. The answer does not wait for the
/// tasks: the state is `launching`, and `launched` when all are created. Repeating the call changes
/// nothing. A campaign for all beneficiaries of the district or of a town is 409
/// `confirmation_required` until `confirm` is set. After the last day it is 422, as are visits that
/// do not fit into the remaining days by the quota. Allowed roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "launch_campaign",
    params(("id" = CampaignId, Path, description = "The campaign")),
    request_body(content = LaunchCampaign, description = "How it is launched; no body is `{}`"),
    responses(
        (
            status = OK, description = "The campaign", body = Campaign,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/campaigns/{id}/launch")]
pub(crate) async fn launch_campaign(
    (db, keys, batch): (Data<Db>, Data<KeyRing>, Data<LaunchBatch>),
    (commands, clock): (Data<Commands>, Data<Clock>),
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    key: IdempotencyKey,
    OptionalJson(how): OptionalJson<LaunchCampaign>,
) -> Result<HttpResponse, Problem> {
    let (id, district) = (*id, principal.district());
    let decision = counted(&db, &clock, principal, (id, Verdict::Launch(how))).await?;
    let done = decide(&commands, principal, key, decision).await?;
    // The job `campaign_launches` goes on with it if this server stops.
    actix_web::rt::spawn(async move {
        if let Err(error) = launch_queue::run(&db, &keys, (district, id), **batch).await {
            tracing::warn!(%error, "a launch is to be continued");
        }
    });
    Ok(answer(&done))
}

/// Close a campaign
///
/// Ends it. Its unfinished tasks stay, and expire or escalate as their kind says. Where tasks are being
/// created, no more are. Its planned hand-outs are returned by and by (reason `other`), but for items that a
/// beneficiary gets a single time; they may still be handed out. Repeating the call changes nothing. Allowed
/// roles: supervisors and admins, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "close_campaign",
    params(("id" = CampaignId, Path, description = "The campaign")),
    responses(
        (
            status = OK, description = "The closed campaign", body = Campaign,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/campaigns/{id}/close")]
pub(crate) async fn close_campaign(
    (db, batch): (Data<Db>, Data<LaunchBatch>),
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (id, district) = (*id, principal.district());
    let decision = Decision { campaign: id, verdict: Verdict::Close, excess: None };
    let closed = decide(&commands, principal, key, decision).await?;
    // The job `campaign_launches` goes on with it if this server stops.
    actix_web::rt::spawn(async move {
        if let Err(error) = closing::run(&db, (district, id), **batch).await {
            tracing::warn!(%error, "a closing is to be continued");
        }
    });
    Ok(answer(&closed))
}

/// Get the progress of a campaign
///
/// Counts the tasks of the campaign's occasion and kind, and the hand-outs that the campaign has planned, in its area
/// and in each area directly below; no figure refers to a person. Of a campaign of an area above the caller's, the
/// figures are those of the caller's area. Allowed roles: supervisors, admins and auditors, within their area.
#[utoipa::path(
    tag = "campaigns",
    operation_id = "get_campaign_progress",
    params(("id" = CampaignId, Path, description = "The campaign")),
    responses(
        (status = OK, description = "The progress", body = CampaignProgress),
        openapi::Read,
    ),
)]
#[get("/campaigns/{id}/progress")]
pub(crate) async fn get_campaign_progress(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadCampaigns)?;
    let read = db.read(move |conn| {
        let row = store::visible(conn, principal.area, *id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(progress::progress(conn, &row.within(principal.area))?)
    });
    let progress = read.await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(progress))
}
