//! Receives attachments: each part into the blob store, then the whole.

use gridward_domain::authority::Principal;
use std::fmt::Display;

use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt as _;
use serde_json::json;

use super::blob_store::{BlobError, BlobStore};
use super::checksum::Checksum;
use super::model::Mismatch;
use super::store::{self, AttachmentRow};
use super::uploads::{Upload, Uploads};
use super::{deletion, owner, parts};
use crate::clock::Clock;
use crate::crypto::{KeyRing, SealingKey, aad};
use crate::db::column::Hash;
use crate::http::body_limits::BodyRefused;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Db;

/// Size of each part but the last, in bytes: a chunk of the connection may be larger or smaller.
const PART: usize = 256 * 1024;

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        Self::service_unavailable(format!("the attachment store failed: {error}"))
    }
}

/// The state of the attachment endpoints.
#[derive(Clone)]
pub struct Attachments {
    /// The database.
    pub db: Db,
    /// The districts' keys.
    pub keys: KeyRing,
    /// The blob store.
    pub blobs: BlobStore,
    /// The uploads in progress.
    pub uploads: Uploads,
    /// Returns the time.
    pub clock: Clock,
}

/// The name of the whole file.
pub(super) fn whole_name(row: &AttachmentRow) -> String {
    format!("whole/{}/{}", row.district, row.blob_name())
}

fn associated_data(row: &AttachmentRow, what: impl Display) -> String {
    aad(row.district, "attachments", format_args!("{}|{what}", row.id))
}

/// Receives bytes from the current offset on and returns the new offset. Bytes received before
/// the connection breaks are kept; with a checksum, either all of the request's bytes are kept or
/// none: they are stored as they come and count once the checksum is verified.
///
/// # Errors
/// 413 for bytes beyond the announced length, or 409 if the upload is complete; 409 for a
/// concurrent upload; 460 on a
/// checksum mismatch; 408 or 429 for bytes that come too slowly.
pub async fn take(
    attachments: &Attachments,
    key: &SealingKey,
    row: &AttachmentRow,
    upload: &mut Upload,
    checksum: Option<&Checksum>,
    mut payload: Payload,
) -> Result<i64, Problem> {
    let mut verification = checksum.map(Checksum::begin);
    let mut at = row.received;
    let mut part: Vec<u8> = Vec::new();
    loop {
        let chunk = next(&mut payload, upload).await;
        let chunk = match chunk {
            // All or nothing, or nothing yet: the client learns why.
            Err(refused) if checksum.is_some() || (at == row.received && part.is_empty()) => {
                return Err(refused.into());
            }
            Err(_) => None,
            Ok(chunk) => chunk,
        };
        let last = chunk.is_none();
        let chunk = chunk.unwrap_or_default();
        part.extend_from_slice(&chunk);
        if let Some(verification) = &mut verification {
            verification.add(&chunk);
        }
        if end(at, &part) > row.length {
            return Err(beyond_the_end(row));
        }
        while part.len() >= PART || (last && !part.is_empty()) {
            let rest = part.split_off(part.len().min(PART));
            let to = put(attachments, key, row, at, std::mem::replace(&mut part, rest)).await?;
            if verification.is_none() {
                count(attachments, row, at, to).await?;
            }
            at = to;
        }
        if last {
            break;
        }
    }
    if let Some(verification) = verification {
        if !verification.matches() {
            return Err(ProblemCode::ChecksumMismatch.into());
        }
        count(attachments, row, row.received, at).await?;
    }
    Ok(at)
}

/// The next bytes; `None` at the end of the body, or if the connection broke or a newer upload
/// begins: then the received bytes are kept, and the phone asks for the offset.
async fn next(payload: &mut Payload, upload: &mut Upload) -> Result<Option<Bytes>, BodyRefused> {
    let chunk = tokio::select! {
        chunk = payload.next() => chunk,
        () = upload.superseded() => None,
    };
    match chunk {
        Some(Err(error)) => BodyRefused::of(&error).map_or(Ok(None), Err),
        Some(Ok(chunk)) => Ok(Some(chunk)),
        None => Ok(None),
    }
}

/// The refusal of bytes beyond the announced length.
fn beyond_the_end(row: &AttachmentRow) -> Problem {
    if row.complete {
        ProblemCode::AttachmentComplete.into()
    } else {
        Problem::too_large("", row.length)
    }
}

/// The offset behind the part at `at`.
fn end(at: i64, part: &[u8]) -> i64 {
    at.saturating_add(i64::try_from(part.len()).unwrap_or(i64::MAX))
}

/// Writes a part to the blob store; returns the offset behind it.
async fn put(
    attachments: &Attachments,
    key: &SealingKey,
    row: &AttachmentRow,
    at: i64,
    part: Vec<u8>,
) -> Result<i64, Problem> {
    let sealed = key.seal(&associated_data(row, at), &part)?;
    attachments.blobs.put(&parts::name(row, at), sealed).await?;
    Ok(end(at, &part))
}

/// Advances the offset from `from` to `to`.
async fn count(
    attachments: &Attachments,
    row: &AttachmentRow,
    from: i64,
    to: i64,
) -> Result<(), Problem> {
    let (district, row) = (row.district, row.clone());
    let counted = attachments
        .db
        .write(district, move |tx| store::advance(tx.write_unbatched(), &row, from, to));
    if counted.await? { Ok(()) } else { Err(ProblemCode::UploadOffset.into()) }
}

/// Completes an upload after its last byte: verifies the announced hash and type,
/// stores the whole file, and marks it complete. Idempotent.
///
/// # Errors
/// 422 on a mismatch; then the upload is deleted. 409 if the upload was deleted or a newer request
/// has begun meanwhile.
pub async fn finish(
    attachments: &Attachments,
    key: &SealingKey,
    principal: &Principal,
    row: &AttachmentRow,
) -> Result<(), Problem> {
    let _permit = attachments.uploads.verify().await;
    let bytes = whole(attachments, key, row).await?;
    if let Err(mismatch) = fits(row, &bytes) {
        deletion::delete_incomplete(&attachments.db, &attachments.blobs, row).await?;
        let error = FieldError::new("Upload-Metadata", mismatch);
        return Err(Problem::from(ProblemCode::Invalid).with(error));
    }
    store_whole(&attachments.blobs, key, row, &bytes).await?;
    mark_complete(attachments, principal, row).await?;
    Ok(attachments.blobs.clear(&parts::folder(row)).await?)
}

/// Stores the whole file, encrypted.
///
/// # Errors
/// 503 if the store is unavailable.
pub async fn store_whole(
    blobs: &BlobStore,
    key: &SealingKey,
    row: &AttachmentRow,
    bytes: &[u8],
) -> Result<(), Problem> {
    let sealed = key.seal(&associated_data(row, "whole"), bytes)?;
    Ok(blobs.put(&whole_name(row), sealed).await?)
}

/// The counted parts, one after another.
async fn whole(
    attachments: &Attachments,
    key: &SealingKey,
    row: &AttachmentRow,
) -> Result<Vec<u8>, Problem> {
    let names = parts::newest(&attachments.blobs, row).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(row.length).unwrap_or_default());
    let mut at = 0;
    while at < row.length {
        let name = names.get(&at);
        let name = name.ok_or_else(|| Problem::defect(format!("no part of {} at {at}", row.id)))?;
        let sealed = attachments.blobs.get(name).await?;
        let part = key.open(&associated_data(row, at), &sealed)?;
        at = end(at, &part);
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

fn fits(row: &AttachmentRow, bytes: &[u8]) -> Result<(), Mismatch> {
    if hex::encode(Hash::sha256(bytes)) != row.sha256 {
        return Err(Mismatch::Hash);
    }
    if row.media_type.is_of(bytes) { Ok(()) } else { Err(Mismatch::Type) }
}

/// The state of an upload whose content was verified.
enum Verified {
    Complete,
    /// A newer request has begun.
    Superseded,
    /// It was deleted; another one may have its id.
    Deleted,
}

/// Marks the upload complete, unless another request did.
async fn mark_complete(
    attachments: &Attachments,
    principal: &Principal,
    row: &AttachmentRow,
) -> Result<(), Problem> {
    let (verified, by) = (row.clone(), *principal);
    let marked = attachments.db.write(principal.district(), move |tx| {
        let row = &verified;
        let id = row.id.parse().map_err(Problem::defect)?;
        let there = store::row(tx.read_unbatched(), row.district, id)?;
        if there.is_none_or(|there| there.upload != row.upload) {
            return Ok(Verified::Deleted);
        }
        let area = owner::completed_in(tx, &by, row)?;
        if store::complete(tx.write_unbatched(), row)? {
            let mut body = row.owner()?.body();
            body["type"] = json!(row.media_type);
            body["length"] = json!(row.length);
            body["sha256"] = json!(row.sha256);
            let event = Event::new("attachment.add", Subject::Attachment, &row.id, area, 1);
            tx.record(event.by(by.person).with(body));
            return Ok(Verified::Complete);
        }
        let now = store::row(tx.read_unbatched(), row.district, id)?;
        let same = now.filter(|now| now.upload == row.upload);
        Ok::<_, Problem>(match same {
            Some(now) if now.complete => Verified::Complete,
            Some(_) => Verified::Superseded,
            None => Verified::Deleted,
        })
    });
    match marked.await? {
        Verified::Complete => Ok(()),
        Verified::Superseded => Err(ProblemCode::UploadOffset.into()),
        Verified::Deleted => {
            // No request can complete it any more.
            attachments.blobs.delete(&whole_name(row)).await?;
            Err(ProblemCode::NotFound.into())
        }
    }
}

/// Begins a request that sends bytes: from now on, no earlier request advances the offset. Deletes
/// what earlier requests stored behind the offset; returns the row.
///
/// # Errors
/// 404 if the upload was deleted; 503 if the store or the database is unavailable.
pub async fn begin(
    attachments: &Attachments,
    row: &AttachmentRow,
) -> Result<AttachmentRow, Problem> {
    let (district, id) = (row.district, row.id.clone());
    let fenced = attachments
        .db
        .write(district, move |tx| store::raise_fence(tx.write_unbatched(), district, &id));
    let row = fenced.await?.ok_or_else(Problem::not_found)?;
    if !row.complete {
        parts::delete_from(&attachments.blobs, &row, row.received).await?;
    }
    Ok(row)
}

/// The whole file, decrypted.
///
/// # Errors
/// 503 if the store is unavailable.
pub async fn open(
    attachments: &Attachments,
    key: &SealingKey,
    row: &AttachmentRow,
) -> Result<Vec<u8>, Problem> {
    let sealed = attachments.blobs.get(&whole_name(row)).await?;
    Ok(key.open(&associated_data(row, "whole"), &sealed)?)
}
