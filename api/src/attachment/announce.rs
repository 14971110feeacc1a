//! Creates an attachment's row before the upload of its bytes.

use gridward_domain::authority::Principal;
use uuid::Uuid;

use super::metadata::Metadata;
use super::store::{self, AttachmentRow};
use super::{expiration, owner};
use crate::http::problem::{Problem, ProblemCode};
use crate::limits::DailyQuota;
use crate::tx::Tx;

/// The result of announcing an attachment.
pub(super) enum Announced {
    /// The attachment's row.
    As(AttachmentRow),
    /// An older upload must be deleted first.
    NeedsRoom(AttachmentRow),
}

/// Announces an attachment of a task or a case to which the caller may add one.
///
/// # Errors
/// 403, 404, 409 for an id that names another attachment, 413, 429, and the database's.
pub(super) fn announce(
    tx: &mut Tx<'_>,
    principal: &Principal,
    metadata: &Metadata,
    length: i64,
) -> Result<Announced, Problem> {
    owner::check(tx, principal, metadata)?;
    let me = principal.person;
    let row = AttachmentRow {
        district: principal.district(),
        id: metadata.id.to_string(),
        task: metadata.owner.task(),
        person: me,
        media_type: metadata.media_type,
        length,
        received: 0,
        sha256: metadata.sha256.clone(),
        complete: false,
        created_at: tx.now.naive_utc(),
        fence: 0,
        upload: Uuid::new_v4().simple().to_string(),
        case_id: metadata.owner.case(),
        document: metadata.document.clone(),
    };
    if let Some(known) = store::row(tx.read_unbatched(), principal.district(), metadata.id)? {
        let AttachmentRow { received, complete, created_at, fence, upload, .. } = known.clone();
        let again = AttachmentRow { received, complete, created_at, fence, upload, ..row.clone() };
        if known == again {
            let now = tx.now;
            expiration::renew(tx.write_unbatched(), &known, now)?;
            return Ok(Announced::As(AttachmentRow { created_at: row.created_at, ..known }));
        }
        if expiration::is_expired(&known, tx.now) {
            return Ok(Announced::NeedsRoom(known));
        }
        return Err(ProblemCode::AttachmentKnown.into());
    }
    let largest = metadata.media_type.largest();
    if length > largest {
        return Err(Problem::too_large("Upload-Length", largest));
    }
    if let Some(old) = expiration::eviction_candidate(tx.read_unbatched(), &row)? {
        return Ok(Announced::NeedsRoom(old));
    }
    DailyQuota::Attachments.take(tx, principal)?;
    store::insert(tx.write_unbatched(), &row)?;
    Ok(Announced::As(row))
}
