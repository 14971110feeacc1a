//! The HTTP endpoints for tasks.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::authority::Action;
use gridward_domain::id::TaskId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Task;
use super::assignment::tie;
use super::creation::create::{self, NewTask};
use super::model::TaskSummary;
use super::view::filter::TaskQuery;
use super::view::sort::SortKey;
use super::view::summary_cache::{CachedSummary, SummaryCache};
use super::view::{list_store, names, seen};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::if_match::etag;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::http::{IfNoneMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// A page of tasks.
#[derive(Serialize, ToSchema)]
pub struct TaskPage {
    /// The tasks.
    #[schema(max_items = 200, value_type = Vec<TaskSummary>)]
    items: Vec<CachedSummary>,
    /// The cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    next_cursor: Option<String>,
    /// The number of all matching tasks, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 120)]
    count: Option<i64>,
}

/// List tasks
///
/// Lists the tasks of the caller's area that match all filters, earliest due day first or as
/// `sort` names; for volunteers, the open tasks of the grid and their own. With the caller's own
/// `assignee_id`, tasks in other grids are included. Only the visitor of a home gets its exact
/// position. Allowed roles: all.
#[utoipa::path(
    tag = "tasks",
    operation_id = "list_tasks",
    params(TaskQuery, PageQuery),
    responses((status = OK, description = "A page of tasks", body = TaskPage), openapi::Read),
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
    let now = (clock)();
    let named = query.area;
    let filter = query.authorize(&principal, clock::day(now))?;
    area::known::in_query(&db, named).await?;
    let sort = filter.query.sort.unwrap_or_default();
    let Wanted { limit, after } = page.wanted::<SortKey>()?;
    let after = after.map(|after| after.check(sort)).transpose()?;
    let (keys, summaries) = (keys.clone(), summaries.clone());
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let wanted = Wanted { limit, after };
        let tasks = summaries.list(conn, &key, &principal, &filter, &wanted, now)?;
        let counted = filter.query.count == Some(true);
        let count = counted.then(|| list_store::count(conn, principal.district(), &filter));
        Ok::<_, DbError>((tasks, count.transpose()?))
    });
    let (tasks, count) = read.await.map_err(Problem::from)?;
    let Page { items, next_cursor } = page::page(tasks, limit, |task: &CachedSummary| task.key);
    let links = Page::<()> { items: Vec::new(), next_cursor: next_cursor.clone() };
    let page = TaskPage { items, next_cursor, count };
    Ok(links.head(request.path(), request.query_string()).json(page))
}

/// Create a task
///
/// Creates a task for a beneficiary or at a place; a merged duplicate is 409 `beneficiary_merged`, with its successor
/// in `current`. Allowed roles: managers, supervisors and admins.
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
        let (row, view) = seen::visible(conn, &principal, *id, now)?;
        let key = keys.key(conn, row.district)?;
        let tied = tie::shown(conn, &key, &row, (&principal, now))?;
        let task = Task { tied, ..row.task(view)?.with(row.words(&key, view)?) };
        Ok::<_, Problem>(names::named(conn, &key, task, view)?)
    });
    let task = found.await?;
    Ok(versioned::unless_held(&held, task.version, &task))
}
