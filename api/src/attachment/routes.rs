//! Attachments over HTTP: the tus protocol 1.0.0, and a plain download.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use actix_web::web::{Data, Path, Payload};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, head, options, patch, post,
};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::task::Verb;
use gridward_domain::word::Word as _;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::checksum::{self, Checksum};
use super::expiration;
use super::metadata::Metadata;
use super::model::LARGEST;
use super::receive::{self, Attachments};
use super::store::{self, AttachmentRow};
use crate::auth::Authenticated;
use crate::crypto::SealingKey;
use crate::http::openapi;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::IdempotencyKey;
use crate::log::{Event, Subject};
use crate::tx::Tx;
use crate::{log, task};

const OFFSET_TYPE: &str = "application/offset+octet-stream";
/// The version of the protocol.
const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");

fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

fn number(request: &HttpRequest, name: &str) -> Result<i64, Problem> {
    let number = text(request, name).and_then(|text| text.parse().ok());
    number
        .filter(|number| *number >= 0)
        .ok_or_else(|| Problem::unreadable(name, "a number of bytes is needed"))
}

/// Upload options
///
/// By the tus protocol: its version, the supported extensions, the maximum size and
/// the checksum algorithms. For every role.
#[utoipa::path(
    tag = "attachments",
    operation_id = "upload_options",
    responses(
        (
            status = NO_CONTENT, description = "The upload options",
            headers(
                ("Tus-Version" = String, description = "Supported versions of the protocol"),
                ("Tus-Extension" = String, description = "Supported extensions of the protocol"),
                ("Tus-Max-Size" = String, description = "Maximum size of an attachment in bytes"),
                ("Tus-Checksum-Algorithm" = String, description = "Supported checksum algorithms"),
            ),
        ),
        openapi::Read,
    ),
)]
#[options("/attachments")]
pub(crate) async fn upload_options(_: Authenticated) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(TUS)
        .insert_header(("Tus-Version", TUS.1))
        .insert_header(("Tus-Extension", "creation,expiration,checksum,termination"))
        .insert_header(("Tus-Max-Size", LARGEST))
        .insert_header(("Tus-Checksum-Algorithm", checksum::ALGORITHMS))
        .finish()
}

/// Create an upload
///
/// By the tus protocol (creation): `Upload-Length`, and `Upload-Metadata` with
/// `id` (a UUID made by the phone), `task_id`, `type` and `sha256` of the whole.
/// Announced again alike it answers the same and begins its days anew; the oldest of the
/// task's that is not whole makes room for one too many. Then PATCH the bytes to `Location`.
/// For managers and volunteers who have or had the task.
#[utoipa::path(
    tag = "attachments",
    operation_id = "announce_attachment",
    params(
        ("Upload-Length" = u32, Header, description = "Total size in bytes", minimum = 1, maximum = 10_485_760),
        ("Upload-Metadata" = inline(String), Header, description = "Comma-separated pairs of a key and a base64 value", max_length = 1024),
        openapi::OwnNames,
    ),
    responses(
        (
            status = CREATED, description = "Created",
            headers(
                ("Location" = String, description = "Where the bytes go"),
                ("Upload-Offset" = String, description = "How many bytes are there"),
                ("Upload-Expires" = String, description = "Until when it may be finished"),
            ),
        ),
        openapi::Write,
    ),
)]
#[post("/attachments")]
pub(crate) async fn announce_attachment(
    request: HttpRequest,
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    // Parsed so that an invalid one is rejected; the attachment's own id does its work.
    _: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let length = number(&request, "Upload-Length")?;
    let metadata = Metadata::read(text(&request, "Upload-Metadata").unwrap_or_default())?;
    if length == 0 {
        return Err(Problem::unreadable("Upload-Length", format!("from 1 to {LARGEST}")));
    }
    if length > LARGEST {
        return Err(ProblemCode::TooLarge.into());
    }
    let district = principal.district();
    let row = loop {
        let metadata = metadata.clone();
        let announced =
            attachments.db.write(district, move |tx| announce(tx, &principal, &metadata, length));
        match announced.await? {
            Announced::As(row) => break row,
            Announced::NeedsRoom(old) => receive::throw_away(&attachments, &old).await?,
        };
    };
    let mut answer = HttpResponse::Created();
    answer.insert_header(TUS).insert_header((LOCATION, format!("/v1/attachments/{}", row.id)));
    Ok(with_progress(answer, &row).finish())
}

/// The answer with how far an upload has come, and until when it may be finished.
fn with_progress(mut answer: HttpResponseBuilder, row: &AttachmentRow) -> HttpResponseBuilder {
    answer.insert_header(("Upload-Offset", row.received));
    if let Some(expires) = expiration::header(row) {
        answer.insert_header(expires);
    }
    answer
}

/// What came of announcing an attachment.
enum Announced {
    /// The row it has now.
    As(AttachmentRow),
    /// Another must be thrown away first.
    NeedsRoom(AttachmentRow),
}

fn announce(
    tx: &mut Tx<'_>,
    principal: &Principal,
    metadata: &Metadata,
    length: i64,
) -> Result<Announced, Problem> {
    if !Verb::Report.is_for(principal.role) {
        return Err(ProblemCode::Forbidden.into());
    }
    let me = principal.person;
    let found = tx.find::<task::row::TaskRow>(metadata.task)?;
    let found = found.ok_or_else(Problem::not_found)?;
    if !log::store::was_assignee(
        tx.read_unbatched(),
        principal.district(),
        &found.id.to_string(),
        me,
    )? {
        return Err(Problem::not_found());
    }
    let row = AttachmentRow {
        district: principal.district(),
        id: metadata.id.to_string(),
        task: found.id,
        person: me,
        media_type: metadata.media_type,
        length,
        received: 0,
        sha256: metadata.sha256.clone(),
        complete: false,
        created_at: tx.now.naive_utc(),
    };
    if let Some(known) = store::row(tx.read_unbatched(), principal.district(), metadata.id)? {
        let (received, complete, created_at) = (known.received, known.complete, known.created_at);
        if known == (AttachmentRow { received, complete, created_at, ..row.clone() }) {
            let now = tx.now;
            expiration::renew(tx.write_unbatched(), &known, now)?;
            return Ok(Announced::As(AttachmentRow { created_at: row.created_at, ..known }));
        }
        if expiration::is_expired(&known, tx.now) {
            return Ok(Announced::NeedsRoom(known));
        }
        return Err(ProblemCode::AttachmentKnown.into());
    }
    if length > metadata.media_type.largest() {
        return Err(ProblemCode::TooLarge.into());
    }
    if let Some(old) = expiration::in_the_way(tx.read_unbatched(), &row)? {
        return Ok(Announced::NeedsRoom(old));
    }
    store::insert(tx.write_unbatched(), &row)?;
    Ok(Announced::As(row))
}

/// The principal's own attachment, and the district's key.
async fn own(
    attachments: &Attachments,
    principal: &Principal,
    id: Uuid,
) -> Result<(AttachmentRow, SealingKey), Problem> {
    let (keys, principal, now) = (attachments.keys.clone(), *principal, (attachments.clock)());
    let read = attachments.db.read(move |conn| {
        let row = store::row(conn, principal.district(), id)?;
        let own = row.filter(|row| row.person == principal.person);
        let own = own.filter(|row| !expiration::is_expired(row, now));
        Ok((own.ok_or_else(Problem::not_found)?, keys.key(conn, principal.district())?))
    });
    read.await
}

/// Upload progress
///
/// By the tus protocol: `Upload-Offset` and `Upload-Length`. For managers and
/// volunteers, for their own uploads.
#[utoipa::path(
    tag = "attachments",
    operation_id = "attachment_offset",
    params(("id" = inline(Uuid), Path, description = "The attachment")),
    responses(
        (
            status = OK, description = "The progress",
            headers(
                ("Upload-Offset" = String, description = "How many bytes are there"),
                ("Upload-Length" = String, description = "Bytes of the whole"),
                ("Upload-Expires" = String, description = "Until when it may be finished, if it is not whole"),
            ),
        ),
        openapi::Read,
    ),
)]
#[head("/attachments/{id}")]
pub(crate) async fn attachment_offset(
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let (row, key) = own(&attachments, &principal, *id).await?;
    // The last byte came and the server was killed before it was made whole.
    if row.received == row.length && !row.complete {
        receive::finish(&attachments, &key, &principal, &row).await?;
    }
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header(TUS)
        .insert_header(("Upload-Length", row.length))
        .insert_header((CACHE_CONTROL, "no-store"));
    Ok(with_progress(answer, &row).finish())
}

/// Bytes of an attachment.
#[derive(ToSchema)]
#[schema(as = AttachmentBytes, format = Binary, max_length = 10_485_760)]
#[expect(dead_code, reason = "describes bytes")]
struct Content(String);

/// Upload bytes
///
/// By the tus protocol: bytes from `Upload-Offset` on. If the connection breaks, the
/// received bytes are kept; with `Upload-Checksum`, the hash of the bytes of this
/// request, either all of them are kept or none. After the last byte the server
/// verifies the hash and the media type of the whole file; on a mismatch it deletes
/// the upload. For managers and volunteers, for their own uploads.
#[utoipa::path(
    tag = "attachments",
    operation_id = "send_attachment",
    params(
        ("id" = inline(Uuid), Path, description = "The attachment"),
        ("Upload-Offset" = u32, Header, description = "Position of the first of these bytes", minimum = 0, maximum = 10_485_760),
        openapi::UploadChecksum,
    ),
    request_body(content = Content, content_type = "application/offset+octet-stream", description = "The bytes"),
    responses(
        (
            status = NO_CONTENT, description = "Kept",
            headers(
                ("Upload-Offset" = String, description = "How many bytes are there"),
                ("Upload-Expires" = String, description = "Until when it may be finished, if it is not whole"),
            ),
        ),
        openapi::Send,
    ),
)]
#[patch("/attachments/{id}")]
pub(crate) async fn send_attachment(
    request: HttpRequest,
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    id: Path<Uuid>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    if text(&request, CONTENT_TYPE.as_str()) != Some(OFFSET_TYPE) {
        return Err(ProblemCode::UnsupportedMediaType.into());
    }
    let offset = number(&request, "Upload-Offset")?;
    let (row, key) = own(&attachments, &principal, *id).await?;
    let checksum = checksum(&request)?;
    if offset != row.received {
        let current = json!({ "upload_offset": row.received });
        return Err(Problem::from(ProblemCode::UploadOffset).showing(&current));
    }
    let received = receive::take(&attachments, &key, &row, checksum.as_ref(), payload).await?;
    let whole = received == row.length;
    if whole && !row.complete {
        receive::finish(&attachments, &key, &principal, &AttachmentRow { received, ..row.clone() })
            .await?;
    }
    let mut answer = HttpResponse::NoContent();
    answer.insert_header(TUS);
    let row = AttachmentRow { received, complete: whole, ..row };
    Ok(with_progress(answer, &row).finish())
}

fn checksum(request: &HttpRequest) -> Result<Option<Checksum>, Problem> {
    let Some(header) = request.headers().get("Upload-Checksum") else { return Ok(None) };
    let read = header.to_str().unwrap_or_default().parse();
    read.map(Some).map_err(|error| Problem::unreadable("Upload-Checksum", error))
}

/// Terminate an upload
///
/// By the tus protocol (termination): deletes the received bytes; the id may be used
/// again. A completed attachment is evidence and cannot be deleted. For managers and
/// volunteers, for their own uploads.
#[utoipa::path(
    tag = "attachments",
    operation_id = "give_up_attachment",
    params(("id" = inline(Uuid), Path, description = "The attachment")),
    responses((status = NO_CONTENT, description = "Terminated"), openapi::GiveUp),
)]
#[delete("/attachments/{id}")]
pub(crate) async fn give_up_attachment(
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let (row, _) = own(&attachments, &principal, *id).await?;
    if receive::throw_away(&attachments, &row).await? {
        Ok(HttpResponse::NoContent().insert_header(TUS).finish())
    } else {
        Err(ProblemCode::AttachmentComplete.into())
    }
}

/// Download an attachment
///
/// Returns the bytes of a completed attachment. An event records the access. For
/// managers, supervisors and admins within their area, and for the uploader.
#[utoipa::path(
    tag = "attachments",
    operation_id = "get_attachment",
    params(("id" = inline(Uuid), Path, description = "The attachment")),
    responses(
        (status = OK, description = "The bytes", body = Content, content_type = "application/octet-stream"),
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
    Ok(HttpResponse::Ok()
        .content_type(row.media_type.as_str())
        .insert_header(("Content-Disposition", "attachment"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(bytes))
}

/// The attachment, if it is complete and the principal may read it. An event records
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
    principal.may(Action::RevealBeneficiary)?;
    let event = Event::new("attachment.read", Subject::Reading, &row.id, task.grid, 1);
    tx.record(event.by(principal.person).with(json!({ "task": row.task })));
    Ok(row)
}
