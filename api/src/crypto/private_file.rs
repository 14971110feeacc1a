//! Files that contain a secret: only their owner may read them.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use thiserror::Error;

/// Why a private file is not used.
#[derive(Debug, Error)]
pub enum PrivateFileError {
    /// The file cannot be read or created.
    #[error("the file {} cannot be used: {reason}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: std::io::Error,
    },
    /// Other users may read the file.
    #[error(
        "the file {} can be read by other users (mode {mode:04o}): run `chmod 600 {}`, and replace \
         the secret in it if one of them may have read it",
        .path.display(), .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

/// The text in the file at `path`; `None` if there is no file.
///
/// # Errors
/// [`PrivateFileError`].
pub fn read(path: &Path) -> Result<Option<String>, PrivateFileError> {
    let failed = |reason| PrivateFileError::Io { path: path.to_owned(), reason };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Of the open file, so that it is the one that is read.
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & forbidden_for(metadata.uid()) != 0 {
        return Err(PrivateFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}

/// The permissions that a file of this owner must not have. The group may read a file of root, as
/// orchestrators mount secrets.
const fn forbidden_for(owner: u32) -> u32 {
    if owner == 0 { 0o037 } else { 0o077 }
}

/// Creates a file that only its owner can read; an existing file stays. The file appears whole and
/// durable, so that neither another process nor a power failure sees a part of it.
///
/// # Errors
/// [`PrivateFileError::Io`].
pub fn create(path: &Path, text: &str) -> Result<(), PrivateFileError> {
    let failed = |reason| PrivateFileError::Io { path: path.to_owned(), reason };
    // The folder of a name alone is the current one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        Err(kept) if kept.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(kept) => Err(failed(kept.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_may_read_a_private_file_and_a_group_if_it_is_roots() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("key");
        assert!(matches!(read(&path), Ok(None)));
        create(&path, "secret").expect("a file");
        create(&path, "another").expect("it stays");
        assert_eq!(read(&path).expect("private"), Some("secret".to_owned()));
        for (mode, private) in [(0o600, true), (0o400, true), (0o644, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
            assert_eq!(read(&path).is_ok(), private, "{mode:o}");
        }
        assert_eq!((forbidden_for(0) & 0o440, forbidden_for(1000) & 0o440), (0, 0o040));
    }
}
