//! The HTTP endpoints for explanations.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use gridward_domain::authority::Action;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::range::PageLimit;
use serde::Deserialize;
use utoipa::IntoParams;

use super::candidates::{self, Question};
use super::model::{AssignmentExplanation, Candidates};
use super::read;
use crate::auth::Authenticated;
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::http::Query;
use crate::http::openapi;
use crate::http::prefer::Wait;
use crate::http::problem::Problem;
use crate::plan::compute::planner::Planner;
use crate::tx::Db;

/// How many candidates are returned by default.
const LIMIT: PageLimit = PageLimit::of::<20>();

/// The query of the candidates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CandidatesQuery {
    /// The day of the visit: not a past one, and at most 31 days after today or the due day, whichever is
    /// later. Default: the planned day of the task; without one, for each person the cheapest of up to seven
    /// days from its first day, or from today, to its due day. If no one can make the visit then, the cheapest
    /// of 31 days from its first day, or from today. `cost` names the day and the days after the due day.
    day: Option<NaiveDate>,
    /// The maximum number of people. Default 20.
    #[param(inline)]
    limit: Option<PageLimit>,
}

/// Explain an assignment
///
/// Why a plan gave the task to its assignee, why on that day, and who else could make the visit and
/// at what cost, in fields and in sentences in both languages. The others are two of the plan; if it has
/// fewer, they are followed by those of the present, as `GET /v1/tasks/{id}/candidates` ranks them, without
/// its later days. If the time was changed after the plan, `when` says by whom and when, and the others are
/// those of the present. If no plan gave the task, `given` says who claimed or assigned it and when, or that
/// it has no assignee, and the others are those of the present. There are no others once the task is started
/// or has ended. Their ids and names are shown only where the caller may read them. 404 (`not_planned`) for a
/// task that has ended without an assignee. Allowed roles: all, within their area; an assignee everywhere.
#[utoipa::path(
    tag = "tasks",
    operation_id = "explain_task",
    params(("id" = TaskId, Path, description = "The task")),
    responses((status = OK, description = "The explanation", body = AssignmentExplanation), openapi::Read),
)]
#[get("/tasks/{id}/explanation")]
pub(crate) async fn explain_task(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadTasks)?;
    let (keys, now) = (keys.clone(), (clock)());
    let explained = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        read::explanation(conn, &key, &principal, *id, now)
    });
    Ok(HttpResponse::Ok().json(explained.await?))
}

/// Explain a visit of a plan
///
/// Why the plan gives the task to this person, why on that day, and who else could make the visit and at
/// what cost, in the fields and sentences of `GET /v1/tasks/{id}/explanation`: a draft is explained before it
/// is applied. 404 (`not_planned`) for a task without a visitor, whose `reason` and `remedy` are in the list
/// of visits. `Prefer: wait=30` waits for a plan that is being computed, as for the visits; else it is 409
/// `plan_state`. Allowed roles: all except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "explain_plan_visit",
    params(
        ("id" = PlanId, Path, description = "The plan"),
        ("task_id" = TaskId, Path, description = "The task"),
        Wait,
    ),
    responses(
        (status = OK, description = "The explanation", body = AssignmentExplanation),
        openapi::ReadPlan,
    ),
)]
#[get("/plans/{id}/visits/{task_id}/explanation")]
pub(crate) async fn explain_plan_visit(
    db: Data<Db>,
    planner: Data<Planner>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    ids: Path<(PlanId, TaskId)>,
    Wait(patience): Wait,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPlans)?;
    let (plan, _) = *ids;
    planner.computed(principal, plan, patience).await?;
    let (keys, now) = (keys.clone(), (clock)());
    let explained = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        read::of_plan(conn, &key, &principal, *ids, now)
    });
    Ok(HttpResponse::Ok().json(explained.await?))
}

/// Rank the candidates for a task
///
/// The managers and volunteers of the town, or of the caller's area in it, who could make the visit, on
/// which day and at what cost; then those who could not, with what hinders them. All other visits stay as
/// they are. `POST /v1/tasks/{id}/reassign` to one who could is not refused for skills, hours, absences and
/// minutes, with the `day` of the `cost` if it is late. `too_far` and `no_room` do not keep it from one who could
/// not, nor does `no_minutes` where the service alone fits: only candidates count the way. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "list_candidates",
    params(("id" = TaskId, Path, description = "The task"), CandidatesQuery),
    responses(
        (status = OK, description = "The candidates", body = Candidates),
        openapi::ReadTask,
    ),
)]
#[get("/tasks/{id}/candidates")]
pub(crate) async fn list_candidates(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
    Query(query): Query<CandidatesQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::DirectTask)?;
    let limit = query.limit.unwrap_or(LIMIT).into();
    let (keys, day, now) = (keys.clone(), query.day, (clock)());
    let ranked = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let question = Question { task: *id, except: &[], day, limit, now };
        candidates::candidates(conn, &key, &principal, &question)
    });
    Ok(HttpResponse::Ok().json(ranked.await?))
}
