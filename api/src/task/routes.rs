//! The HTTP endpoints for tasks.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::task::Phase;
use serde::Deserialize;
use utoipa::IntoParams;

use super::create::{self, NewTask};
use super::model::TaskSummary;
use super::projection::MaskedNames;
use super::store::Filter;
use super::summary_cache::CachedSummary;
use super::summary_cache::SummaryCache;
use super::{Task, perform};
use crate::auth::Authenticated;
use crate::clock::{Clock, nearest_within_reach, within_reach};
use crate::crypto::KeyRing;
use crate::http::if_match::etag;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::http::{IfNoneMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Filter and page of tasks.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Only tasks in this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only tasks in this state.
    state: Option<Phase>,
    /// Only tasks of this kind of service.
    kind: Option<KindCode>,
    /// Only tasks assigned to this person.
    assignee_id: Option<PersonId>,
    /// Only tasks due before this day.
    due_before: Option<NaiveDate>,
    /// Only tasks for this beneficiary.
    beneficiary_id: Option<BeneficiaryId>,
}

impl TaskQuery {
    /// The filter, limited to what the principal may list.
    ///
    /// # Errors
    /// 404 outside the principal's area.
    pub fn authorize(self, principal: &Principal) -> Result<Filter, Problem> {
        let own = self.assignee_id == Some(principal.person) && self.area.is_none();
        let area = self.area.unwrap_or(principal.area);
        principal.authorize(Action::ReadTasks, &area)?;
        Ok(Filter {
            area: (!own).then_some(area),
            state: self.state,
            kind: self.kind,
            assignee: self.assignee_id,
            due_before: self.due_before.map(nearest_within_reach),
            beneficiary: self.beneficiary_id,
            open_or_of: (principal.role == Role::Volunteer).then_some(principal.person),
        })
    }
}

/// List tasks
///
/// Lists the tasks of the caller's area, earliest due day first; for volunteers, the open tasks
/// of the grid and their own. With the caller's own `assignee_id`, tasks in other grids are
/// included. Only the visitor of a home gets its exact position. Allowed roles: all.
#[utoipa::path(
    tag = "tasks",
    operation_id = "list_tasks",
    params(TaskQuery, PageQuery),
    responses((status = OK, description = "A page of tasks", body = Page<TaskSummary>), openapi::Read),
)]
#[get("/tasks")]
pub(crate) async fn list_tasks(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    summaries: Data<SummaryCache>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<TaskQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = query.authorize(&principal)?;
    let wanted: Wanted<(NaiveDate, TaskId)> = page.wanted()?;
    if let Some((day, _)) = wanted.after {
        within_reach(&day).map_err(|error| Problem::unreadable("cursor", error))?;
    }
    let limit = wanted.limit;
    let (keys, summaries, now) = (keys.clone(), summaries.clone(), (clock)());
    let tasks = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        summaries.list(conn, &key, &principal, &filter, &wanted, now)
    });
    let tasks = page::page(tasks.await.map_err(Problem::from)?, limit, |task: &CachedSummary| {
        (task.due_on, task.id)
    });
    Ok(tasks.answer(request.path(), request.query_string()))
}

/// Create a task
///
/// Creates a task for a beneficiary or at a place. Allowed roles: managers, supervisors and
/// admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "create_task",
    request_body(content = NewTask, description = "The task"),
    responses(
        (
            status = CREATED, description = "The task", body = Task,
            headers(("Location" = String, description = "The task's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/tasks")]
pub(crate) async fn create_task(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(body): Body<NewTask>,
) -> Result<HttpResponse, Problem> {
    let created = commands.run(principal, key, body, |new, tx, key, principal| {
        create::create(tx, key, principal, new)
    });
    let done = created.await?;
    let location = format!("/v1/tasks/{}", done.made.id);
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, location)).insert_header((ETAG, etag(done.made.version)));
    Ok(done.answer(answer))
}

/// Get a task
///
/// With `If-None-Match`, answers 304 if the version is unchanged. Only the visitor of a home
/// gets its exact position. Allowed roles: all, within their area; volunteers see the open tasks
/// of the grid; an assigned task is visible to its assignee everywhere.
#[utoipa::path(
    tag = "tasks",
    operation_id = "get_task",
    params(("id" = TaskId, Path, description = "The task")),
    responses(
        (status = OK, description = "The task", body = Task),
        (status = NOT_MODIFIED, description = "The version is unchanged"),
        openapi::Read,
    ),
)]
#[get("/tasks/{id}")]
pub(crate) async fn get_task(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadTasks)?;
    let held = IfNoneMatch::of(&request)?;
    let (keys, now) = (keys.clone(), (clock)());
    let found = db.read(move |conn| {
        let (row, view) = perform::visible(conn, &principal, *id, now)?;
        let key = keys.key(conn, row.district)?;
        let names = MaskedNames::read(conn, &key, row.district, row.beneficiary.as_slice())?;
        Ok::<_, Problem>(row.task_with(row.projection(view, &names)?)?)
    });
    let task = found.await?;
    Ok(versioned::unless_held(&held, task.version, &task))
}
