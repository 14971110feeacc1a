//! A report: what was done at a task, kept sealed.

use chrono::{DateTime, FixedOffset};
use diesel::prelude::*;
use gridward_dispatch::id::{ReportId, TaskId};
use gridward_dispatch::place::Place;
use gridward_dispatch::task::{Command, Outcome, Phase};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Task, command};
use crate::auth::Caller;
use crate::db::schema::reports;
use crate::db::{DbError, Tx};
use crate::problem::Problem;
use crate::seal::{SealingKey, place};
use crate::{beneficiary, clock};

/// How a task went.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "outcome": "done", "note": "一切安好，需要换一只灯泡。",
    "place": {"lat": 29.28874, "lon": 106.26093},
    "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00"
}))]
pub struct NewReport {
    /// How it ended.
    outcome: Outcome,
    /// In the visitor's words; kept sealed.
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// Where the visitor stood, WGS-84; only if needed.
    place: Option<Place>,
    /// When it began, by the visitor's clock.
    started_at: Option<DateTime<FixedOffset>>,
    /// When it ended, by the visitor's clock.
    ended_at: Option<DateTime<FixedOffset>>,
}

#[derive(Serialize)]
struct Sealed<'a> {
    note: &'a Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = reports)]
struct ReportRow {
    district: String,
    id: String,
    task: String,
    person: String,
    outcome: &'static str,
    sealed: Vec<u8>,
    lat: Option<f64>,
    lon: Option<f64>,
    started_at: Option<chrono::NaiveDateTime>,
    ended_at: Option<chrono::NaiveDateTime>,
    created_at: chrono::NaiveDateTime,
}

/// Ends the task as the report says and keeps the report.
///
/// # Errors
/// As [`command::send`]; 422 when the report does not fit.
pub fn report(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    caller: &Caller,
    id: TaskId,
    new: &NewReport,
) -> Result<Task, Problem> {
    if new.note.as_ref().is_some_and(|note| note.chars().count() > 2000) {
        return Err(Problem::invalid("/note", "at most 2000 characters"));
    }
    for (pointer, at) in [("/started_at", new.started_at), ("/ended_at", new.ended_at)] {
        if let Some(at) = at {
            clock::within_reach(&at).map_err(|error| Problem::invalid(pointer, error))?;
        }
    }
    if let (Some(start), Some(end)) = (new.started_at, new.ended_at)
        && end < start
    {
        return Err(Problem::invalid("/ended_at", "must not be before started_at"));
    }
    let body = json!({ "outcome": new.outcome.word() });
    let task = command::send(tx, key, caller, id, &Command::Report(new.outcome), body)?;
    keep(tx, key, caller, id, new)?;
    if let (Phase::Done, Some(beneficiary)) = (task.state, task.beneficiary_id) {
        let today = clock::day(tx.now);
        let (district, visitor) = (&caller.district, caller.actor.person);
        let id = beneficiary.to_string();
        beneficiary::store::was_in_touch(tx.write(), district, &id, visitor, today)?;
    }
    Ok(task)
}

fn keep(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    caller: &Caller,
    task: TaskId,
    new: &NewReport,
) -> Result<(), Problem> {
    let id = ReportId(Uuid::now_v7()).to_string();
    let sealed = Sealed { note: &new.note };
    let row = ReportRow {
        sealed: key.seal_value(&place(&caller.district, "reports", &id), &sealed)?,
        district: caller.district.clone(),
        id,
        task: task.to_string(),
        person: caller.actor.person.to_string(),
        outcome: new.outcome.word(),
        lat: new.place.map(|place| place.lat()),
        lon: new.place.map(|place| place.lon()),
        started_at: new.started_at.map(|at| at.naive_utc()),
        ended_at: new.ended_at.map(|at| at.naive_utc()),
        created_at: tx.now.naive_utc(),
    };
    diesel::insert_into(reports::table).values(&row).execute(tx.write()).map_err(DbError::from)?;
    Ok(())
}
