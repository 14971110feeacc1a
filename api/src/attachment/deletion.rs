//! Deletes incomplete uploads, the row first and then the bytes, which no other upload uses, and the documents
//! of deleted cases, the bytes first.

use gridward_domain::area::AreaCode;

use super::blob_store::BlobStore;
use super::parts;
use super::receive::whole_name;
use super::store::{self, AttachmentRow};
use crate::http::problem::Problem;
use crate::tx::Db;

/// Characters of the id of an attachment.
const UUID_LENGTH: usize = 36;

/// Deletes an incomplete upload, then its bytes; returns whether it was still there and was not
/// announced again since `row` was read. A job deletes bytes that a crash in between leaves.
///
/// # Errors
/// 503 if the store or the database is unavailable.
pub async fn delete_incomplete(
    db: &Db,
    blobs: &BlobStore,
    row: &AttachmentRow,
) -> Result<bool, Problem> {
    let (district, old) = (row.district, row.clone());
    let forgotten = db.write(district, move |tx| store::forget(tx.write_unbatched(), &old));
    if !forgotten.await? {
        return Ok(false);
    }
    // A request that was refused as the last one may have stored the whole file.
    blobs.delete(&whole_name(row)).await?;
    blobs.clear(&parts::folder(row)).await?;
    Ok(true)
}

/// Deletes up to `limit` documents of cases that were deleted; returns their number. The bytes go first
/// here: a case that is gone shows them no more, and a crash leaves the row for the next run.
///
/// # Errors
/// 503 if the store or the database is unavailable.
pub async fn delete_of_cases(
    db: &Db,
    blobs: &BlobStore,
    district: AreaCode,
    limit: i64,
) -> Result<usize, Problem> {
    let rows = db.read(move |conn| store::of_deleted_cases(conn, district, limit)).await?;
    let count = rows.len();
    for row in rows {
        blobs.delete(&whole_name(&row)).await?;
        blobs.clear(&parts::folder(&row)).await?;
        db.write(district, move |tx| store::delete(tx.write_unbatched(), &row)).await?;
    }
    Ok(count)
}

/// Deletes parts without an incomplete upload; returns the number of their folders. A part is
/// written after its upload's row, and a deleted upload's name is never used again.
///
/// # Errors
/// 503 if the store or the database is unavailable.
pub async fn delete_unowned(
    db: &Db,
    blobs: &BlobStore,
    district: AreaCode,
) -> Result<usize, Problem> {
    let mut deleted = 0;
    let all = parts::of_district(district);
    for name in blobs.folders(&all).await? {
        let id = name.get(..UUID_LENGTH).and_then(|id| id.parse().ok());
        let row = match id {
            Some(id) => db.read(move |conn| store::row(conn, district, id)).await?,
            None => None,
        };
        if row.is_some_and(|row| !row.complete && row.blob_name() == name) {
            continue;
        }
        // A folder of the file system stays when its last file is deleted.
        let folder = format!("{all}/{name}");
        if !blobs.names(&folder).await?.is_empty() {
            blobs.clear(&folder).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}
