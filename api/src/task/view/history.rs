//! The history of a task.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::{PersonId, ReportId, TaskId};
use gridward_domain::range::Version;
use serde::Serialize;
use utoipa::ToSchema;

use super::seen;
use crate::auth::Authenticated;
use crate::clock::{Clock, china};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError, parsed};
use crate::http::Query;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Wanted};
use crate::http::problem::Problem;
use crate::log::store::EventRow;
use crate::log::{self, Subject, reason};
use crate::person;
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
    /// The name of the person who acted; names are absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    actor_name: Option<String>,
    /// The assignee before.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_before_id: Option<PersonId>,
    /// The name of the assignee before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    assignee_before_name: Option<String>,
    /// The assignee afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_id: Option<PersonId>,
    /// The name of the assignee afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    assignee_name: Option<String>,
    /// The version of the task afterwards.
    #[schema(value_type = Version)]
    version: i64,
    /// The reason, as free text; volunteers see only their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CommandReason>)]
    reason: Option<String>,
    /// What changed the task beside a command, such as `assignee_left`, `assignee_moved`,
    /// `assignee_suspended`, `assignee_absent`, `not_accepted`, `plan_moved`, `plan_undone`, `overrun`,
    /// `role_changed`, `beneficiary_moved`, `contacted`, `due_earlier`, `area_changed` or `proposal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "assignee_left")]
    because: Option<String>,
    /// The outcome, if this is a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    outcome: Option<String>,
    /// The visitor, if the report was written on behalf of another person.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of_id: Option<PersonId>,
    /// The name of that visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    on_behalf_of_name: Option<String>,
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
        let (row, view) = seen::visible(conn, &principal, *id, now)?;
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
        let mut steps = steps.collect::<Result<Vec<_>, DbError>>()?;
        if view.shows_masked_name() {
            add_names(conn, &key, principal.district(), &mut steps)?;
        }
        let Page { items, next_cursor } = page::page(steps, wanted.limit, |step| (step.seq,));
        Ok::<_, Problem>(History { items, next_cursor, earlier_archived: archived && !begins })
    });
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(history.await?))
}

/// Adds the names of the people of these transitions.
fn add_names(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    steps: &mut [HistoryEntry],
) -> Result<(), DbError> {
    let ids = |step: &HistoryEntry| {
        [step.actor_id, step.assignee_before_id, step.assignee_id, step.on_behalf_of_id]
    };
    let people = steps.iter().flat_map(ids).flatten().collect();
    let names = person::store::names(conn, key, &district.range(), people)?;
    for step in steps {
        let [actor, before, after, visitor] =
            ids(step).map(|id| id.and_then(|id| names.get(&id)).cloned());
        step.on_behalf_of_name = visitor;
        (step.actor_name, step.assignee_before_name, step.assignee_name) = (actor, before, after);
    }
    Ok(())
}

fn step(key: &SealingKey, principal: &Principal, row: EventRow) -> Result<HistoryEntry, DbError> {
    let body: serde_json::Value =
        serde_json::from_str(&row.body).map_err(|error| DbError::corrupt("events", error))?;
    let actor_id = row.actor;
    // Reasons may describe a beneficiary.
    let sees_beneficiaries = principal.may(Action::ReadBeneficiaries).is_ok();
    let may_see_reason = sees_beneficiaries || actor_id == Some(principal.person);
    let reason = body["reason"].as_str().filter(|_| may_see_reason);
    let (report, visitor) = (body["report"].as_str(), body["on_behalf_of"].as_str());
    Ok(HistoryEntry {
        seq: row.seq,
        at: row.at.and_utc().with_timezone(&china()),
        action: row.action,
        actor_id,
        actor_name: None,
        assignee_before_id: row.person_before,
        assignee_before_name: None,
        assignee_id: row.person,
        assignee_name: None,
        version: row.version,
        reason: reason
            .and_then(|sealed| reason::opened(key, row.district, &row.subject_id, sealed)),
        because: body["because"].as_str().map(present_word).map(ToOwned::to_owned),
        outcome: body["outcome"].as_str().map(ToOwned::to_owned),
        on_behalf_of_id: visitor.map(|id| parsed("events", id)).transpose()?,
        on_behalf_of_name: None,
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
