//! A supervisor who reassigns random tasks during the run, one in three to a person of another grid.

use std::sync::Arc;

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::json;

use crate::Error;
use crate::caller::{self, Caller};
use crate::wire::{PersonId, Phase, TaskId};

/// Random stream of the supervisor; phones are numbered from zero.
const STREAM: u64 = u64::MAX;

/// A person and the grid of the person.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The person.
    pub person: PersonId,
    /// The grid.
    pub grid: String,
}

/// Counts of reassignments by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reassignments {
    /// Within a grid.
    pub within: u64,
    /// To a person of another grid.
    pub across: u64,
    /// Rejected, because the task had changed meanwhile.
    pub rejected: u64,
    /// Without a response.
    pub unanswered: u64,
}

/// The simulated supervisor.
pub struct Supervisor {
    caller: Arc<Caller>,
    workers: Vec<Worker>,
    rng: ChaCha8Rng,
    /// The counts so far.
    pub reassignments: Reassignments,
}

/// The fields of a listed task that are used here.
#[derive(Debug, Deserialize)]
pub struct ListedTask {
    /// Its id.
    pub id: TaskId,
    /// Its grid.
    pub grid: String,
    /// Its state.
    pub state: Phase,
    /// Its assignee.
    pub assignee_id: Option<PersonId>,
}

#[derive(Deserialize)]
struct TaskPage {
    items: Vec<ListedTask>,
}

/// The tasks of a grid that have not ended; at most the fifty that are due first.
///
/// # Errors
/// When a response is not as the protocol requires.
pub async fn live_tasks(caller: &Caller, grid: &str) -> Result<Vec<ListedTask>, Error> {
    let answer = caller.get("/v1/tasks", &[("area", grid), ("limit", "50")]).await?;
    let page: TaskPage = answer.read()?;
    Ok(page.items.into_iter().filter(|task| task.state.is_live()).collect())
}

impl Supervisor {
    /// A supervisor who reassigns the tasks of the workers' grids among the workers.
    pub fn new(caller: Arc<Caller>, workers: Vec<Worker>, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        Self { caller, workers, rng, reassignments: Reassignments::default() }
    }

    /// Reassigns a task, if there is one.
    ///
    /// # Errors
    /// Violations of the protocol; network faults are not errors.
    pub async fn act(&mut self) -> Result<(), Error> {
        match self.reassign().await {
            Err(error) if error.is_transient() => {
                self.reassignments.unanswered += 1;
                tokio::time::sleep(caller::retry_delay(&error)).await;
                Ok(())
            }
            other => other,
        }
    }

    async fn reassign(&mut self) -> Result<(), Error> {
        let Some(grid) = self.workers.choose(&mut self.rng).map(|worker| worker.grid.clone())
        else {
            return Ok(());
        };
        let tasks = live_tasks(&self.caller, &grid).await?;
        let across = self.rng.random_ratio(1, 3);
        let to: Vec<&Worker> =
            self.workers.iter().filter(|worker| (worker.grid != grid) == across).collect();
        let (Some(task), Some(to)) = (tasks.choose(&mut self.rng), to.choose(&mut self.rng)) else {
            return Ok(());
        };
        let path = format!("/v1/tasks/{}/reassign", task.id);
        let answer = self.caller.post(&path, &json!({ "person_id": to.person })).await?;
        let counts = &mut self.reassignments;
        match answer.status {
            200 if across => counts.across += 1,
            200 => counts.within += 1,
            409 | 412 => counts.rejected += 1,
            _ => return Err(answer.wrong("200, 409 or 412 was expected")),
        }
        Ok(())
    }
}
