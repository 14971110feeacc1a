//! The reports of a task.

use std::collections::HashMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use diesel::prelude::*;
use gridward_domain::authority::{Action, Role};
use gridward_domain::id::{PersonId, ReportId, TaskId};
use gridward_domain::range::{Attempts, Version};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::report_content::ReportContent;
use super::report_flag::ReportFlag;
use super::report_row::ReportRow;
use super::report_sealed::Sealed;
use crate::auth::Authenticated;
use crate::clock::{china, nearest_moment};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::Conn;
use crate::db::schema::reports;
use crate::http::Query;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Wanted};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::person;
use crate::task::row::TaskRow;
use crate::task::view::seen;
use crate::tx::Db;

/// A report as stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// Identifies the report; equal to the id of the command that created it, if that had
    /// one.
    id: ReportId,
    /// The author: the visitor.
    person_id: PersonId,
    /// The name of the author; absent if there is no such person any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    person_name: Option<String>,
    /// The person who wrote the report on behalf of the author; absent if the author wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    written_by_id: Option<PersonId>,
    /// The name of that person; absent if there is no such person any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    written_by_name: Option<String>,
    /// When the report arrived, by the server's clock.
    received_at: DateTime<FixedOffset>,
    /// The version of the report: above 1 after an amendment.
    #[schema(value_type = Version)]
    version: i64,
    /// When the report was last amended; absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    amended_at: Option<DateTime<FixedOffset>>,
    /// The number of the attempt that the report is about.
    attempt: Attempts,
    /// Whether the report was stored as evidence without changing the task, since the task
    /// had changed or the outcome was unreadable.
    recorded: bool,
    /// Flags of doubtful values.
    #[schema(max_items = 16)]
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
/// see the reports of their own visits.
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
        let (row, _) = seen::visible(tx.read_unbatched(), &principal, *id, now)?;
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
    let people = rows.iter().flat_map(|row| [Some(row.person), row.written_by]).flatten().collect();
    let names = person::store::names(conn, key, &task.district.range(), people)?;
    rows.into_iter().map(|row| opened(key, row, &names)).collect()
}

fn opened(
    key: &SealingKey,
    row: ReportRow,
    names: &HashMap<PersonId, String>,
) -> Result<Report, Problem> {
    let sealed = Sealed::of(key, &row)?;
    Ok(Report {
        id: row.id,
        person_id: row.person,
        person_name: names.get(&row.person).cloned(),
        written_by_id: row.written_by,
        written_by_name: row.written_by.and_then(|id| names.get(&id)).cloned(),
        received_at: row.created_at.and_utc().with_timezone(&china()),
        version: row.version,
        amended_at: row.amended_at.map(|at| at.and_utc().with_timezone(&china())),
        attempt: row.attempt,
        recorded: row.recorded,
        flags: row.flags.members().iter().copied().collect(),
        made_at: sealed.made_at,
        clock_behind_s: sealed.clock_behind_s,
        content: sealed.content,
    })
}
