//! Where the bytes lie: a folder, or an S3 bucket, sealed in either.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, RetryConfig};
use thiserror::Error;

/// How long a bucket that fails is tried again. A phone had better be told, since
/// what was acknowledged stays; one try itself waits 30 s for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the store did not do as asked.
#[derive(Debug, Error)]
pub enum BlobError {
    /// The folder cannot be made.
    #[error("{path}: {error}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The store's own error.
    #[error(transparent)]
    Store(#[from] object_store::Error),
}

/// Where attachments are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageLocation {
    /// A folder.
    Folder(PathBuf),
    /// A bucket and what the names in it begin with; credentials and region come
    /// from the usual `AWS_` variables.
    S3 {
        /// The bucket.
        bucket: String,
        /// May be empty.
        prefix: String,
    },
}

impl StorageLocation {
    /// Reads a setting: `s3://bucket/prefix`, or a folder.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix("s3://") {
            Some(rest) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                Self::S3 {
                    bucket: bucket.to_owned(),
                    prefix: prefix.trim_end_matches('/').to_owned(),
                }
            }
            None => Self::Folder(PathBuf::from(text)),
        }
    }

    /// Opens the store.
    ///
    /// # Errors
    /// When the folder cannot be made or the bucket's settings do not fit.
    pub fn open(&self) -> Result<BlobStore, BlobError> {
        let store: Arc<dyn ObjectStore> = match self {
            Self::Folder(path) => {
                std::fs::create_dir_all(path)
                    .map_err(|error| BlobError::Folder { path: path.clone(), error })?;
                // An acknowledged part is on disk.
                Arc::new(LocalFileSystem::new_with_prefix(path)?.with_fsync(true))
            }
            Self::S3 { bucket, prefix } => {
                let retry = RetryConfig { retry_timeout: PATIENCE, ..RetryConfig::default() };
                let bucket = AmazonS3Builder::from_env().with_bucket_name(bucket);
                let bucket = bucket.with_retry(retry).build()?;
                Arc::new(PrefixStore::new(bucket, prefix.as_str()))
            }
        };
        Ok(BlobStore(store))
    }
}

/// The store of attachments.
#[derive(Clone)]
pub struct BlobStore(Arc<dyn ObjectStore>);

impl BlobStore {
    /// Puts `bytes` under `name`, over whatever lay there.
    ///
    /// # Errors
    /// [`BlobError`]; what lay there before then stays.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), BlobError> {
        self.0.put(&Path::from(name), bytes.into()).await?;
        Ok(())
    }

    /// What lies under `name`.
    ///
    /// # Errors
    /// [`BlobError`]; also when nothing lies there.
    pub async fn get(&self, name: &str) -> Result<Vec<u8>, BlobError> {
        Ok(self.0.get(&Path::from(name)).await?.bytes().await?.to_vec())
    }

    /// Takes away all that lies in the folder `name`, if anything does.
    ///
    /// # Errors
    /// [`BlobError`]; some may be gone then.
    pub async fn clear(&self, name: &str) -> Result<(), BlobError> {
        let mut lying = self.0.list(Some(&Path::from(name)));
        while let Some(found) = lying.next().await {
            match self.0.delete(&found?.location).await {
                Err(object_store::Error::NotFound { .. }) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_told_from_a_folder() {
        let s3 = |bucket: &str, prefix: &str| StorageLocation::S3 {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        };
        assert_eq!(StorageLocation::parse("s3://photos/jiangjin/"), s3("photos", "jiangjin"));
        assert_eq!(StorageLocation::parse("s3://photos"), s3("photos", ""));
        assert_eq!(
            StorageLocation::parse("var/attachments"),
            StorageLocation::Folder(PathBuf::from("var/attachments"))
        );
    }
}
