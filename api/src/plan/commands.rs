//! The HTTP endpoints that apply and undo a plan: each takes effect at most once.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PlanId;
use serde_json::{Value, json};

use super::apply::{self, ApplyPlan};
use super::model::PlanResult;
use super::{store, undo};
use crate::auth::Authenticated;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::tx::Tx;

/// A command to a plan.
#[derive(Clone, Copy)]
enum Command {
    Apply(ApplyPlan),
    Undo,
}

/// A command to one plan.
struct Call {
    id: PlanId,
    command: Command,
}

impl Effect for Call {
    type Made = PlanResult;

    fn action(&self) -> &'static str {
        match self.command {
            Command::Apply(_) => "plan.apply",
            Command::Undo => "plan.undo",
        }
    }

    fn request(&self) -> Value {
        match self.command {
            Command::Apply(how) => json!({ "id": self.id, "payload": how }),
            Command::Undo => json!({ "id": self.id }),
        }
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::Dispatch)?;
        let plan = store::row(tx.read_unbatched(), &principal.scope(), self.id)?;
        plan.map(drop).ok_or_else(Problem::not_found)
    }
}

impl Call {
    fn run(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<PlanResult, Problem> {
        principal.may(Action::Dispatch)?;
        let (scope, person) = (principal.scope(), principal.person);
        match self.command {
            Command::Apply(how) => apply::apply(tx, &scope, self.id, Some(person), how),
            Command::Undo => undo::undo(tx, &scope, self.id, person),
        }
    }
}

async fn send(
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    call: Call,
) -> Result<HttpResponse, Problem> {
    let done = commands.run(principal, key, call, |call, tx, _, principal| call.run(tx, principal));
    Ok(done.await?.answer(HttpResponse::Ok()))
}

/// Apply a draft
///
/// Assigns the tasks as planned, all in one transaction. Tasks that have changed since the draft was
/// computed, and those of people who have left or moved, are listed in `left` and stay as they are;
/// with `conflicts: refuse` they are 409 `plan_outdated`, and nothing is applied. If more than a
/// tenth of the visits are late, the answer is 409 `confirmation_required` until `confirm` is set.
/// A plan in another state is 409 `plan_state`, with the plan in `current`; a draft is applicable
/// for 7 days, then it is 410 `plan_expired`. Allowed roles: supervisors, admins, and managers in
/// their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "apply_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    request_body(content = ApplyPlan, description = "How it is applied"),
    responses(
        (status = OK, description = "The plan, applied", body = PlanResult),
        openapi::ApplyDraft,
    ),
)]
#[post("/plans/{id}/apply")]
pub(crate) async fn apply_plan(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    key: IdempotencyKey,
    Body(how): Body<ApplyPlan>,
) -> Result<HttpResponse, Problem> {
    send(&commands, principal, key, Call { id: *id, command: Command::Apply(how) }).await
}

/// Undo a plan
///
/// Opens the tasks that the plan assigned and that have not changed since, as they were before. The
/// others, such as accepted ones, are listed in `left` and stay as they are. A plan in another state
/// is 409 `plan_state`, with the plan in `current`. Allowed roles: supervisors, admins, and managers
/// in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "undo_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    responses((status = OK, description = "The plan, undone", body = PlanResult), openapi::Write),
)]
#[post("/plans/{id}/undo")]
pub(crate) async fn undo_plan(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    send(&commands, principal, key, Call { id: *id, command: Command::Undo }).await
}
