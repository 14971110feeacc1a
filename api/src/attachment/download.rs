//! A plain download of a completed attachment.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::word::Word as _;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::receive::{self, Attachments};
use super::store::{self, AttachmentRow};
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::task;
use crate::tx::Tx;

/// Bytes of an attachment.
#[derive(ToSchema)]
#[schema(as = AttachmentBytes, format = Binary, max_length = 10_485_760)]
#[expect(dead_code, reason = "describes bytes")]
pub(super) struct Content(String);

/// Download an attachment
///
/// Returns the bytes of a completed attachment, as a file to be saved. An event records the access.
/// Allowed roles: managers, supervisors and admins within their area, and the uploader.
#[utoipa::path(
    tag = "attachments",
    operation_id = "get_attachment",
    params(("id" = inline(Uuid), Path, description = "The attachment")),
    responses(
        (
            status = OK, description = "The bytes",
            content(
                (Content = "image/jpeg"), (Content = "image/png"), (Content = "image/webp"),
                (Content = "audio/mp4"), (Content = "audio/ogg"), (Content = "audio/amr"),
            ),
            headers(("Content-Disposition" = String, description = "The name of the file")),
        ),
        openapi::Read,
    ),
)]
#[get("/attachments/{id}")]
pub(crate) async fn get_attachment(
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let (id, keys, district) = (*id, attachments.keys.clone(), principal.district());
    let read = attachments.db.write(district, move |tx| {
        let row = readable(tx, &principal, id)?;
        Ok::<_, Problem>((row, keys.key(tx.read_unbatched(), principal.district())?))
    });
    let (row, key) = read.await?;
    let bytes = receive::open(&attachments, &key, &row).await?;
    let name = format!("attachment; filename=\"{}.{}\"", row.id, row.media_type.extension());
    Ok(HttpResponse::Ok()
        .content_type(row.media_type.as_str())
        .insert_header((CONTENT_DISPOSITION, name))
        .body(bytes))
}

/// The attachment, if it is complete and the caller may read it. An event records
/// access by anybody but the uploader.
fn readable(tx: &mut Tx<'_>, principal: &Principal, id: Uuid) -> Result<AttachmentRow, Problem> {
    let row = store::row(tx.read_unbatched(), principal.district(), id)?.filter(|row| row.complete);
    let row = row.ok_or_else(Problem::not_found)?;
    if row.person == principal.person {
        return Ok(row);
    }
    let task = task::perform::visible_now(tx, principal, row.task)?;
    if principal.role == Role::Volunteer {
        return Err(Problem::not_found());
    }
    principal.may(Action::ReadReports)?;
    let event = Event::new("attachment.read", Subject::Reading, &row.id, task.grid, 1);
    tx.record(event.by(principal.person).with(json!({ "task": row.task })));
    Ok(row)
}
