//! Plans over HTTP.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::id::PlanId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::model::{Plan, PlanVisit, Span};
use super::run::{self, Order};
use super::{apply, store};
use crate::auth::Caller;
use crate::http::openapi;
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::{Json as Body, Query};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// What to plan.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "area": "500116001", "first_day": "2026-11-23", "last_day": "2026-11-29"
}))]
pub struct PlanOrder {
    /// The area whose open tasks are given to its people.
    area: AreaCode,
    /// The first day.
    first_day: NaiveDate,
    /// The last day, at most 30 days after the first.
    last_day: NaiveDate,
    /// The same seed on the same tasks gives the same plan.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 4_294_967_295_u64, default = 0)]
    seed: u32,
}

/// Dispatch
///
/// Plans the open tasks of an area for some days and gives each to whom the
/// plan says: by nearness, time, skills and the work people already carry. Says
/// why for each, and what stands in the way of those nobody can do. Tasks in
/// somebody's hands stay there. For supervisors, admins, and managers in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "create_plan",
    request_body(content = PlanOrder, description = "The area and the days"),
    responses(
        (
            status = CREATED, description = "The plan, applied", body = Plan,
            headers(("Location" = String, description = "The plan's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/plans")]
pub(crate) async fn create_plan(
    db: Data<Db>,
    commands: Data<Commands>,
    caller: Caller,
    key: IdempotencyKey,
    Body(body): Body<PlanOrder>,
) -> Result<HttpResponse, Problem> {
    let request = json!(body);
    let PlanOrder { area, first_day, last_day, seed } = body;
    caller.may(Action::Dispatch)?;
    caller
        .actor
        .authorize(Action::Dispatch, &area)
        .map_err(|_| Problem::invalid("/area", "not an area of yours"))?;
    let span =
        Span::new(first_day, last_day).map_err(|error| Problem::invalid("/last_day", error))?;
    let order = Order { area, span, seed: seed.into(), by: Some(caller.actor.person) };
    let (draft, _) = run::draft(&db, order).await?;
    let applied = commands
        .run(caller, key, "plan.apply", request, { move |tx, _, _| Ok(apply::apply(tx, &draft)?) });
    let plan = applied.await?.made;
    let location = format!("/v1/plans/{}", plan.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(plan))
}

/// Which plans.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// Only those of this area and all in it.
    area: Option<AreaCode>,
    /// How many at the most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// List plans
///
/// The plans of the caller's area, the newest first. For every role but volunteers.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plans",
    params(PlanQuery),
    responses((status = OK, description = "A page of plans", body = Page<Plan>), openapi::Read),
)]
#[get("/plans")]
pub(crate) async fn list_plans(
    request: HttpRequest,
    db: Data<Db>,
    caller: Caller,
    Query(query): Query<PlanQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(caller.actor.area);
    caller.actor.authorize(Action::ReadPlans, &area)?;
    let wanted = page::wanted(query.limit, query.cursor.as_deref())?;
    let limit = wanted.limit;
    let plans = db.read(move |conn| store::list(conn, &area.range(), &wanted)).await?;
    let plans = page::page(plans, limit, |plan: &Plan| plan.id);
    Ok(plans.answer(request.path(), request.query_string()))
}

/// One plan
///
/// How good it is. For every role but volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "get_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    responses((status = OK, description = "The plan", body = Plan), openapi::Read),
)]
#[get("/plans/{id}")]
pub(crate) async fn get_plan(
    db: Data<Db>,
    caller: Caller,
    id: Path<PlanId>,
) -> Result<Json<Plan>, Problem> {
    caller.may(Action::ReadPlans)?;
    let plan = db.read(move |conn| store::one(conn, &caller.scope(), *id)).await?;
    plan.map(Json).ok_or_else(Problem::not_found)
}

/// Which visits of a plan.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VisitQuery {
    /// Only those that nobody can do.
    #[serde(default)]
    unassigned: bool,
    /// How many at the most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// List a plan's visits
///
/// What the plan says of each task: who goes, when and why, or what stands in
/// the way. For every role but volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plan_visits",
    params(("id" = PlanId, Path, description = "The plan"), VisitQuery),
    responses(
        (status = OK, description = "A page of visits", body = Page<PlanVisit>),
        openapi::Read,
    ),
)]
#[get("/plans/{id}/visits")]
pub(crate) async fn list_plan_visits(
    request: HttpRequest,
    db: Data<Db>,
    caller: Caller,
    id: Path<PlanId>,
    Query(query): Query<VisitQuery>,
) -> Result<HttpResponse, Problem> {
    caller.may(Action::ReadPlans)?;
    let wanted = page::wanted(query.limit, query.cursor.as_deref())?;
    let (limit, unassigned) = (wanted.limit, query.unassigned);
    let visits = db.read(move |conn| {
        store::one(conn, &caller.scope(), *id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(store::visits(conn, caller.district, *id, unassigned, &wanted)?)
    });
    let visits = page::page(visits.await?, limit, |visit: &PlanVisit| visit.task_id);
    Ok(visits.answer(request.path(), request.query_string()))
}
