//! Moves the visits of temporary stays as their days come and go, and closes the tasks that were
//! created at the moment of an end.
//!
//! The grid and the place of a task are columns, by which scopes, sync and plans select it, so they
//! are moved on the day instead of being computed by every reader: phones then follow by the log.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::casework::settle;

/// The number of beneficiaries in one transaction: few enough that a claim need not wait long.
const BATCH: usize = 200;

/// Settles what casework left to the calendar.
pub struct Casework;

impl Job for Casework {
    fn name(&self) -> &'static str {
        "casework"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Every { seconds: 300 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let keys = context.keys.clone();
            let due = context.db.read(move |conn| settle::due(conn, district)).await?;
            let mut settled = 0;
            for ids in due.chunks(BATCH) {
                let (keys, ids) = (keys.clone(), ids.to_vec());
                let batch = context.db.write(district, move |tx| {
                    let key = keys.key(tx.read_unbatched(), district)?;
                    settle::settle(tx, &key, &ids)
                });
                settled += batch.await?;
            }
            Ok(settled)
        })
    }
}
