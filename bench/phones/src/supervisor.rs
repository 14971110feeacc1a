//! Somebody above who meanwhile moves tasks at random through the single calls,
//! one in three to a person of another grid.

use std::sync::Arc;

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::json;

use crate::Error;
use crate::line::{self, Caller};
use crate::wire::{PersonId, Phase, TaskId};

/// Apart from every phone's: phones are numbered from zero.
const STREAM: u64 = u64::MAX;

/// Where somebody works.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Who.
    pub person: PersonId,
    /// In which grid.
    pub grid: String,
}

/// What came of the moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Within the grid.
    pub within: u64,
    /// To a person of another grid.
    pub across: u64,
    /// Refused: the task had moved on meanwhile.
    pub refused: u64,
    /// Not heard of: no server.
    pub unheard: u64,
}

/// The one above.
pub struct Supervisor {
    caller: Arc<Caller>,
    workers: Vec<Worker>,
    rng: ChaCha8Rng,
    /// What came of the moves so far.
    pub moves: Moves,
}

/// What of a listed task matters here.
#[derive(Debug, Deserialize)]
pub struct ListedTask {
    /// Names it.
    pub id: TaskId,
    /// Its grid.
    pub grid: String,
    /// Where it stands.
    pub state: Phase,
    /// In whose hands.
    pub assignee_id: Option<PersonId>,
}

#[derive(Deserialize)]
struct TaskPage {
    items: Vec<ListedTask>,
}

/// The tasks of a grid that somebody may still do; the fifty that are due first.
///
/// # Errors
/// When the server does not answer as it must.
pub async fn live_tasks(caller: &Caller, grid: &str) -> Result<Vec<ListedTask>, Error> {
    let answer = caller.get("/v1/tasks", &[("area", grid), ("limit", "50")]).await?;
    let page: TaskPage = answer.read()?;
    Ok(page.items.into_iter().filter(|task| task.state.is_live()).collect())
}

impl Supervisor {
    /// One who moves the tasks of the workers' grids among the workers.
    pub fn new(caller: Arc<Caller>, workers: Vec<Worker>, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        Self { caller, workers, rng, moves: Moves::default() }
    }

    /// Moves a task, if there is one to move.
    ///
    /// # Errors
    /// What the wire does not allow; an absent server is no error.
    pub async fn act(&mut self) -> Result<(), Error> {
        match self.one_move().await {
            Err(error) if error.is_weather() => {
                self.moves.unheard += 1;
                tokio::time::sleep(line::wait(&error)).await;
                Ok(())
            }
            other => other,
        }
    }

    async fn one_move(&mut self) -> Result<(), Error> {
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
        let moves = &mut self.moves;
        match answer.status {
            200 if across => moves.across += 1,
            200 => moves.within += 1,
            409 | 412 => moves.refused += 1,
            _ => return Err(answer.wrong("a reassignment is done, or the task has moved on")),
        }
        Ok(())
    }
}
