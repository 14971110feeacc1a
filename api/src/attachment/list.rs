//! Lists the attachments of a task: what there is, without the bytes.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::code::WordCode;
use gridward_domain::id::{PersonId, TaskId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::expiration;
use super::model::MediaType;
use super::receive::Attachments;
use super::store::{self, AttachmentRow};
use crate::auth::Authenticated;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError, parsed};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::person;
use crate::task;

/// The most attachments in a list; a person has at most ten for a task.
const MOST_LISTED: i64 = 200;

/// An attachment of a task or of a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d", "type": "image/jpeg", "size": 284_311,
    "received": 284_311, "complete": true, "person_id": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8f",
    "person_name": "王志愿", "announced_at": "2026-12-01T09:00:00+08:00"
}))]
pub struct TaskAttachment {
    /// Identifies the attachment: reports name it.
    id: Uuid,
    /// The media type.
    r#type: MediaType,
    /// The size in bytes.
    #[schema(minimum = 1, maximum = 10_485_760)]
    size: i64,
    /// The bytes that have arrived.
    #[schema(minimum = 0, maximum = 10_485_760)]
    received: i64,
    /// Whether it is complete and verified, so that it can be downloaded.
    complete: bool,
    /// The person who uploads it: the visitor, or the writer of a report on behalf.
    person_id: PersonId,
    /// The name of that person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    person_name: Option<String>,
    /// When it was announced last, by the server's clock.
    announced_at: DateTime<FixedOffset>,
}

/// The attachments of a task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskAttachments {
    /// The attachments, in the order of their announcement.
    #[schema(max_items = 200)]
    items: Vec<TaskAttachment>,
}

/// List a task's attachments
///
/// Lists the attachments of a task in the order of their announcement, also those that have not
/// arrived as a whole. `GET /v1/attachments/{id}` has the bytes. Allowed roles: managers, supervisors and
/// admins within their area; volunteers see their own.
#[utoipa::path(
    tag = "attachments",
    operation_id = "list_task_attachments",
    params(("id" = TaskId, Path, description = "The task")),
    responses((status = OK, description = "The attachments", body = TaskAttachments), openapi::Read),
)]
#[get("/tasks/{id}/attachments")]
pub(crate) async fn list_task_attachments(
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
) -> Result<HttpResponse, Problem> {
    let (keys, now, task) = (attachments.keys.clone(), (attachments.clock)(), *id);
    let read = attachments.db.read(move |conn| {
        let district = principal.district();
        let rows = readable(conn, &principal, task, now)?;
        let key = keys.key(conn, district)?;
        Ok::<_, Problem>(listed(conn, &key, rows)?.into_iter().map(|(shown, _)| shown).collect())
    });
    let items: Vec<TaskAttachment> = read.await?;
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-store"))
        .json(TaskAttachments { items }))
}

/// The attachments of the task that the principal may read.
fn readable(
    conn: &mut Conn,
    principal: &Principal,
    task: TaskId,
    now: DateTime<chrono::Utc>,
) -> Result<Vec<AttachmentRow>, Problem> {
    task::view::seen::visible(conn, principal, task, now)?;
    principal.may(Action::ReadReports)?;
    let own = (principal.role == Role::Volunteer).then_some(principal.person);
    let rows = store::of_task(conn, principal.district(), task, own, MOST_LISTED)?;
    Ok(rows.into_iter().filter(|row| !expiration::is_expired(row, now)).collect())
}

/// The attachments with the names of those who have uploaded them, and which document of a case each is.
pub(super) fn listed(
    conn: &mut Conn,
    key: &SealingKey,
    rows: Vec<AttachmentRow>,
) -> Result<Vec<(TaskAttachment, Option<WordCode>)>, DbError> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let (range, people) = (first.district.range(), rows.iter().map(|row| row.person).collect());
    let names = person::store::names(conn, key, &range, people)?;
    let shown = rows.into_iter().map(|row| {
        let attachment = TaskAttachment {
            id: parsed("attachments", &row.id)?,
            r#type: row.media_type,
            size: row.length,
            received: row.received,
            complete: row.complete,
            person_id: row.person,
            person_name: names.get(&row.person).cloned(),
            announced_at: row.created_at.and_utc().with_timezone(&china()),
        };
        Ok((attachment, row.document))
    });
    shown.collect()
}
