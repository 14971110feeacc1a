//! The progress of a plan as server-sent events, until no server works on it.

use std::time::Duration;

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, get};
use futures_util::stream;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PlanId;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::planner::{Planner, advanced};
use crate::auth::stream_caller::StreamCaller;
use crate::auth::{Access, Authenticator};
use crate::http::problem::Problem;
use crate::http::shutdown::{Shutdown, ShutdownSignal};
use crate::http::{event_stream, openapi};
use crate::limits::Limits;
use crate::plan::model::{Plan, PlanState};
use crate::plan::store;
use crate::tx::Db;

/// The interval of keep-alive comments.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A sequence of states of a plan.
#[derive(ToSchema)]
#[schema(
    as = PlanProgressStream, max_length = 9_007_199_254_740_991_usize,
    example = "data: {\"id\":\"0198\",\"state\":\"computing\",\"progress\":40}\n\n"
)]
#[expect(dead_code, reason = "describes a text")]
struct PlanProgress(String);

/// Stream the progress of a plan
///
/// Sends the plan, as `GET /v1/plans/{id}` does, now and whenever its state or its `progress` changes. The
/// stream ends after the state in which no server works on the plan: a draft, a failed or discarded plan, or
/// an applied or undone one. A keep-alive comment follows every 15 seconds. The stream also ends when the
/// access token expires, and within five seconds when the session ends or the caller's role or area
/// changes. A person has at most 32 open streams (429). Allowed roles: all except volunteers, within their
/// area.
#[utoipa::path(
    tag = "plans",
    operation_id = "stream_plan_progress",
    params(("id" = PlanId, Path, description = "The plan")),
    responses(
        (
            status = OK, description = "The states of the plan", body = PlanProgress,
            content_type = "text/event-stream",
        ),
        openapi::Read,
    ),
)]
#[get("/plans/{id}/progress")]
pub(crate) async fn stream_plan_progress(
    db: Data<Db>,
    planner: Data<Planner>,
    shutdown: Data<Shutdown>,
    authenticator: Data<Authenticator>,
    limits: Data<Limits>,
    Access { principal, bearer }: Access,
    id: Path<PlanId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPlans)?;
    let follower = Follower {
        db,
        principal,
        id: *id,
        sent: None,
        is_over: false,
        finished: planner.finished(),
        caller: StreamCaller::new(authenticator, bearer, principal),
        shutdown: shutdown.signal(),
        _permit: limits.streams.open(&principal)?,
    };
    follower.read().await?;
    let states = stream::unfold(follower, |mut follower| async {
        let next = follower.next().await?;
        Some((Ok::<_, Problem>(next), follower))
    });
    Ok(event_stream::answer(states))
}

/// A listener of the stream.
struct Follower {
    db: Data<Db>,
    principal: Principal,
    id: PlanId,
    /// The state and progress that were sent last.
    sent: Option<(PlanState, Option<u8>)>,
    /// Whether the last event was sent.
    is_over: bool,
    /// Changes when a plan of this server is finished.
    finished: watch::Receiver<()>,
    caller: StreamCaller,
    shutdown: ShutdownSignal,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    /// The present plan.
    async fn read(&self) -> Result<Plan, Problem> {
        let (principal, id) = (self.principal, self.id);
        let plan = self.db.read(move |conn| store::one(conn, &principal.scope(), id)).await?;
        plan.ok_or_else(Problem::not_found)
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let heartbeat = Instant::now() + HEARTBEAT;
        loop {
            if !self.caller.is_admitted(Instant::now()).await {
                return None;
            }
            // A change after this moment ends the wait below.
            self.finished.mark_unchanged();
            // The client asks again: a plan that cannot be read ends the stream.
            let plan = self.read().await.ok()?;
            let present = (plan.state, plan.progress);
            if self.sent != Some(present) {
                self.sent = Some(present);
                self.is_over = !plan.state.is_queued();
                let plan = serde_json::to_string(&plan).ok()?;
                return Some(Bytes::from(format!("data: {plan}\n\n")));
            }
            if Instant::now() >= heartbeat {
                return Some(event_stream::KEEP_ALIVE);
            }
            tokio::select! {
                () = self.shutdown.started() => return None,
                () = advanced(&mut self.finished) => {}
            }
        }
    }
}
