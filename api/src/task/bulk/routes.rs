//! The HTTP endpoints for bulks.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, post};
use gridward_domain::authority::Action;
use gridward_domain::id::BulkId;

use super::model::{Made, TaskBulk, TaskBulkCommand, TaskBulkResults, TaskBulkType};
use super::undo::{Undo, undo};
use super::{MOST_TASKS, run};
use crate::auth::Authenticated;
use crate::http::problem::answer::Language;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::http::{Json as Body, openapi};
use crate::idempotency::{Commands, IdempotencyKey};

/// Direct many tasks
///
/// Executes commands for up to 2,000 tasks in order, in one transaction. Each has its own result: a
/// refused one changes nothing, and the others take effect. The answer is 200 whatever the
/// results. With `dry_run`, nothing is changed. The caller can undo the bulk for ten minutes.
/// Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "direct_tasks",
    request_body(content = TaskBulk, description = "The commands"),
    responses(
        (status = OK, description = "The result of each task", body = TaskBulkResults),
        openapi::Write,
    ),
)]
#[post("/tasks/bulk")]
pub(crate) async fn direct_tasks(
    request: HttpRequest,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(bulk): Body<TaskBulk>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::DirectTask)?;
    check(&bulk)?;
    let done = commands.run(principal, key, bulk, run::run).await?;
    let language = Language::of(&request);
    Ok(done.map(|made: Made| made.answer(language)).answer(HttpResponse::Ok()))
}

/// Undo a bulk
///
/// Gives each task that the caller's bulk changed the state of before, within ten minutes; created
/// tasks are cancelled. A task that a person has changed meanwhile stays, and its result says so
/// (`version_conflict`). Allowed roles: managers, supervisors and admins, for their own bulks.
#[utoipa::path(
    tag = "tasks",
    operation_id = "undo_task_bulk",
    params(("id" = BulkId, Path, description = "The bulk")),
    responses(
        (status = OK, description = "The result of each task, the last first", body = TaskBulkResults),
        openapi::Decide,
    ),
)]
#[post("/tasks/bulk/{id}/undo")]
pub(crate) async fn undo_task_bulk(
    request: HttpRequest,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BulkId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::DirectTask)?;
    let done = commands.run(principal, key, Undo(*id), undo).await?;
    let language = Language::of(&request);
    Ok(done.map(|made: Made| made.answer(language)).answer(HttpResponse::Ok()))
}

/// Checks the numbers of the commands and of the tasks, and that each command names what it is for.
fn check(bulk: &TaskBulk) -> Result<(), Problem> {
    // Each command is for a task at least.
    if bulk.commands.len() > MOST_TASKS {
        return Err(Problem::from(ProblemCode::Invalid).with(wrong_number()));
    }
    let mut errors = Vec::new();
    for (n, command) in bulk.commands.iter().enumerate() {
        let creates = command.r#type == TaskBulkType::Create;
        let (wrong, detail) = if creates && !command.tasks.is_empty() {
            ("tasks", "must be absent in task.create")
        } else if !creates && !command.beneficiary_ids.is_empty() {
            ("beneficiary_ids", "is for task.create only")
        } else if !creates && command.tasks.is_empty() {
            ("tasks", "is required")
        } else {
            continue;
        };
        errors.push(FieldError::new(format!("/commands/{n}/{wrong}"), detail));
    }
    let tasks: usize = bulk.commands.iter().map(TaskBulkCommand::len).sum();
    // A command without tasks has its own error above.
    if tasks > MOST_TASKS || (tasks == 0 && errors.is_empty()) {
        errors.push(wrong_number());
    }
    Problem::refuse(errors)
}

fn wrong_number() -> FieldError {
    FieldError::new("/commands", format!("must be for 1 to {MOST_TASKS} tasks in all"))
}
