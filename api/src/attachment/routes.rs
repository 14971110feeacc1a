//! Uploads over HTTP: the tus protocol 1.0.0.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use actix_web::web::{Data, Path, Payload};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, head, options, patch, post,
};
use gridward_domain::authority::Principal;
use serde_json::json;
use uuid::Uuid;

use super::announce::{self, Announced};
use super::checksum::{self, Checksum};
use super::download::Content;
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
        let announced = attachments
            .db
            .write(district, move |tx| announce::announce(tx, &principal, &metadata, length));
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
    let complete = received == row.length;
    if complete && !row.complete {
        receive::finish(&attachments, &key, &principal, &AttachmentRow { received, ..row.clone() })
            .await?;
    }
    let mut answer = HttpResponse::NoContent();
    answer.insert_header(TUS);
    let row = AttachmentRow { received, complete, ..row };
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
