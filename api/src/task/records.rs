//! What is on record about a task: its history, and its reports.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use diesel::prelude::*;
use gridward_dispatch::authority::{Action, Role};
use gridward_dispatch::id::{PersonId, ReportId, TaskId};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::account::Account;
use super::perform::{self, opened_reason};
use super::report::{Doubt, Sealed};
use super::report_row::ReportRow;
use super::row::TaskRow;
use crate::app::Gridward;
use crate::auth::Caller;
use crate::clock::china;
use crate::db::schema::reports;
use crate::db::{Conn, DbError, parsed};
use crate::event::store::EventRow;
use crate::event::{self, Event, Subject};
use crate::openapi;
use crate::problem::{Kind, Problem};
use crate::seal::{SealingKey, place};

/// The most events of a task that its history shows: more than any task meets.
const MOST: i64 = 500;
/// The version that a task is made with.
const FIRST: i64 = 1;

/// One step of a task's life.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// Its number on the district's log.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    seq: i64,
    /// When, by the server's clock.
    at: DateTime<FixedOffset>,
    /// What was done.
    #[schema(max_length = 64, example = "task.claim")]
    action: String,
    /// Who did it; absent when Gridward did it by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<PersonId>,
    /// In whose hands it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_before_id: Option<PersonId>,
    /// In whose hands it was afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_id: Option<PersonId>,
    /// Its version afterwards.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 2)]
    version: i64,
    /// Why, in the person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// How it ended, if this is a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    outcome: Option<String>,
}

/// A task's steps, the first first.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// The steps up to now.
    #[schema(max_items = 500)]
    items: Vec<HistoryEntry>,
    /// Whether earlier steps are no longer here but in the log's archive.
    earlier_archived: bool,
}

/// A task's history
///
/// Every step from being made to now: what, when, by whom, and why. Steps that were
/// archived with the log are told of, not shown. For every role, for the tasks it sees.
#[utoipa::path(
    tag = "tasks",
    operation_id = "get_task_history",
    params(("id" = TaskId, Path, description = "The task")),
    responses((status = OK, description = "The steps", body = History), openapi::Read),
)]
#[get("/tasks/{id}/history")]
pub(crate) async fn get_history(
    app: Data<Gridward>,
    caller: Caller,
    id: Path<TaskId>,
) -> Result<HttpResponse, Problem> {
    let vault = app.vault.clone();
    let history = app.db.read(move |conn| {
        let row = perform::visible(conn, &caller, *id)?;
        let key = vault.key(conn, &caller.district)?;
        let archived = event::head::read(conn, &caller.district)?.archived_seq > 0;
        let scope = caller.actor.area.district().range();
        let about = event::store::Filter {
            subject_id: Some(row.id),
            subject: Some(Subject::Task),
            ..event::store::Filter::default()
        };
        let rows = event::store::list(conn, &scope, &about, 0, MOST)?;
        let begins = rows.first().is_some_and(|row| row.version == FIRST);
        let steps = rows.into_iter().map(|row| step(&key, row));
        let items = steps.collect::<Result<Vec<_>, DbError>>()?;
        Ok::<_, Problem>(History { items, earlier_archived: archived && !begins })
    });
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(history.await?))
}

fn step(key: &SealingKey, row: EventRow) -> Result<HistoryEntry, DbError> {
    let body: serde_json::Value =
        serde_json::from_str(&row.body).map_err(|error| DbError::corrupt("events", error))?;
    let person = |id: Option<String>| id.map(|id| parsed("events", &id)).transpose();
    let reason = body["reason"].as_str();
    Ok(HistoryEntry {
        seq: row.seq,
        at: row.at.and_utc().with_timezone(&china()),
        action: row.action,
        actor_id: person(row.actor)?,
        assignee_before_id: person(row.person_before)?,
        assignee_id: person(row.person)?,
        version: row.version,
        reason: reason
            .and_then(|sealed| opened_reason(key, &row.district, &row.subject_id, sealed)),
        outcome: body["outcome"].as_str().map(ToOwned::to_owned),
    })
}

/// A report as it was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// Names it; the id of the command that made it, if that had one.
    id: ReportId,
    /// Who made it.
    person_id: PersonId,
    /// When it arrived, by the server's clock.
    received_at: DateTime<FixedOffset>,
    /// Which attempt it tells of.
    #[schema(minimum = 1, maximum = 20, example = 1)]
    attempt: i32,
    /// Whether it was kept as evidence and moved nothing: the task had moved on.
    recorded: bool,
    /// What to doubt of it.
    #[schema(max_items = 7)]
    doubts: Vec<Doubt>,
    /// When the phone says that it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<DateTime<FixedOffset>>,
    /// Seconds by which the phone's clock was behind the server's.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    clock_behind_s: i64,
    /// What it says.
    #[serde(flatten)]
    told: Account,
}

/// All reports about a task, the first first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reports {
    /// The reports.
    #[schema(max_items = 500)]
    items: Vec<Report>,
}

/// A task's reports
///
/// What was reported, with all evidence and what to doubt of it. That it was
/// read goes on the log. For managers, supervisors and admins within their area;
/// volunteers see their own.
#[utoipa::path(
    tag = "tasks",
    operation_id = "list_task_reports",
    params(("id" = TaskId, Path, description = "The task")),
    responses((status = OK, description = "The reports", body = Reports), openapi::Read),
)]
#[get("/tasks/{id}/reports")]
pub(crate) async fn list_reports(
    app: Data<Gridward>,
    caller: Caller,
    id: Path<TaskId>,
) -> Result<Json<Reports>, Problem> {
    let (vault, district) = (app.vault.clone(), caller.district.clone());
    let items = app.db.write(&district, move |tx| {
        let row = perform::visible_now(tx, &caller, *id)?;
        caller.may(Action::RevealBeneficiary)?;
        let key = vault.key(tx.read_other(), &caller.district)?;
        let own = caller.actor.role == Role::Volunteer;
        let author = own.then_some(caller.actor.person);
        let items = of_task(tx.read()?, &key, &row, author)?;
        if !own && !items.is_empty() {
            let grid = parsed("tasks", &row.grid)?;
            tx.record(
                Event::new("report.read", Subject::Reading, &row.id, grid, row.version)
                    .by(caller.actor.person)
                    .with(json!({ "reports": items.len() })),
            );
        }
        Ok::<_, Problem>(items)
    });
    Ok(Json(Reports { items: items.await? }))
}

fn of_task(
    conn: &mut Conn,
    key: &SealingKey,
    task: &TaskRow,
    author: Option<PersonId>,
) -> Result<Vec<Report>, Problem> {
    let mut query = reports::table
        .filter(reports::district.eq(&task.district))
        .filter(reports::task.eq(&task.id))
        .into_boxed();
    if let Some(author) = author {
        query = query.filter(reports::person.eq(author.to_string()));
    }
    let rows: Vec<ReportRow> =
        query.order((reports::created_at, reports::id)).limit(MOST).load(conn)?;
    rows.into_iter().map(|row| opened(key, row)).collect()
}

fn opened(key: &SealingKey, row: ReportRow) -> Result<Report, Problem> {
    let sealed: Sealed = key
        .open_value(&place(&row.district, "reports", &row.id), &row.sealed)
        .map_err(|_| Kind::Internal)?;
    let words = row.doubts.split(';').filter(|word| !word.is_empty());
    let doubts = words.map(|word| parsed("reports", word));
    Ok(Report {
        id: parsed("reports", &row.id)?,
        person_id: parsed("reports", &row.person)?,
        received_at: row.created_at.and_utc().with_timezone(&china()),
        attempt: row.attempt,
        recorded: row.recorded,
        doubts: doubts.collect::<Result<_, _>>()?,
        made_at: sealed.made_at,
        clock_behind_s: sealed.clock_behind_s,
        told: sealed.account,
    })
}
