//! The HTTP endpoints for plans.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PlanId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use uuid::Uuid;

use super::compute::computed::Request;
use super::compute::enqueue;
use super::compute::planner::Planner;
use super::execution::undo;
use super::model::{Plan, PlanOrigin, PlanState};
use super::request::order::PlanOrder;
use super::request::what_if::{WhatIf, WhatIfAnswer};
use super::store;
use crate::area;
use crate::auth::Authenticated;
use crate::clock::Clock;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::prefer::Wait;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::tx::{Db, Tx};

impl Effect for PlanOrder {
    type Made = Plan;

    fn action(&self) -> &'static str {
        "plan.create"
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
/// Plans the open tasks of an area for a range of days by distance, time, skills and existing
/// workload, as a draft: no task changes until it is applied, within 7 days. The plan is computed
/// after the answer: it is in state `computing`, with its progress, until it is a `draft`. With
/// `Prefer: wait=30` the server waits up to 30 seconds, and the answer is 201 if the draft is computed
/// by then. A plan that is discarded before is not computed further.
///
/// The draft gives the reason for each assignment, and the obstacle for each task that no one can
/// do. Tasks that are already assigned keep their assignee. Past days are refused; the rest of today
/// begins after a lead time. A task is not planned into days that all make it late while earlier
/// days are possible, unless `include_late` is set or a change names it. `only` selects tasks, `weights` says what is
/// favoured, `reach` how far people help, and `changes` are decisions by hand, for instance remedies
/// of an earlier draft that are accepted. With `based_on` the visits of that draft stay as they are as far as
/// they can, and `base` of the plan counts them; without, all open tasks are planned anew. A base that is
/// neither a draft nor undone is 409 `plan_state`. A first day more than 31 days from today is 409
/// `confirmation_required` until `confirm` is set. A person has at most 20 plans that wait or are computed, and
/// 500 that are kept without having been applied (429). Allowed roles: supervisors, admins, and managers
/// in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "create_plan",
    params(Wait),
    request_body(content = PlanOrder, description = "The area and the days"),
    responses(
        (
            status = CREATED, description = "The draft", body = Plan,
            headers(("Location" = String, description = "The plan's path")),
        ),
        (
            status = ACCEPTED, description = "The plan, which is being computed", body = Plan,
            headers(("Location" = String, description = "The plan's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/plans")]
pub(crate) async fn create_plan(
    planner: Data<Planner>,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Wait(patience): Wait,
    Body(body): Body<PlanOrder>,
) -> Result<HttpResponse, Problem> {
    // One id, however often the change runs.
    let id = PlanId(Uuid::now_v7());
    let ordered = move |order: &PlanOrder, tx: &mut Tx<'_>, _: &_, by: &Principal| {
        enqueue::enqueue(tx, by, (id, PlanOrigin::Ordered), order)
    };
    let mut done = commands.run(principal, key, body, ordered).await?;
    planner.wake(principal.district());
    if !patience.is_zero() {
        done.made = planner.wait(principal, done.made.id, patience).await?;
    }
    let mut answer = match done.made.state {
        PlanState::Computing => HttpResponse::Accepted(),
        _ => HttpResponse::Created(),
    };
    answer.insert_header((LOCATION, format!("/v1/plans/{}", done.made.id)));
    Ok(done.answer(answer))
}

/// Ask what a plan would be
///
/// Computes a plan with volunteers who do not exist, to see what more help would change, and answers
/// its measures and obstacles. Nothing is stored and no task changes. One question is computed at a
/// time; while others wait for too long the answer is 503. Allowed roles: supervisors, admins, and
/// managers in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "estimate_plan",
    params(openapi::NeverStored),
    request_body(content = WhatIf, description = "The plan and the volunteers"),
    responses((status = OK, description = "The answer", body = WhatIfAnswer), openapi::Write),
)]
#[post("/plans/estimates")]
pub(crate) async fn estimate_plan(
    planner: Data<Planner>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    Body(question): Body<WhatIf>,
) -> Result<Json<WhatIfAnswer>, Problem> {
    question.order.authorized(&principal)?;
    let now = (**clock)();
    let (id, order) = (PlanId(Uuid::now_v7()), question.order.clone());
    let request = Request { id, order, now, by: Some(principal.person) };
    Ok(Json(planner.answer(request, question).await?))
}

/// Filter and page of plans.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// Only plans of this area and its descendants.
    area: Option<AreaCode>,
    /// Only plans in this state.
    state: Option<PlanState>,
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
    area::known::in_query(&db, query.area).await?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let plans = db.read(move |conn| store::list(conn, &area.range(), query.state, &wanted)).await?;
    let plans = page::page(plans, limit, |plan: &Plan| plan.id);
    Ok(plans.answer(request.path(), request.query_string()))
}

/// Get a plan
///
/// Includes the quality measures. With `Prefer: wait=30` the server answers as soon as no server works on
/// the plan, and after 30 seconds in any case. Allowed roles: all except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "get_plan",
    params(("id" = PlanId, Path, description = "The plan"), Wait),
    responses((status = OK, description = "The plan", body = Plan), openapi::Read),
)]
#[get("/plans/{id}")]
pub(crate) async fn get_plan(
    planner: Data<Planner>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    Wait(patience): Wait,
) -> Result<Json<Plan>, Problem> {
    principal.may(Action::ReadPlans)?;
    Ok(Json(planner.wait(principal, *id, patience).await?))
}

/// Discard a draft
///
/// The plan can no longer be applied, and is not computed further. An applied plan is 409 `plan_state`. Allowed roles:
/// supervisors, admins, and managers in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "discard_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    responses((status = OK, description = "The plan, discarded", body = Plan), openapi::GiveUp),
)]
#[delete("/plans/{id}")]
pub(crate) async fn discard_plan(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
) -> Result<Json<Plan>, Problem> {
    principal.may(Action::Dispatch)?;
    let discarded = db.write(principal.district(), move |tx| {
        undo::discard(tx, &principal.scope(), *id, principal.person)
    });
    Ok(Json(discarded.await?))
}
