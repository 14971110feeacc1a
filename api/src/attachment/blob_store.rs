//! Storage of encrypted bytes: a folder or an S3 bucket.

use std::collections::BTreeSet;
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

/// Total time of retries against a failing bucket. It is short because a phone can
/// resume after an error; a single attempt waits 30 s for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An error of the blob store.
#[derive(Debug, Error)]
pub enum BlobError {
    /// The folder cannot be created.
    #[error("{path}: {error}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The error of the storage backend.
    #[error(transparent)]
    Store(#[from] object_store::Error),
}

/// The storage location of attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageLocation {
    /// A folder.
    Folder(PathBuf),
    /// A bucket and a key prefix; credentials and region come from the usual `AWS_`
    /// variables.
    S3 {
        /// The bucket.
        bucket: String,
        /// The key prefix; may be empty.
        prefix: String,
    },
}

impl StorageLocation {
    /// Parses a setting: `s3://bucket/prefix`, or a folder.
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
    /// If the folder cannot be created or the bucket's settings are invalid.
    pub fn open(&self) -> Result<BlobStore, BlobError> {
        let store: Arc<dyn ObjectStore> = match self {
            Self::Folder(path) => {
                std::fs::create_dir_all(path)
                    .map_err(|error| BlobError::Folder { path: path.clone(), error })?;
                // An acknowledged part is on disk.
                Arc::new(LocalFileSystem::new_with_prefix(path)?.with_fsync(true))
            }
            Self::S3 { bucket, prefix } => {
                let retry = RetryConfig { retry_timeout: TIMEOUT, ..RetryConfig::default() };
                let bucket = AmazonS3Builder::from_env().with_bucket_name(bucket);
                let bucket = bucket.with_retry(retry).build()?;
                Arc::new(PrefixStore::new(bucket, prefix.as_str()))
            }
        };
        Ok(BlobStore(store))
    }
}

/// The blob store of attachments.
#[derive(Clone)]
pub struct BlobStore(Arc<dyn ObjectStore>);

impl BlobStore {
    /// Stores `bytes` under `name` and replaces an existing object.
    ///
    /// # Errors
    /// [`BlobError`]; an existing object then remains.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), BlobError> {
        self.0.put(&Path::from(name), bytes.into()).await?;
        Ok(())
    }

    /// The object `name`.
    ///
    /// # Errors
    /// [`BlobError`]; also if it does not exist.
    pub async fn get(&self, name: &str) -> Result<Vec<u8>, BlobError> {
        Ok(self.0.get(&Path::from(name)).await?.bytes().await?.to_vec())
    }

    /// The names of the objects in the folder `name`, without the folder, in their order.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn names(&self, name: &str) -> Result<BTreeSet<String>, BlobError> {
        let mut names = BTreeSet::new();
        let mut objects = self.0.list(Some(&Path::from(name)));
        while let Some(found) = objects.next().await {
            names.extend(found?.location.filename().map(str::to_owned));
        }
        Ok(names)
    }

    /// The names of the folders in the folder `name`.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn folders(&self, name: &str) -> Result<BTreeSet<String>, BlobError> {
        let listed = self.0.list_with_delimiter(Some(&Path::from(name))).await?;
        let names = listed.common_prefixes.iter().filter_map(Path::filename);
        Ok(names.map(str::to_owned).collect())
    }

    /// Deletes the object `name`, if it exists.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn delete(&self, name: &str) -> Result<(), BlobError> {
        self.delete_at(&Path::from(name)).await
    }

    /// Deletes all objects under the prefix `name`.
    ///
    /// # Errors
    /// [`BlobError`]; some objects may already be deleted.
    pub async fn clear(&self, name: &str) -> Result<(), BlobError> {
        let mut objects = self.0.list(Some(&Path::from(name)));
        while let Some(found) = objects.next().await {
            self.delete_at(&found?.location).await?;
        }
        Ok(())
    }

    async fn delete_at(&self, path: &Path) -> Result<(), BlobError> {
        match self.0.delete(path).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_distinguished_from_a_folder() {
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
