//! The HTTP endpoints for what a plan contains.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::changed_visits::VisitChange;
use super::compare::{self, PlanComparison};
use super::compare_names;
use super::loads::{self, PlanLoads};
use super::obstacles::{self, PlanObstacle};
use super::visit_list;
use super::visit_store::{self, VisitFilter};
use crate::auth::Authenticated;
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::prefer::Wait;
use crate::http::problem::Problem;
use crate::plan::compute::planner::Planner;
use crate::plan::model::PlanVisit;
use crate::plan::request::span::Span;
use crate::tx::Db;

/// Filter and page of visits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VisitQuery {
    /// Only tasks that no one can do.
    #[serde(default)]
    unassigned: bool,
    /// Only visits of this person.
    person: Option<PersonId>,
    /// Only visits of this day.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    day: Option<NaiveDate>,
    /// Only tasks of this area.
    area: Option<AreaCode>,
    /// Only this task.
    task: Option<TaskId>,
    /// Only visits that differ in this way from what their tasks have now.
    change: Option<VisitChange>,
}

/// List a plan's visits
///
/// Gives for each task the assignee, the time and the reason, or the obstacle, with names, titles, places,
/// windows and due days, and how the visit differs from what the task has now: `change` of a draft says what
/// applying it would add and what it would leave. With `Prefer: wait=30` the server waits up to 30 seconds
/// for a plan that is being computed; without, or after that time, it is 409 `plan_state`. Allowed roles: all
/// except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plan_visits",
    params(("id" = PlanId, Path, description = "The plan"), Wait, VisitQuery, PageQuery),
    responses(
        (status = OK, description = "A page of visits", body = Page<PlanVisit>),
        openapi::ReadPlan,
    ),
)]
#[get("/plans/{id}/visits")]
pub(crate) async fn list_plan_visits(
    request: HttpRequest,
    planner: Data<Planner>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    Wait(patience): Wait,
    Paged { filter: query, page }: Paged<VisitQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPlans)?;
    let wanted = page.wanted()?;
    planner.computed(principal, *id, patience).await?;
    let (limit, now, keys) = (wanted.limit, (planner.clock)(), planner.keys.clone());
    let VisitQuery { unassigned, person, day, area, task, change } = query;
    let filter = VisitFilter { unassigned, person, day, area, task, change };
    let visits = planner.db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        visit_list::list(conn, &key, &principal, *id, filter, (&wanted, now))
    });
    let visits = page::page(visits.await?, limit, |visit: &PlanVisit| visit.task_id);
    Ok(visits.answer(request.path(), request.query_string()))
}

/// Get the loads of a plan
///
/// The minutes of each person and the tasks of each grid in the days of the plan, before and after
/// it, and the number of visits that are new, kept or moved against what the tasks have now; work that is
/// done is not counted, and people are ordered by area and id. The visits that were left when the plan was
/// applied do not count. `Prefer: wait=30` waits for a plan that is being computed, as for the visits; else it is 409 `plan_state`. Allowed roles: all except volunteers and
/// auditors, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "get_plan_loads",
    params(("id" = PlanId, Path, description = "The plan"), Wait),
    responses((status = OK, description = "The loads", body = PlanLoads), openapi::ReadPlan),
)]
#[get("/plans/{id}/loads")]
pub(crate) async fn get_plan_loads(
    db: Data<Db>,
    keys: Data<KeyRing>,
    planner: Data<Planner>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    Wait(patience): Wait,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::Dispatch)?;
    let plan = planner.computed(principal, *id, patience).await?;
    let span = Span::new(plan.first_day, plan.last_day)
        .map_err(|error| DbError::corrupt("plans", error))?;
    let keys = keys.clone();
    let loads = db.read(move |conn| {
        let district = principal.district();
        let key = keys.key(conn, district)?;
        let visits = visit_store::standing_visits(conn, district, *id)?;
        loads::loads(conn, &key, (district, *id, span), &visits)
    });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(loads.await?))
}

/// The obstacles of a plan.
#[derive(Serialize, ToSchema)]
pub struct ObstacleList {
    /// The obstacles, the most frequent first.
    #[schema(max_items = 32)]
    items: Vec<PlanObstacle>,
}

/// List the obstacles of a plan
///
/// Counts the tasks that no one can do by reason, and by the least change that would help. The tasks
/// are in the visits with `unassigned`. `Prefer: wait=30` waits for a plan that is being computed, as for
/// the visits; else it is 409 `plan_state`. Allowed roles: all except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plan_obstacles",
    params(("id" = PlanId, Path, description = "The plan"), Wait),
    responses((status = OK, description = "The obstacles", body = ObstacleList), openapi::ReadPlan),
)]
#[get("/plans/{id}/obstacles")]
pub(crate) async fn list_plan_obstacles(
    db: Data<Db>,
    planner: Data<Planner>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    Wait(patience): Wait,
) -> Result<Json<ObstacleList>, Problem> {
    principal.may(Action::ReadPlans)?;
    planner.computed(principal, *id, patience).await?;
    let unserved =
        db.read(move |conn| visit_store::all_visits(conn, principal.district(), *id, true));
    Ok(Json(ObstacleList { items: obstacles::obstacles(&unserved.await?)? }))
}

/// Compare two plans
///
/// The measures of both, and the tasks that they give to another person or time, with names. `Prefer: wait=30`
/// waits for plans that are being computed, as for the visits; else they are 409 `plan_state`. Allowed roles: all
/// except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "compare_plans",
    params(
        ("id" = PlanId, Path, description = "The plan"),
        ("other" = PlanId, Path, description = "The other plan"),
        Wait,
    ),
    responses(
        (status = OK, description = "The differences", body = PlanComparison),
        openapi::ReadPlan,
    ),
)]
#[get("/plans/{id}/compare/{other}")]
pub(crate) async fn compare_plans(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    planner: Data<Planner>,
    Authenticated(principal): Authenticated,
    ids: Path<(PlanId, PlanId)>,
    Wait(patience): Wait,
) -> Result<Json<PlanComparison>, Problem> {
    principal.may(Action::ReadPlans)?;
    let (id, other) = *ids;
    let computed = |id| planner.computed(principal, id, patience);
    let (plan, other_plan) = tokio::try_join!(computed(id), computed(other))?;
    let (now, keys) = ((**clock)(), keys.clone());
    let compared = db.read(move |conn| {
        let mut read = |id| visit_store::all_visits(conn, principal.district(), id, false);
        let (same, different) = compare::compare(&read(id)?, &read(other)?);
        let key = keys.key(conn, principal.district())?;
        let different = compare_names::named(conn, &key, &principal, different, now)?;
        Ok::<_, Problem>((same, different))
    });
    let (same, different) = compared.await?;
    Ok(Json(PlanComparison { plan, other: other_plan, same, different }))
}
