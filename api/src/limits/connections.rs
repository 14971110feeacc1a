//! The number of connections, below the limit of open files.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use thiserror::Error;

/// Files besides connections: the database, logs, libraries, attachments in progress.
const FILES: u64 = 64;
/// Files of one reader of the database.
const FILES_PER_READER: u64 = 4;
/// The fewest connections that are of use.
const FEWEST: u64 = 16;

/// The limit of open files is too low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the limit of open files is {files}, but at least {needed} are needed (ulimit -n)")]
pub struct TooFewFiles {
    /// The limit.
    pub files: u64,
    /// The fewest that suffice.
    pub needed: u64,
}

/// The limits of open files and of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Open files.
    pub files: u64,
    /// Connections.
    pub count: usize,
}

impl Connections {
    /// Raises the limit of open files as far as the operating system permits; up to `most`
    /// connections fit beside the files of `readers` of the database.
    ///
    /// # Errors
    /// [`TooFewFiles`].
    pub fn raise(readers: usize, most: usize) -> Result<Self, TooFewFiles> {
        let maximum = getrlimit(Resource::Nofile).maximum;
        // If the system refuses, the present limit stays.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self::within(files, readers, most)
    }

    fn within(files: u64, readers: usize, most: usize) -> Result<Self, TooFewFiles> {
        let readers = u64::try_from(readers).unwrap_or(u64::MAX);
        let reserved = FILES.saturating_add(readers.saturating_mul(FILES_PER_READER));
        let rest = files.saturating_sub(reserved);
        if rest < FEWEST {
            return Err(TooFewFiles { files, needed: reserved + FEWEST });
        }
        let count = usize::try_from(rest).unwrap_or(usize::MAX).min(most);
        Ok(Self { files, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_stay_below_the_limit_of_files() {
        let count = |files| Connections::within(files, 4, 20_000).map(|fit| fit.count).ok();
        assert_eq!(count(1_024), Some(944));
        assert_eq!(count(1_000_000), Some(20_000));
        assert_eq!(count(96), Some(16));
        assert_eq!(count(95), None);
    }
}
