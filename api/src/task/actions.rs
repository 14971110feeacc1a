//! What is done to a task, over HTTP: one path for each command.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::task::Verb;
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Task;
use super::command::{NewDays, Reassignment, StatedReason, TaskCommand, action};
use super::model::NewReport;
use super::origin::Origin;
use super::perform::{self, Performed, Sent};
use crate::auth::Authenticated;
use crate::http::Json as Body;
use crate::http::if_match::{IfMatch, etag};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, IdempotencyKey};

/// Carries a command out, once.
async fn send(
    commands: &Commands,
    principal: Principal,
    (id, IfMatch(base), key): (TaskId, IfMatch, IdempotencyKey),
    command: TaskCommand,
) -> Result<HttpResponse, Problem> {
    let request = json!({ "task_id": id, "payload": command.payload() });
    let origin = Origin { id: key.0.clone(), ..Origin::default() };
    let action = action(command.verb());
    let read_set =
        perform::read_set(&principal, id, command.verb() == Verb::Report, key.0.as_ref());
    let sent = commands.run_with(
        principal,
        key,
        action,
        request,
        read_set,
        move |tx, sealing, principal| {
            let sent = Sent { task: id, command: &command, base: &base, origin: &origin };
            perform::perform(tx, sealing, principal, &sent)
        },
    );
    let done = sent.await?.map(|Performed { task, .. }| task);
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((ETAG, etag(done.made.version)))
        .insert_header((CACHE_CONTROL, "no-store"));
    Ok(done.answer(answer))
}

/// Declares the commands that are sent to a task, each with its path in the contract:
/// `name(Body, "what it is"): command => "what the answer is"`. [`register`] serves them.
macro_rules! commands {
    ($(
        $(#[doc = $doc:tt])*
        #[post($path:tt)]
        $name:ident $(($content:ident, $about:tt))?: $command:path => $answer:tt;
    )*) => {
        $(
            $(#[doc = $doc])*
            #[utoipa::path(
                tag = "tasks",
                params(("id" = TaskId, Path, description = "The task")),
                $(request_body(content = $content, description = $about),)?
                responses(
                    (status = OK, description = $answer, body = Task),
                    openapi::Decide,
                ),
            )]
            #[post($path)]
            pub(crate) async fn $name(
                commands: Data<Commands>,
                Authenticated(principal): Authenticated,
                id: Path<TaskId>,
                base: IfMatch,
                key: IdempotencyKey,
                $(Body(body): Body<$content>,)?
            ) -> Result<HttpResponse, Problem> {
                let command = $command $(({ let content: $content = body; content }))?;
                send(&commands, principal, (*id, base, key), command).await
            }
        )*

        /// Serves every command.
        pub(crate) fn register(config: &mut ServiceConfig<'_>) {
            $(config.service($name);)*
        }
    };
}

/// A report that its maker can still put right.
fn reported(new: NewReport) -> TaskCommand {
    TaskCommand::Report(Box::new(new.into()))
}

commands! {
    /// Claim a task
    ///
    /// Takes an open task on oneself, or says yes to one that was given. The first
    /// wins; who comes second is told who has it. For managers and volunteers of
    /// the grid.
    #[post("/tasks/{id}/claim")]
    claim_task: TaskCommand::Claim =>
        "The task, now assigned to the caller";

    /// Accept a task
    ///
    /// Says yes to a task that was given. For its assignee.
    #[post("/tasks/{id}/accept")]
    accept_task: TaskCommand::Accept =>
        "The task, now accepted";

    /// Decline a task
    ///
    /// Says no to a task that was given, so that somebody else can take it. For its assignee.
    #[post("/tasks/{id}/decline")]
    decline_task(StatedReason, "Why not"): TaskCommand::Decline =>
        "The task, now open";

    /// Release a task
    ///
    /// Gives a task back, so that somebody else can take it. For its assignee.
    #[post("/tasks/{id}/release")]
    release_task: TaskCommand::Release =>
        "The task, now open";

    /// Start a task
    ///
    /// Says that the assignee is at it. For its assignee.
    #[post("/tasks/{id}/start")]
    start_task: TaskCommand::Start =>
        "The task, now in progress";

    /// Report a task
    ///
    /// Says how the task ended. `done` and `needs_follow_up` leave it done; each found
    /// need makes the task that the catalogue says. `not_home` opens the next attempt,
    /// until the kind's attempts are spent; that and `refused` leave it failed. What is
    /// reported is kept sealed. For its assignee.
    #[post("/tasks/{id}/report")]
    report_task(NewReport, "How it went"): reported =>
        "The task as the report leaves it";

    /// Reassign a task
    ///
    /// Gives a task to somebody, whoever has it now. For admins and supervisors
    /// over both grids, and for the manager within the grid.
    #[post("/tasks/{id}/reassign")]
    reassign_task(Reassignment, "Who is to have it"): TaskCommand::Reassign =>
        "The task, now assigned";

    /// Reschedule a task
    ///
    /// Moves a task's days or its window; whoever has it keeps it. Needs `If-Match`.
    /// For managers, supervisors and admins.
    #[post("/tasks/{id}/reschedule")]
    reschedule_task(NewDays, "The days"): TaskCommand::Reschedule =>
        "The task on its new days";

    /// Escalate a task
    ///
    /// Escalates a task by one level: to the village, the town or the district. For managers,
    /// supervisors and admins.
    #[post("/tasks/{id}/escalate")]
    escalate_task(StatedReason, "Why it needs the level above"): TaskCommand::Escalate =>
        "The task at its new level";

    /// Cancel a task
    ///
    /// Calls a task off. Needs `If-Match`. For managers, supervisors and admins.
    #[post("/tasks/{id}/cancel")]
    cancel_task(StatedReason, "Why it is not needed"): TaskCommand::Cancel =>
        "The task, now cancelled";

    /// Reopen a task
    ///
    /// Begins again with a task that is over. For supervisors and admins.
    #[post("/tasks/{id}/reopen")]
    reopen_task(StatedReason, "Why it begins again"): TaskCommand::Reopen =>
        "The task, now open";
}
