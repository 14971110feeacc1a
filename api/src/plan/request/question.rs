//! A question to the planner: what a plan would be, computed while the caller waits and not stored.

use std::ops::ControlFlow;
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use gridward_dispatch::solve::Observer;
use tokio::sync::OwnedSemaphorePermit;

use super::imagined::Imagined;
use super::what_if::{WhatIf, WhatIfAnswer};
use crate::db::Conn;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::shutdown::Shutdown;
use crate::plan::compute::computation::unless;
use crate::plan::compute::computed::Request;
use crate::plan::compute::planner::Planner;
use crate::plan::compute::run::{self, Means};
use crate::plan::compute::run_error::RunError;
use crate::plan::drafts::draft::Visits;
use crate::plan::drafts::{obstacles, subjects};
use crate::plan::problem::build::Rows;
use crate::plan::problem::earliest::Earliest;

/// How long a question waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The turn of a question. The computation holds it to its end, which follows soon after the caller
/// hangs up or the server stops.
struct Turn {
    #[expect(dead_code, reason = "held until it is dropped")]
    permit: OwnedSemaphorePermit,
    /// Upgraded as long as the caller waits.
    caller: Weak<()>,
    shutdown: Shutdown,
}

impl Observer for Turn {
    fn advanced(&self, _: usize, _: usize) {}

    fn proceed(&self) -> ControlFlow<()> {
        unless(self.caller.strong_count() == 0 || self.shutdown.has_begun())
    }
}

/// Checks the question at `now`.
///
/// # Errors
/// 422 that names its members; those of the order.
fn check(conn: &mut Conn, question: &WhatIf, now: DateTime<Utc>) -> Result<(), Problem> {
    let order = subjects::check(conn, &question.order, now);
    let faults = question.faults_of_volunteers(conn)?;
    match order.map_err(|problem| problem.under("/order")) {
        Err(problem) if problem.kind() == Some(ProblemCode::Invalid) => {
            Err(problem.with_all(faults))
        }
        order => Problem::refuse(faults).and(order),
    }
}

impl Planner {
    /// Computes what a plan would be, without storing it. One question at a time is computed.
    ///
    /// # Errors
    /// As [`check`]; 503 while others wait for too long, when the database is
    /// unavailable, or when the server stops.
    pub async fn answer(
        &self,
        request: Request,
        question: WhatIf,
    ) -> Result<WhatIfAnswer, Problem> {
        let (asked, now) = (question.clone(), request.now);
        self.db.read(move |conn| check(conn, &asked, now)).await?;
        let questions = Arc::clone(&self.questions);
        let turn = tokio::time::timeout(LONGEST_WAIT, questions.acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok);
        let busy = || Problem::service_unavailable("another estimate is being computed");
        let caller = Arc::new(());
        let turn = Turn {
            permit: turn.ok_or_else(busy)?,
            caller: Arc::downgrade(&caller),
            shutdown: self.shutdown.clone(),
        };
        let pool = Arc::clone(&self.pool);
        let means = Means { pool, alternatives: false, is_ordered: true, replan: None };
        let more = move |conn: &mut Conn, rows: &Rows| {
            let earliest = Earliest::after(now, question.order.lead(rows.settings.lead()));
            let volunteers = question.volunteers(conn, earliest)?;
            Ok(Imagined { volunteers, ..Imagined::default() })
        };
        let computed = run::compute(&self.db, request, more, means, turn).await;
        let (computed, _) = match computed {
            Ok(computed) => computed,
            Err(RunError::Refused(problem)) => return Err(problem),
            Err(RunError::Cancelled) => {
                return Err(Problem::service_unavailable("the server is stopping"));
            }
        };
        drop(caller);
        let unserved: Vec<_> = Visits::of(&computed).unserved().collect::<Result<_, _>>()?;
        let obstacles = obstacles::obstacles(&unserved)?;
        Ok(WhatIfAnswer { measures: computed.solved.measures, obstacles })
    }
}
