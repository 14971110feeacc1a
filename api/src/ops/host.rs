//! What the system grants this process: open files, space on the disk.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

/// How many files and connections this process may have open, after it raised its limit as a
/// server does; `None` if any number.
pub fn open_file_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// The free bytes for this user on the disk with `path`, which need not exist yet.
///
/// # Errors
/// If the system does not say.
pub fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let existing = path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(existing)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_of_a_missing_folder_is_that_of_the_folder_above() {
        let folder = tempfile::TempDir::new().expect("a folder");
        assert!(free_bytes(&folder.path().join("not/yet/made.db")).expect("a number") > 0);
        assert!(free_bytes(Path::new("made.db")).expect("a number") > 0);
    }
}
