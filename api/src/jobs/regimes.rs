//! Prepares the visits of the regimes that fall due, once a day for each regime.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::regime::prepare;

/// Prepares the visits of regimes.
pub struct Regimes;

impl Job for Regimes {
    fn name(&self) -> &'static str {
        "regimes"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Every { seconds: 600 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        let JobContext { db, keys, .. } = context;
        Box::pin(
            async move { Ok(prepare::prepare_all(db, keys, district, context.today()).await?) },
        )
    }
}
