//! Shows the last applied plans of each district to Prometheus.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;

use super::applied;
use crate::db::DbError;
use crate::ops::Metrics;
use crate::tx::Db;

/// Records the last applied plan and the last applied replan of each district.
pub async fn record(db: &Db, now: DateTime<Utc>, metrics: &Metrics, districts: BTreeSet<AreaCode>) {
    for district in districts {
        if let Err(error) = of_district(db, now, metrics, district).await {
            tracing::warn!(%error, "the applied plans of a district could not be read");
        }
    }
}

async fn of_district(
    db: &Db,
    now: DateTime<Utc>,
    metrics: &Metrics,
    district: AreaCode,
) -> Result<(), DbError> {
    let last = db.read(move |conn| {
        let plan = applied::last_in(conn, district, false)?;
        Ok::<_, DbError>((plan, applied::last_in(conn, district, true)?))
    });
    let (plan, replan) = last.await?;
    if let Some(plan) = plan {
        let age = (now - plan.at).as_seconds_f64();
        metrics.last_plan(district.as_str(), age, plan.unserved, plan.late);
    }
    if let Some(replan) = replan {
        metrics.last_replan(district.as_str(), replan.assigned);
    }
    Ok(())
}
