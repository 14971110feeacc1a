//! The stored parts of an incomplete upload, named by offset and fence.
//!
//! A request that sends bytes writes under its own fence, behind the offset at its beginning, so a
//! late one never overwrites a part that was counted since: of the parts at one offset, the one with
//! the highest fence is the counted one. Parts of earlier versions have no fence.

use std::collections::BTreeMap;

use gridward_domain::area::AreaCode;

use super::blob_store::{BlobError, BlobStore};
use super::store::AttachmentRow;

/// The folder of all parts of a district.
pub fn of_district(district: AreaCode) -> String {
    format!("parts/{district}")
}

/// The folder of the upload's parts.
pub fn folder(row: &AttachmentRow) -> String {
    format!("{}/{}", of_district(row.district), row.blob_name())
}

/// The name of the part at `offset` that a request with the fence of `row` writes.
pub fn name(row: &AttachmentRow, offset: i64) -> String {
    format!("{}/{offset:012}-{:020}", folder(row), row.fence)
}

/// The offset in the name of a part, without its folder.
fn offset(name: &str) -> Option<i64> {
    name.split_once('-').map_or(name, |(offset, _)| offset).parse().ok()
}

/// The part with the highest fence at each offset.
///
/// # Errors
/// [`BlobError`].
pub async fn newest(
    blobs: &BlobStore,
    row: &AttachmentRow,
) -> Result<BTreeMap<i64, String>, BlobError> {
    let folder = folder(row);
    let names = blobs.names(&folder).await?;
    // In the order of offsets and fences, so that the last one of an offset stays.
    let parts = names.iter().filter_map(|name| Some((offset(name)?, format!("{folder}/{name}"))));
    Ok(parts.collect())
}

/// Deletes the parts at `from` and behind.
///
/// # Errors
/// [`BlobError`]; some may already be deleted.
pub async fn delete_from(
    blobs: &BlobStore,
    row: &AttachmentRow,
    from: i64,
) -> Result<(), BlobError> {
    let folder = folder(row);
    for name in blobs.names(&folder).await? {
        if offset(&name).is_some_and(|offset| offset >= from) {
            blobs.delete(&format!("{folder}/{name}")).await?;
        }
    }
    Ok(())
}
