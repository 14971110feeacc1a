//! The HTTP endpoints that apply and undo a plan: each takes effect at most once.

use std::time::Duration;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PlanId;
use serde_json::{Value, json};

use super::compute::planner::Planner;
use super::execution::apply::{self, ApplyPlan};
use super::execution::{left, undo};
use super::model::PlanResult;
use super::store;
use crate::auth::Authenticated;
use crate::db::Conn;
use crate::http::OptionalJson;
use crate::http::openapi;
use crate::http::prefer::Wait;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::tx::{Db, Tx};

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

/// How long the answer waits for a plan that is applied or undone in batches.
const PATIENCE: Duration = Duration::from_secs(60);

async fn send(
    commands: &Commands,
    (db, planner): (Data<Db>, Data<Planner>),
    principal: Principal,
    key: IdempotencyKey,
    call: Call,
) -> Result<HttpResponse, Problem> {
    let id = call.id;
    let done = commands.run(principal, key, call, |call, tx, _, principal| call.run(tx, principal));
    let mut done = done.await?;
    let answer = if done.made.plan.state.is_queued() {
        planner.wake(principal.district());
        let plan = planner.wait(principal, id, PATIENCE).await?;
        done.made = db.read(move |conn| result(conn, &principal, id)).await?;
        if plan.state.is_queued() { HttpResponse::Accepted() } else { HttpResponse::Ok() }
    } else {
        HttpResponse::Ok()
    };
    Ok(done.answer(answer))
}

/// The present result of the plan.
fn result(conn: &mut Conn, principal: &Principal, id: PlanId) -> Result<PlanResult, Problem> {
    let plan = store::row(conn, &principal.scope(), id)?.ok_or_else(Problem::not_found)?;
    Ok(left::result(conn, plan)?)
}

/// Apply a draft
///
/// Assigns the tasks as planned, moved ones included: up to 2,000 in one transaction, more in batches, between which others
/// can write. The plan is `applying` meanwhile, also if a server stops; the answer waits up to a minute
/// for it, and is 202 if it is not applied by then. While another plan of the area is applied or undone
/// it is 409 `plan_in_progress`. Tasks that have changed since the draft was computed, those whose visit
/// would have begun by now, and those of people who have left, moved, are away or have other hours then, lack a
/// skill, have another visit at that time, or since the draft one too far away for the way between both, or have no
/// minutes left in that week, are listed in `left`
/// and stay as they are, with the id of another plan that has given them meanwhile; with `conflicts: refuse` they are 409 `plan_outdated`, and nothing is applied.
/// A plan of more than 2,000 is checked so before its first batch: what changes while the batches run is
/// left and listed in any case, and an undo takes back the others. Minutes that people take while the batches run, as by
/// a claim, are not considered: those of the begin count, so a week can become fuller than its minutes.
/// It is 409 `plan_outdated` too if every task of a plan of up to 2,000 has changed or has passed, or every open one: what a
/// plan moves only makes room for these. A visit of a day that has passed counts as an open one. If the plan makes more
/// than a tenth of its visits late, tasks that were overdue before not counted, the answer is 409
/// `confirmation_required` until `confirm` is set. A plan in another state is 409 `plan_state`, with the plan in `current`; with
/// `Prefer: wait=30` the server waits up to 30 seconds for one that is being computed. A draft is applicable for 7 days, then it is
/// 410 `plan_expired`. Allowed roles: supervisors, admins, and managers in
/// their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "apply_plan",
    params(("id" = PlanId, Path, description = "The plan"), Wait),
    request_body(content = ApplyPlan, description = "How it is applied; no body is `{}`"),
    responses(
        (status = OK, description = "The plan, applied", body = PlanResult),
        (status = ACCEPTED, description = "The plan, which is being applied", body = PlanResult),
        openapi::ApplyDraft,
    ),
)]
#[post("/plans/{id}/apply")]
pub(crate) async fn apply_plan(
    commands: Data<Commands>,
    (db, planner): (Data<Db>, Data<Planner>),
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    key: IdempotencyKey,
    Wait(patience): Wait,
    OptionalJson(how): OptionalJson<ApplyPlan>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::Dispatch)?;
    planner.computed(principal, *id, patience).await?;
    let call = Call { id: *id, command: Command::Apply(how) };
    send(&commands, (db, planner), principal, key, call).await
}

/// Undo a plan
///
/// Opens the tasks that the plan assigned and that are not accepted yet, as they were before, and gives those
/// that it moved back to their former person, day, start and plan, unless that plan was undone itself: such tasks are
/// opened. The others, such as accepted ones and those whose former person is away, has another visit then or a new one too far away, are
/// listed in `left` and stay as they are. Other drafts of the opened
/// tasks, of before this plan was applied, can be applied again. Many tasks are opened in
/// batches, as they are assigned: the plan is `undoing` meanwhile. A plan in another state
/// is 409 `plan_state`, with the plan in `current`. A freed task that the undo opens again is not replanned
/// automatically: the author of the undo decides about it. Allowed roles: supervisors, admins, and managers
/// in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "undo_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    responses(
        (status = OK, description = "The plan, undone", body = PlanResult),
        (status = ACCEPTED, description = "The plan, which is being undone", body = PlanResult),
        openapi::Write,
    ),
)]
#[post("/plans/{id}/undo")]
pub(crate) async fn undo_plan(
    commands: Data<Commands>,
    workers: (Data<Db>, Data<Planner>),
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let call = Call { id: *id, command: Command::Undo };
    send(&commands, workers, principal, key, call).await
}
