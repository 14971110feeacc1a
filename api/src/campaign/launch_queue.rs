//! Runs the launches of a district to their end.

use gridward_domain::area::AreaCode;
use gridward_domain::id::CampaignId;

use super::create_tasks::{self, LaunchBatch};
use super::store;
use crate::crypto::KeyRing;
use crate::db::{DbError, dialect};
use crate::tx::Db;

/// The tables that a launch fills and reads at each step.
const GROWING: &str = "task_occasions, tasks, handouts";
/// From this number of steps on the tables have grown enough for other plans of queries.
const MANY_STEPS: usize = 4;

/// Creates the remaining tasks of the campaign; answers the number of steps.
///
/// # Errors
/// [`DbError`]; what was created stays, and another run goes on after it.
pub async fn run(
    db: &Db,
    keys: &KeyRing,
    (district, id): (AreaCode, CampaignId),
    batch: LaunchBatch,
) -> Result<usize, DbError> {
    let mut steps = 0;
    loop {
        let keys = keys.clone();
        let step = db.write(district, move |tx| {
            let key = keys.key(tx.read_unbatched(), district)?;
            create_tasks::step(tx, &key, (district, id), batch)
        });
        if !step.await? {
            return Ok(steps);
        }
        steps += 1;
        // Each doubling of the tables makes the statistics of the planner outdated.
        if steps >= MANY_STEPS && steps.is_power_of_two() {
            analyze(db).await;
        }
    }
}

/// Updates the planner's statistics, beside the district's writes. A launch goes on without.
async fn analyze(db: &Db) {
    if let Err(error) = db.read(|conn| dialect::analyze(conn, GROWING)).await {
        tracing::warn!(%error, "the statistics of the tables were not updated");
    }
}

/// Goes on with all launches of the district; answers the number of steps. One that fails does not hold
/// up the others.
///
/// # Errors
/// That of the first launch that fails, after the others.
pub async fn run_all(
    db: &Db,
    keys: &KeyRing,
    district: AreaCode,
    batch: LaunchBatch,
) -> Result<usize, DbError> {
    let mut steps = Vec::new();
    for id in db.read(move |conn| store::launching(conn, district)).await? {
        steps.push(run(db, keys, (district, id), batch).await);
    }
    steps.into_iter().sum()
}
