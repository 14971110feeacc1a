//! What is done to a task, over HTTP: one path for each command.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::id::TaskId;
use gridward_domain::task::Verb;
use serde_json::json;

use super::Task;
use super::command::{NewDays, Reassignment, StatedReason, TaskCommand, action};
use super::model::NewReport;
use super::origin::Origin;
use super::perform::{self, Performed, Sent};
use crate::auth::Caller;
use crate::http::Json as Body;
use crate::http::if_match::{IfMatch, etag};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Done, IdempotencyKey};

/// Carries a command out, once.
async fn send(
    commands: &Commands,
    caller: Caller,
    (id, IfMatch(base), key): (TaskId, IfMatch, IdempotencyKey),
    command: TaskCommand,
) -> Result<HttpResponse, Problem> {
    let request = json!({ "task_id": id, "payload": command.payload() });
    let origin = Origin { id: key.0.clone(), ..Origin::default() };
    let action = action(command.verb());
    let read_set = perform::read_set(&caller, id, command.verb() == Verb::Report, key.0.as_ref());
    let sent =
        commands.run_with(caller, key, action, request, read_set, move |tx, sealing, caller| {
            let sent = Sent { task: id, command: &command, base, origin: &origin };
            perform::perform(tx, sealing, caller, &sent)
        });
    let Done { made: Performed { task, .. }, replayed } = sent.await?;
    Ok(HttpResponse::Ok()
        .insert_header(("ETag", etag(task.version)))
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("Idempotency-Replayed", replayed.to_string()))
        .json(task))
}

/// Claim a task
///
/// Takes an open task on oneself, or says yes to one that was given. The first
/// wins; who comes second is told who has it. For managers and volunteers of
/// the grid.
#[utoipa::path(
    tag = "tasks",
    operation_id = "claim_task",
    params(("id" = TaskId, Path, description = "The task")),
    responses(
        (
            status = OK, description = "The task, now in the caller's hands", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/claim")]
pub(crate) async fn claim_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Claim).await
}

/// Accept a task
///
/// Says yes to a task that was given. For its holder.
#[utoipa::path(
    tag = "tasks",
    operation_id = "accept_task",
    params(("id" = TaskId, Path, description = "The task")),
    responses(
        (
            status = OK, description = "The task, now accepted", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/accept")]
pub(crate) async fn accept_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Accept).await
}

/// Decline a task
///
/// Says no to a task that was given, so that somebody else can take it. For its holder.
#[utoipa::path(
    tag = "tasks",
    operation_id = "decline_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = StatedReason, description = "Why not"),
    responses(
        (
            status = OK, description = "The task, now open", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/decline")]
pub(crate) async fn decline_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(body): Body<StatedReason>,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Decline(body)).await
}

/// Release a task
///
/// Gives a task back, so that somebody else can take it. For its holder.
#[utoipa::path(
    tag = "tasks",
    operation_id = "release_task",
    params(("id" = TaskId, Path, description = "The task")),
    responses(
        (
            status = OK, description = "The task, now open", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/release")]
pub(crate) async fn release_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Release).await
}

/// Start a task
///
/// Says that the holder is at it. For its holder.
#[utoipa::path(
    tag = "tasks",
    operation_id = "start_task",
    params(("id" = TaskId, Path, description = "The task")),
    responses(
        (
            status = OK, description = "The task, now in progress", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/start")]
pub(crate) async fn start_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Start).await
}

/// Report a task
///
/// Says how the task ended. `done` and `needs_follow_up` leave it done; each found
/// need makes the task that the catalogue says. `not_home` opens the next attempt,
/// until the kind's attempts are spent; that and `refused` leave it failed. What is
/// reported is kept sealed. For its holder.
#[utoipa::path(
    tag = "tasks",
    operation_id = "report_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = NewReport, description = "How it went"),
    responses(
        (
            status = OK, description = "The task as the report leaves it", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/report")]
pub(crate) async fn report_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(body): Body<NewReport>,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Report(Box::new(body.into()))).await
}

/// Reassign a task
///
/// Gives a task to somebody, whoever has it now. For admins and supervisors
/// over both grids, and for the manager within the grid.
#[utoipa::path(
    tag = "tasks",
    operation_id = "reassign_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = Reassignment, description = "Who is to have it"),
    responses(
        (
            status = OK, description = "The task, now assigned", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/reassign")]
pub(crate) async fn reassign_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(body): Body<Reassignment>,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Reassign(body)).await
}

/// Reschedule a task
///
/// Moves a task's days or its window; whoever has it keeps it. Needs `If-Match`.
/// For managers, supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "reschedule_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = NewDays, description = "The days"),
    responses(
        (
            status = OK, description = "The task on its new days", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/reschedule")]
pub(crate) async fn reschedule_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(body): Body<NewDays>,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Reschedule(body)).await
}

/// Escalate a task
///
/// Puts a task on the escalation_level one level up: the village's, the town's, the
/// district's. For managers, supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "escalate_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = StatedReason, description = "Why it needs the level above"),
    responses(
        (
            status = OK, description = "The task on its new escalation_level", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/escalate")]
pub(crate) async fn escalate_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(body): Body<StatedReason>,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Escalate(body)).await
}

/// Cancel a task
///
/// Calls a task off. Needs `If-Match`. For managers, supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "cancel_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = StatedReason, description = "Why it is not needed"),
    responses(
        (
            status = OK, description = "The task, now cancelled", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/cancel")]
pub(crate) async fn cancel_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(body): Body<StatedReason>,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Cancel(body)).await
}

/// Reopen a task
///
/// Begins again with a task that is over. For supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "reopen_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = StatedReason, description = "Why it begins again"),
    responses(
        (
            status = OK, description = "The task, now open", body = Task,
            headers(("ETag" = String, description = "The task's version, as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/tasks/{id}/reopen")]
pub(crate) async fn reopen_task(
    commands: Data<Commands>,
    caller: Caller,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(body): Body<StatedReason>,
) -> Result<HttpResponse, Problem> {
    send(&commands, caller, (*id, base, key), TaskCommand::Reopen(body)).await
}
