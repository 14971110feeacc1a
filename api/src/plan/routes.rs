//! The HTTP endpoints for plans.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PlanId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::model::{Plan, PlanVisit, Span};
use super::run::{self, Order};
use super::{apply, store};
use crate::auth::Authenticated;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Done, Effect, IdempotencyKey};
use crate::tx::{Db, Tx};

/// The order for a plan.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "area": "500116001", "first_day": "2026-11-23", "last_day": "2026-11-29"
}))]
pub struct PlanOrder {
    /// The area whose open tasks are planned.
    area: AreaCode,
    /// The first day.
    first_day: NaiveDate,
    /// The last day, at most 30 days after the first.
    last_day: NaiveDate,
    /// The random seed. The same seed and the same tasks give the same plan.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 4_294_967_295_u64, default = 0)]
    seed: u32,
}

impl PlanOrder {
    /// Checks that the principal may plan the area.
    fn authorized(&self, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::Dispatch)?;
        principal
            .authorize(Action::Dispatch, &self.area)
            .map_err(|_| Problem::invalid("/area", "must be in your area"))
    }
}

impl Effect for PlanOrder {
    type Made = Plan;

    fn action(&self) -> &'static str {
        "plan.apply"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.authorized(principal)
    }
}

/// Create a plan
///
/// Plans the open tasks of an area for a range of days and assigns them by distance, time,
/// skills and existing workload. Gives the reason for each assignment, and the obstacle for
/// each task that no one can do. Tasks that are already assigned keep their assignee.
/// Allowed roles: supervisors, admins, and managers in their grid.
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
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(body): Body<PlanOrder>,
) -> Result<HttpResponse, Problem> {
    body.authorized(&principal)?;
    // Before the plan is computed: a repeated order must not cost as much as the first.
    let done = match commands.stored(principal, key.clone(), body).await? {
        Some(done) => done,
        None => apply(&db, &commands, principal, key, body).await?,
    };
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, format!("/v1/plans/{}", done.made.id)));
    Ok(done.answer(answer))
}

/// Computes the plan and applies it, once.
async fn apply(
    db: &Db,
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    order: PlanOrder,
) -> Result<Done<Plan>, Problem> {
    let PlanOrder { area, first_day, last_day, seed } = order;
    let span =
        Span::new(first_day, last_day).map_err(|error| Problem::invalid("/last_day", error))?;
    let run = Order { area, span, seed: seed.into(), by: Some(principal.person) };
    let (draft, _) = run::draft(db, run).await?;
    let applied =
        commands.run(principal, key, order, move |_, tx, _, _| Ok(apply::apply(tx, &draft)?));
    applied.await
}

/// Filter and page of plans.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// Only plans of this area and its descendants.
    area: Option<AreaCode>,
}

/// List plans
///
/// Lists the plans of the caller's area, newest first. Allowed roles: all except
/// volunteers.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plans",
    params(PlanQuery, PageQuery),
    responses((status = OK, description = "A page of plans", body = Page<Plan>), openapi::Read),
)]
#[get("/plans")]
pub(crate) async fn list_plans(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<PlanQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadPlans, &area)?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let plans = db.read(move |conn| store::list(conn, &area.range(), &wanted)).await?;
    let plans = page::page(plans, limit, |plan: &Plan| plan.id);
    Ok(plans.answer(request.path(), request.query_string()))
}

/// Get a plan
///
/// Includes the quality measures. Allowed roles: all except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "get_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    responses((status = OK, description = "The plan", body = Plan), openapi::Read),
)]
#[get("/plans/{id}")]
pub(crate) async fn get_plan(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
) -> Result<Json<Plan>, Problem> {
    principal.may(Action::ReadPlans)?;
    let plan = db.read(move |conn| store::one(conn, &principal.scope(), *id)).await?;
    plan.map(Json).ok_or_else(Problem::not_found)
}

/// Filter and page of visits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VisitQuery {
    /// Only tasks that no one can do.
    #[serde(default)]
    unassigned: bool,
}

/// List a plan's visits
///
/// Gives for each task the assignee, the time and the reason, or the obstacle. Allowed
/// roles: all except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plan_visits",
    params(("id" = PlanId, Path, description = "The plan"), VisitQuery, PageQuery),
    responses(
        (status = OK, description = "A page of visits", body = Page<PlanVisit>),
        openapi::Read,
    ),
)]
#[get("/plans/{id}/visits")]
pub(crate) async fn list_plan_visits(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    Paged { filter: query, page }: Paged<VisitQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPlans)?;
    let wanted = page.wanted()?;
    let (limit, unassigned) = (wanted.limit, query.unassigned);
    let visits = db.read(move |conn| {
        store::one(conn, &principal.scope(), *id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(store::visits(conn, principal.district(), *id, unassigned, &wanted)?)
    });
    let visits = page::page(visits.await?, limit, |visit: &PlanVisit| visit.task_id);
    Ok(visits.answer(request.path(), request.query_string()))
}
