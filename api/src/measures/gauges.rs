//! Shows the measures of each district to Prometheus: those of its last applied plans, also of the towns that
//! plan for themselves, and those of the last weeks.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Days, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;
use uuid::Uuid;

use super::read::{self, Period};
use crate::clock::{self, Clock};
use crate::crypto::store::districts;
use crate::db::Conn;
use crate::http::problem::Problem;
use crate::http::shutdown::Shutdown;
use crate::ops::{Metrics, PlanFigures};
use crate::plan::execution::applied::{self, AppliedPlan};
use crate::tx::Db;

/// How often the last plans are read.
const INTERVAL: Duration = Duration::from_secs(60);
/// The measures of the last weeks, which are sums over many tasks, are read once in this many rounds.
const ROUNDS: u32 = 10;
/// The plans that were applied longer ago are in no series.
const LAST_PLANS: Days = Days::new(28);
/// The days before today over which the measures of the last weeks extend.
const PERIOD: Days = Days::new(27);

/// Records the measures until the server stops.
pub async fn watch(db: Db, clock: Clock, metrics: Metrics, shutdown: Shutdown) {
    let mut stopping = shutdown.signal();
    let mut round = 0;
    // Those of a district that cannot be read remain.
    let mut plans: BTreeMap<AreaCode, Vec<PlanFigures>> = BTreeMap::new();
    while !shutdown.has_begun() {
        // Listing the districts reads every shard.
        let districts = db.read(districts).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the districts could not be read");
            Vec::new()
        });
        for district in districts {
            let (now, with_weeks) = (clock(), round % ROUNDS == 0);
            match record(&db, now, &metrics, (district, with_weeks)).await {
                Ok(of_district) => drop(plans.insert(district, of_district)),
                Err(problem) => {
                    tracing::warn!(%problem, "the measures of a district could not be read");
                }
            }
        }
        metrics.plans(plans.values().flatten());
        round += 1;
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = stopping.started() => {}
        }
    }
}

/// Records the figures of the district, and answers those of its plans.
async fn record(
    db: &Db,
    now: DateTime<Utc>,
    metrics: &Metrics,
    (district, with_weeks): (AreaCode, bool),
) -> Result<Vec<PlanFigures>, Problem> {
    let read = db.read(move |conn| {
        let plans = applied::last_by_area(conn, district, now - LAST_PLANS)?;
        let replan = applied::last_replan(conn, district)?;
        let replan = replan.map(|replan| ("gridward_replan_moves", replan.assigned.into()));
        let mut figures: Vec<Figure> = replan.into_iter().collect();
        if with_weeks {
            figures.extend(of_weeks(conn, district, now)?);
        }
        Ok::<_, Problem>((plans, figures))
    });
    let (plans, figures) = read.await?;
    metrics.district(district.as_str(), &figures);
    let figures_of = |(area, plan): &(AreaCode, AppliedPlan)| PlanFigures {
        district: district.as_str().to_owned(),
        area: area.as_str().to_owned(),
        figures: of_plan(plan, now).to_vec(),
    };
    Ok(plans.iter().map(figures_of).collect())
}

/// A gauge and its value.
type Figure = (&'static str, f64);

/// The figures of the last applied plan of an area.
fn of_plan(plan: &AppliedPlan, now: DateTime<Utc>) -> [Figure; 8] {
    [
        ("gridward_plan_age_seconds", (now - plan.at).as_seconds_f64()),
        ("gridward_plan_unserved_tasks", plan.unserved.into()),
        ("gridward_plan_late_tasks", plan.late.into()),
        ("gridward_plan_served_tasks", plan.served.into()),
        ("gridward_plan_known_tasks", plan.known.into()),
        ("gridward_plan_travel_minutes", plan.travel.into()),
        ("gridward_plan_largest_share", plan.largest_share),
        ("gridward_plan_share_spread", plan.share_spread),
    ]
}

/// The figures of the last four weeks; those without a value are left out.
fn of_weeks(
    conn: &mut Conn,
    district: AreaCode,
    now: DateTime<Utc>,
) -> Result<Vec<Figure>, Problem> {
    let today = clock::day(now);
    let period = Period { from: today - PERIOD, to: today };
    // The whole district is read, as by its supervisors; no figure refers to a person.
    let person = PersonId(Uuid::nil());
    let reader = Principal { person, role: Role::Supervisor, area: district };
    let gini = read::shares(conn, &district.range(), period)?.gini;
    let days = read::needs(conn, &reader, district, period, today)?.median_days;
    let figures = [("gridward_share_gini", gini), ("gridward_need_to_help_days", days)];
    Ok(figures.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}
