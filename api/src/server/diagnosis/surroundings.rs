//! Checks of the machine: permissions of the database file, open files, space on the disk.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::super::settings::Settings;
use super::finding::Finding;
use crate::attachment::blob_store::StorageLocation;
use crate::ops::host;

/// Open files that a district of phones needs: one for each connection.
const MANY_FILES: u64 = 4096;
/// Open files below which a few hundred connections stop the server.
const FEW_FILES: u64 = 1024;
/// Free space that lasts for a while.
const MUCH_SPACE: u64 = 1 << 30;
/// Free space below which writes soon fail.
const LITTLE_SPACE: u64 = 100 << 20;

/// Examines the machine.
pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let file = settings.database.file().and_then(permissions);
    let disk = folder(settings).map(|folder| disk(&folder));
    file.into_iter().chain([open_files(host::open_file_limit())]).chain(disk).collect()
}

/// The permissions of the group and of all other users.
const OTHERS: u32 = 0o077;

/// Whether only its owner can read the database file; `None` if there is no file.
fn permissions(file: &Path) -> Option<Finding> {
    let mode = file.metadata().ok()?.permissions().mode() & 0o777;
    let (subject, path) = ("permissions", file.display());
    Some(if mode & OTHERS == 0 {
        Finding::good(subject, "only the owner can read the database")
    } else {
        let text = format!("other users can read {path} (mode {mode:04o})");
        Finding::warning(subject, text, format!("chmod go= {path}*"))
    })
}

fn open_files(limit: Option<u64>) -> Finding {
    let (subject, next) = ("files", format!("ulimit -n {}", 16 * MANY_FILES));
    let few = |limit| format!("only {limit} may be open, and each connection is one");
    match limit {
        None => Finding::good(subject, "any number may be open"),
        Some(limit) if limit >= MANY_FILES => {
            Finding::good(subject, format!("{limit} may be open"))
        }
        Some(limit) if limit >= FEW_FILES => Finding::warning(subject, few(limit), next),
        Some(limit) => Finding::failed(subject, few(limit), next),
    }
}

/// The folder that grows: that of the SQLite file, else that of attachments.
fn folder(settings: &Settings) -> Option<PathBuf> {
    match (settings.database.file().and_then(Path::parent), &settings.attachments) {
        (Some(folder), _) => Some(folder.to_owned()),
        (None, StorageLocation::Folder(folder)) => Some(folder.clone()),
        (None, StorageLocation::S3 { .. }) => None,
    }
}

fn disk(folder: &Path) -> Finding {
    let (subject, next) = ("disk", format!("df -h {}", folder.display()));
    let free = match host::free_bytes(folder) {
        Ok(free) => free,
        Err(error) => return Finding::warning(subject, error, next),
    };
    let text = format!("{} MiB free", free >> 20);
    match free {
        MUCH_SPACE.. => Finding::good(subject, text),
        LITTLE_SPACE.. => Finding::warning(subject, text, next),
        _ => Finding::failed(subject, text, next),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn few_open_files_are_a_fault() {
        for (limit, status) in [
            (None, Status::Good),
            (Some(65_536), Status::Good),
            (Some(1_024), Status::Warning),
            (Some(256), Status::Failed),
        ] {
            assert_eq!(open_files(limit).status, status, "{limit:?}");
        }
    }
}
