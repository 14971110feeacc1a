//! Deletes uploads that were announced and never finished, the documents of deleted cases, and bytes
//! without an upload, which an interrupted request or a crash leaves.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, JobError, RunFuture, Schedule};
use crate::attachment::blob_store::StorageLocation;
use crate::attachment::{deletion, expiration};

/// The number of uploads that are read at a time.
const BATCH: i64 = 200;

/// Deletes expired uploads.
pub struct ExpiredUploads {
    /// Where the attachments are stored.
    pub attachments: StorageLocation,
}

impl Job for ExpiredUploads {
    fn name(&self) -> &'static str {
        "expired_uploads"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Daily { hour: 4 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let failed = |error: Box<dyn std::error::Error + Send + Sync>| JobError::Other(error);
            let blobs = self.attachments.open().map_err(|error| failed(error.into()))?;
            let mut processed = 0;
            loop {
                let now = (context.clock)();
                let read = move |conn: &mut _| expiration::expired(conn, district, now, BATCH);
                let rows = context.db.read(read).await?;
                if rows.is_empty() {
                    break;
                }
                for row in &rows {
                    let deleted = deletion::delete_incomplete(&context.db, &blobs, row).await;
                    processed += usize::from(deleted.map_err(|error| failed(error.into()))?);
                }
            }
            loop {
                let deleted = deletion::delete_of_cases(&context.db, &blobs, district, BATCH).await;
                match deleted.map_err(|error| failed(error.into()))? {
                    0 => break,
                    deleted => processed += deleted,
                }
            }
            let unowned = deletion::delete_unowned(&context.db, &blobs, district).await;
            Ok(processed + unowned.map_err(|error| failed(error.into()))?)
        })
    }
}
