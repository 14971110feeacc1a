//! The records of a task: its history and its reports.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use diesel::prelude::*;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::{PersonId, ReportId, TaskId};
use gridward_domain::range::{Attempts, Version};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::perform;
use super::report::Sealed;
use super::report_content::ReportContent;
use super::report_flag::ReportFlag;
use super::report_row::ReportRow;
use super::row::TaskRow;
use crate::auth::Authenticated;
use crate::clock::{Clock, china, nearest_moment};
use crate::crypto::KeyRing;
use crate::crypto::{SealingKey, aad};
use crate::db::schema::reports;
use crate::db::{Conn, DbError, parsed};
use crate::http::Query;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Wanted};
use crate::http::problem::Problem;
use crate::log::reason;
use crate::log::store::EventRow;
use crate::log::{self, Event, Subject};
use crate::tx::Db;

/// A transition of a task.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The sequence number in the district's log.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    seq: i64,
    /// When, by the server's clock.
    at: DateTime<FixedOffset>,
    /// The action.
    #[schema(max_length = 64, example = "task.claim")]
    action: String,
    /// The person who acted; absent for actions of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<PersonId>,
    /// The assignee before.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_before_id: Option<PersonId>,
    /// The assignee afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_id: Option<PersonId>,
    /// The version of the task afterwards.
    #[schema(value_type = Version)]
    version: i64,
    /// The reason, as free text; volunteers see only their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CommandReason>)]
    reason: Option<String>,
    /// Why the system changed the task, such as `assignee_left`, `assignee_moved`,
    /// `assignee_absent`, `role_changed`, `beneficiary_moved` or `area_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "assignee_left")]
    because: Option<String>,
    /// The outcome, if this is a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    outcome: Option<String>,
    /// The report, if this is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    report_id: Option<ReportId>,
    /// Whether the report was stored as evidence without changing the task.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    recorded: bool,
}

/// The history of a task, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// The transitions on this page.
    #[schema(max_items = 200)]
    items: Vec<HistoryEntry>,
    /// The cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    next_cursor: Option<String>,
    /// Whether earlier transitions may be in the log's archive.
    earlier_archived: bool,
}

/// Get a task's history
///
/// Lists every transition since creation with action, time, person and reason. Archived
/// transitions are indicated but not included. Allowed roles: all, for visible tasks.
#[utoipa::path(
    tag = "tasks",
    operation_id = "get_task_history",
    params(("id" = TaskId, Path, description = "The task"), PageQuery),
    responses((status = OK, description = "A page of steps", body = History), openapi::Read),
)]
#[get("/tasks/{id}/history")]
pub(crate) async fn get_history(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted: Wanted<(i64,)> = query.wanted()?;
    let (keys, now) = (keys.clone(), (clock)());
    let history = db.read(move |conn| {
        let (row, _) = perform::visible(conn, &principal, *id, now)?;
        let key = keys.key(conn, principal.district())?;
        let scope = principal.district().range();
        let about = log::store::Filter {
            subject_id: Some(row.id.to_string()),
            subject: Some(Subject::Task),
            ..log::store::Filter::default()
        };
        let after = wanted.after.map_or(0, |(seq,)| seq);
        let rows = log::store::list(conn, &scope, &about, after, wanted.rows())?;
        // Read last, so that events archived in the meantime are indicated.
        let archived = log::head::read(conn, principal.district())?.archived_seq > 0;
        let begins = after > 0 || rows.first().is_some_and(|row| row.action == "task.create");
        let steps = rows.into_iter().map(|row| step(&key, &principal, row));
        let steps = steps.collect::<Result<Vec<_>, DbError>>()?;
        let Page { items, next_cursor } = page::page(steps, wanted.limit, |step| (step.seq,));
        Ok::<_, Problem>(History { items, next_cursor, earlier_archived: archived && !begins })
    });
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(history.await?))
}

fn step(key: &SealingKey, principal: &Principal, row: EventRow) -> Result<HistoryEntry, DbError> {
    let body: serde_json::Value =
        serde_json::from_str(&row.body).map_err(|error| DbError::corrupt("events", error))?;
    let actor_id = row.actor;
    // Reasons may describe a beneficiary.
    let sees_beneficiaries = principal.may(Action::ReadBeneficiaries).is_ok();
    let may_see_reason = sees_beneficiaries || actor_id == Some(principal.person);
    let reason = body["reason"].as_str().filter(|_| may_see_reason);
    let report = body["report"].as_str();
    Ok(HistoryEntry {
        seq: row.seq,
        at: row.at.and_utc().with_timezone(&china()),
        action: row.action,
        actor_id,
        assignee_before_id: row.person_before,
        assignee_id: row.person,
        version: row.version,
        reason: reason
            .and_then(|sealed| reason::opened(key, row.district, &row.subject_id, sealed)),
        because: body["because"].as_str().map(present_word).map(ToOwned::to_owned),
        outcome: body["outcome"].as_str().map(ToOwned::to_owned),
        report_id: report.map(|id| parsed("events", id)).transpose()?,
        recorded: body["recorded"] == true,
    })
}

/// The present name of a word of the log: events are never rewritten.
fn present_word(because: &str) -> &str {
    match because {
        "person_gone" => "assignee_left",
        because => because,
    }
}

/// A report as stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// Identifies the report; equal to the id of the command that created it, if that had
    /// one.
    id: ReportId,
    /// The author.
    person_id: PersonId,
    /// When the report arrived, by the server's clock.
    received_at: DateTime<FixedOffset>,
    /// The number of the attempt that the report is about.
    attempt: Attempts,
    /// Whether the report was stored as evidence without changing the task, since the task
    /// had changed or the outcome was unreadable.
    recorded: bool,
    /// Flags of doubtful values.
    #[schema(max_items = 8)]
    flags: Vec<ReportFlag>,
    /// When the report was made, by the phone's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<DateTime<FixedOffset>>,
    /// The offset of the phone's clock behind the server's, in seconds.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    clock_behind_s: i64,
    /// The content.
    #[serde(flatten)]
    content: ReportContent,
}

/// List a task's reports
///
/// Lists the reports with all evidence and flags, oldest first. The log records that they
/// were read. Allowed roles: managers, supervisors and admins within their area; volunteers
/// see their own reports.
#[utoipa::path(
    tag = "tasks",
    operation_id = "list_task_reports",
    params(("id" = TaskId, Path, description = "The task"), PageQuery),
    responses((status = OK, description = "A page of reports", body = Page<Report>), openapi::Read),
)]
#[get("/tasks/{id}/reports")]
pub(crate) async fn list_reports(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted: Wanted<(DateTime<FixedOffset>, ReportId)> = query.wanted()?;
    let limit = wanted.limit;
    let (keys, district) = (keys.clone(), principal.district());
    let reports = db.write(district, move |tx| {
        let now = tx.now;
        let (row, _) = perform::visible(tx.read_unbatched(), &principal, *id, now)?;
        principal.may(Action::ReadReports)?;
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        let own = principal.role == Role::Volunteer;
        let author = own.then_some(principal.person);
        let reports = of_task(tx.read()?, &key, &row, author, &wanted)?;
        if !own && !reports.is_empty() {
            let grid = row.grid;
            tx.record(
                Event::new("report.read", Subject::Reading, row.id, grid, row.version)
                    .by(principal.person)
                    .with(json!({ "reports": reports.len().min(wanted.limit.into()) })),
            );
        }
        Ok::<_, Problem>(reports)
    });
    let page = page::page(reports.await?, limit, |report| (report.received_at, report.id));
    Ok(page.answer(request.path(), request.query_string()))
}

fn of_task(
    conn: &mut Conn,
    key: &SealingKey,
    task: &TaskRow,
    author: Option<PersonId>,
    wanted: &Wanted<(DateTime<FixedOffset>, ReportId)>,
) -> Result<Vec<Report>, Problem> {
    let mut query = reports::table
        .filter(reports::district.eq(task.district))
        .filter(reports::task.eq(task.id))
        .into_boxed();
    if let Some(author) = author {
        query = query.filter(reports::person.eq(author));
    }
    if let Some((moment, id)) = wanted.after {
        let moment = nearest_moment(moment).naive_utc();
        let later = reports::created_at.gt(moment);
        let beside = reports::created_at.eq(moment).and(reports::id.gt(id));
        query = query.filter(later.or(beside));
    }
    let rows: Vec<ReportRow> = query
        .order((reports::created_at, reports::id))
        .limit(wanted.rows())
        .select(ReportRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| opened(key, row)).collect()
}

fn opened(key: &SealingKey, row: ReportRow) -> Result<Report, Problem> {
    let sealed: Sealed = key.open_value(&aad(row.district, "reports", row.id), &row.sealed)?;
    Ok(Report {
        id: row.id,
        person_id: row.person,
        received_at: row.created_at.and_utc().with_timezone(&china()),
        attempt: row.attempt,
        recorded: row.recorded,
        flags: row.flags.members().iter().copied().collect(),
        made_at: sealed.made_at,
        clock_behind_s: sealed.clock_behind_s,
        content: sealed.content,
    })
}
