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
        let figures = [
            ("gridward_plan_age_seconds", age),
            ("gridward_plan_unserved_tasks", plan.unserved.into()),
            ("gridward_plan_late_tasks", plan.late.into()),
            ("gridward_plan_served_tasks", plan.served.into()),
            ("gridward_plan_known_tasks", plan.known.into()),
            ("gridward_plan_travel_minutes", plan.travel.into()),
            ("gridward_plan_largest_share", plan.largest_share),
            ("gridward_plan_share_spread", plan.share_spread),
        ];
        metrics.last_plan(district.as_str(), &figures);
    }
    if let Some(replan) = replan {
        metrics.last_replan(district.as_str(), replan.assigned);
    }
    Ok(())
}
