//! Tasks over HTTP.

use actix_web::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::task::Phase;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::create::{self, NewTask};
use super::model::TaskSummary;
use super::store::Filter;
use super::summary_cache::Card;
use super::summary_cache::SummaryCache;
use super::{Task, perform};
use crate::auth::Caller;
use crate::catalogue::KindCode;
use crate::clock::{nearest_within_reach, within_reach};
use crate::http::if_match::etag;
use crate::http::if_none_match::{self, IfNoneMatch};
use crate::http::openapi;
use crate::http::page::{self, Page, Wanted};
use crate::http::problem::Problem;
use crate::http::{Json as Body, Query};
use crate::idempotency::Done;
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Which tasks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Only those of this area and all in it.
    area: Option<AreaCode>,
    /// Only those where they stand so.
    state: Option<Phase>,
    /// Only those of this kind of service.
    kind: Option<KindCode>,
    /// Only those in this person's hands.
    assignee_id: Option<PersonId>,
    /// Only those due before this day.
    due_before: Option<NaiveDate>,
    /// Only those for this beneficiary.
    beneficiary_id: Option<BeneficiaryId>,
    /// How many at the most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// List tasks
///
/// The tasks of the caller's area, those due first before the others. Asking
/// for one's own (`assignee_id` the caller's) shows those in other grids too.
/// For every role.
#[utoipa::path(
    tag = "tasks",
    operation_id = "list_tasks",
    params(TaskQuery),
    responses((status = OK, description = "A page of tasks", body = Page<TaskSummary>), openapi::Read),
)]
#[get("/tasks")]
pub(crate) async fn list_tasks(
    request: HttpRequest,
    db: Data<Db>,
    summaries: Data<SummaryCache>,
    caller: Caller,
    Query(query): Query<TaskQuery>,
) -> Result<HttpResponse, Problem> {
    let own = query.assignee_id == Some(caller.actor.person) && query.area.is_none();
    let area = query.area.unwrap_or(caller.actor.area);
    caller.actor.authorize(Action::ReadTasks, &area)?;
    let wanted: Wanted<(NaiveDate, TaskId)> = page::wanted(query.limit, query.cursor.as_deref())?;
    if let Some((day, _)) = wanted.after {
        within_reach(&day).map_err(|error| Problem::unreadable("cursor", error))?;
    }
    let limit = wanted.limit;
    let filter = Filter {
        state: query.state,
        kind: query.kind,
        assignee: query.assignee_id,
        due_before: query.due_before.map(nearest_within_reach),
        beneficiary: query.beneficiary_id,
    };
    let (cards, district) = (summaries.clone(), caller.actor.area.district());
    let tasks = db.read(move |conn| {
        let area = (!own).then_some(area);
        cards.list(conn, district, area, &filter, &wanted)
    });
    let tasks = page::page(tasks.await.map_err(Problem::from)?, limit, |task: &Card| {
        (task.due_on, task.id.clone())
    });
    Ok(tasks.answer(request.path(), request.query_string()))
}

/// Make a task
///
/// For a beneficiary, or at a place. For managers, supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "create_task",
    request_body(content = NewTask, description = "The task"),
    responses(
        (
            status = CREATED, description = "The task", body = Task,
            headers(
                ("Location" = String, description = "The task's path"),
                ("ETag" = String, description = "The task's version, as `\"v7\"`"),
            ),
        ),
        openapi::Write,
    ),
)]
#[post("/tasks")]
pub(crate) async fn create_task(
    commands: Data<Commands>,
    caller: Caller,
    key: IdempotencyKey,
    Body(body): Body<NewTask>,
) -> Result<HttpResponse, Problem> {
    let request = json!(body);
    let created = commands.run(caller, key, "task.create", request, {
        move |tx, _, caller| create::create(tx, caller, &body)
    });
    let Done { made: task, replayed } = created.await?;
    let location = format!("/v1/tasks/{}", task.id);
    Ok(HttpResponse::Created()
        .insert_header(("Idempotency-Replayed", replayed.to_string()))
        .insert_header((LOCATION, location))
        .insert_header((ETAG, etag(task.version)))
        .json(task))
}

/// One task
///
/// With `If-None-Match` it is 304 when the task is still of that version. For
/// every role, within their area; a task in one's own hands wherever it lies.
#[utoipa::path(
    tag = "tasks",
    operation_id = "get_task",
    params(("id" = TaskId, Path, description = "The task")),
    responses(
        (
            status = OK, description = "The task", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The task is as the caller holds it"),
        openapi::Read,
    ),
)]
#[get("/tasks/{id}")]
pub(crate) async fn get_task(
    request: HttpRequest,
    db: Data<Db>,
    caller: Caller,
    id: Path<TaskId>,
) -> Result<HttpResponse, Problem> {
    caller.may(Action::ReadTasks)?;
    let held = IfNoneMatch::of(&request)?;
    let found = db.read(move |conn| {
        let row = perform::visible(conn, &caller, *id)?;
        Ok::<_, Problem>(row.task()?)
    });
    let task = found.await?;
    let etag = etag(task.version);
    if held.names(&etag) {
        return Ok(if_none_match::not_modified(etag));
    }
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(task))
}
