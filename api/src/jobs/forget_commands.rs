//! Deletes the stored answers of commands after their retention.

use super::{Job, JobContext, RunFuture, Schedule};
use crate::idempotency::{self, KEPT_FOR};
use gridward_domain::area::AreaCode;

/// Deletes commands, with their answers, older than [`KEPT_FOR`].
pub struct ForgetCommands;

impl Job for ForgetCommands {
    fn name(&self) -> &'static str {
        "forget_commands"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Daily { hour: 2 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let forget = context.db.write(district, |tx| {
                let district = tx.district;
                idempotency::store::forget_older(tx, district, KEPT_FOR)
            });
            Ok(forget.await?)
        })
    }
}
