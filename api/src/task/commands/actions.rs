//! The HTTP endpoints for task commands, one path each.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

use super::command::{Cancellation, NewDays, Reassignment, StatedReason, TaskCommand, action};
use super::origin::Origin;
use super::perform::{self, Performed, Sent};
use super::read_set;
use crate::auth::Authenticated;
use crate::http::Json as Body;
use crate::http::if_match::IfMatch;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::versioned;
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::task::Task;
use crate::task::model::NewReport;
use crate::task::view::seen;
use crate::tx::{ReadSet, Tx};

/// A command to a task, sent by a call.
struct TaskCall {
    task: TaskId,
    command: TaskCommand,
    base: Vec<i64>,
    origin: Origin,
}

impl TaskCall {
    fn sent(&self) -> Sent<'_> {
        let Self { task, command, base, origin } = self;
        Sent { task: *task, command, base, origin, assignees: None }
    }
}

impl Effect for TaskCall {
    type Made = Performed;

    fn action(&self) -> &'static str {
        action(self.command.verb())
    }

    fn request(&self) -> Value {
        json!({ "task_id": self.task, "payload": self.command.payload() })
    }

    fn read_set(&self, principal: &Principal) -> ReadSet {
        let verb = Some(self.command.verb());
        read_set::of_command(principal, self.task, verb, self.origin.id.as_ref())
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        perform::authorize(tx, principal, &self.sent()).map(drop)
    }

    fn shown(
        &self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        made: Performed,
    ) -> Result<Performed, Problem> {
        let task = seen::seen_now(tx, principal, made.task)?;
        Ok(Performed { task, ..made })
    }
}

/// Executes a command at most once.
async fn send(
    commands: &Commands,
    principal: Principal,
    (task, IfMatch(base), key): (TaskId, IfMatch, IdempotencyKey),
    command: TaskCommand,
) -> Result<HttpResponse, Problem> {
    let origin = Origin { id: key.0.clone(), ..Origin::default() };
    let call = TaskCall { task, command, base, origin };
    let performed = commands.run(principal, key, call, |call, tx, sealing, principal| {
        perform::perform(tx, sealing, principal, &call.sent())
    });
    let done = performed.await?.map(|Performed { task, .. }| task);
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}

/// Declares the commands that are sent to a task, each with its path in the contract:
/// `name(Body, "description of the body"): command => "description of the answer"`.
/// [`register`] serves them.
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

/// The command for a report sent by a single call, which its author can still correct.
fn reported(new: NewReport) -> TaskCommand {
    TaskCommand::Report(Box::new(new.into()))
}

commands! {
    /// Claim a task
    ///
    /// Assigns an open task to the caller, or accepts a task already assigned to the caller.
    /// Only the first claim succeeds; a later one gets 409 `task_already_claimed` with the
    /// assignee. Allowed roles: managers and volunteers of the grid.
    #[post("/tasks/{id}/claim")]
    claim_task: TaskCommand::Claim =>
        "The task, now assigned to the caller";

    /// Accept a task
    ///
    /// Accepts an assigned task. Allowed roles: the assignee.
    #[post("/tasks/{id}/accept")]
    accept_task: TaskCommand::Accept =>
        "The task, now accepted";

    /// Decline a task
    ///
    /// Declines an assigned task; it becomes open again. Allowed roles: the assignee.
    #[post("/tasks/{id}/decline")]
    decline_task(StatedReason, "The reason"): TaskCommand::Decline =>
        "The task, now open";

    /// Release a task
    ///
    /// Gives a task back; it becomes open again. Allowed roles: the assignee.
    #[post("/tasks/{id}/release")]
    release_task: TaskCommand::Release =>
        "The task, now open";

    /// Start a task
    ///
    /// Marks the task as in progress. Allowed roles: the assignee.
    #[post("/tasks/{id}/start")]
    start_task: TaskCommand::Start =>
        "The task, now in progress";

    /// Report a task
    ///
    /// Reports the outcome of the visit. `done` and `needs_follow_up` complete the task; each
    /// need creates the follow-up task defined in the catalogue, possible from the day of the report and
    /// due after the days of its kind (`due_days`). `not_home` reopens the task for
    /// the next attempt; the last attempt allowed by the kind, and `refused`, fail the task. The
    /// content of the report is stored encrypted.
    ///
    /// With `on_behalf_of`, the caller reports the visit of the assignee, who is the author, and the
    /// caller the writer: 409 `not_assignee` if another person has the task, 409 `person_left` if
    /// that person has left. Allowed roles: the assignee; on behalf of the assignee managers,
    /// supervisors and admins.
    #[post("/tasks/{id}/report")]
    report_task(NewReport, "The report"): reported =>
        "The task after the report";

    /// Reassign a task
    ///
    /// Assigns a task to another person, replacing the assignee if there is one. Skills, minutes,
    /// hours or absences that the assignment breaks are refused by 409 `assignment_breaks`, unless
    /// `force` is true. A candidate who could go only after the due day breaks none with the `day` of its
    /// `cost`. The ways and the room between other visits, which hinder candidates too (`too_far`, `no_room`), are
    /// no rules: the caller may know better. Allowed roles:
    /// admins and supervisors of an area with both grids, and the manager within the grid.
    #[post("/tasks/{id}/reassign")]
    reassign_task(Reassignment, "The new assignee"): TaskCommand::Reassign =>
        "The task, now assigned";

    /// Unassign a task
    ///
    /// Takes the task from its assignee; it becomes open again, and its history says why. Allowed
    /// roles: managers, supervisors and admins.
    #[post("/tasks/{id}/unassign")]
    unassign_task(StatedReason, "The reason"): TaskCommand::Unassign =>
        "The task, now open";

    /// Reschedule a task
    ///
    /// Changes a task's days or time window; the assignee stays, and the planned time is given up or,
    /// with `planned`, is the day and the hour named there. If two people make the visit, the task
    /// of the second person moves along until that visit has begun. A time at which one of them has
    /// another visit is 409 `visit_overlap`, and a time or days at which the assignee is away are 409
    /// `assignee_away`, unless `force` is true. Requires `If-Match`.
    /// Allowed roles: managers, supervisors and admins.
    #[post("/tasks/{id}/reschedule")]
    reschedule_task(NewDays, "The days"): TaskCommand::Reschedule =>
        "The task on its new days";

    /// Escalate a task
    ///
    /// Escalates a task by one level: to the village, the town or the district. Allowed roles:
    /// managers, supervisors and admins.
    #[post("/tasks/{id}/escalate")]
    escalate_task(StatedReason, "The reason"): TaskCommand::Escalate =>
        "The task at its new level";

    /// Cancel a task
    ///
    /// Cancels a task. Requires `If-Match`. If two people make the visit, the answer names the task of
    /// the second person in `tied`; it is cancelled as well with `also_tied`. Allowed roles: managers,
    /// supervisors and admins.
    #[post("/tasks/{id}/cancel")]
    cancel_task(Cancellation, "The reason"): TaskCommand::Cancel =>
        "The task, now cancelled";

    /// Reopen a task
    ///
    /// Reopens a finished task with a new first attempt, on the grid. `not_before` becomes today if it
    /// has passed, and `due_on` the kind's `retry_days` after that if it is earlier. Allowed roles:
    /// supervisors and admins.
    #[post("/tasks/{id}/reopen")]
    reopen_task(StatedReason, "The reason"): TaskCommand::Reopen =>
        "The task, now open";
}
