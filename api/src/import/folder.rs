//! The folder of an import: its files, read with progress.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use super::{FILES, ImportError, Progress, REQUIRED};

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// A folder with all required files.
pub(super) struct Folder<'a> {
    dir: &'a Path,
    /// Bytes of each of [`FILES`]; none if it is absent.
    sizes: [Option<u64>; FILES.len()],
    progress: &'a mut dyn FnMut(Progress),
}

/// The bytes of a file, without a byte order mark.
pub(super) type Source<'a> = BufReader<Counted<'a>>;

impl<'a> Folder<'a> {
    /// Finds the files.
    pub(super) fn look(
        dir: &'a Path,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Result<Self, ImportError> {
        let mut sizes = [None; FILES.len()];
        for (size, file) in sizes.iter_mut().zip(FILES) {
            *size = match std::fs::metadata(dir.join(file)) {
                Ok(found) => Some(found.len()),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(ImportError::Unreadable { file, error }),
            };
        }
        let folder = Self { dir, sizes, progress };
        let mut files = folder.absent();
        files.retain(|file| FILES[..REQUIRED].contains(file));
        if files.is_empty() {
            Ok(folder)
        } else {
            Err(ImportError::Missing { dir: dir.to_owned(), files })
        }
    }

    /// The absent files.
    pub(super) fn absent(&self) -> Vec<&'static str> {
        let files = FILES.into_iter().zip(self.sizes);
        files.filter(|(_, size)| size.is_none()).map(|(file, _)| file).collect()
    }

    /// Opens one of [`FILES`]; none if it is absent.
    pub(super) fn open(&mut self, file: &'static str) -> Result<Option<Source<'_>>, ImportError> {
        let place = FILES.iter().position(|known| *known == file).unwrap_or(FILES.len());
        let Some(Some(_)) = self.sizes.get(place) else { return Ok(None) };
        let unreadable = |error| ImportError::Unreadable { file, error };
        let counted = Counted {
            inner: File::open(self.dir.join(file)).map_err(unreadable)?,
            step: Progress {
                file,
                bytes_read: self.sizes[..place].iter().flatten().sum(),
                bytes_total: self.sizes.iter().flatten().sum(),
            },
            progress: &mut *self.progress,
        };
        let mut source = BufReader::with_capacity(CHUNK, counted);
        if source.fill_buf().map_err(unreadable)?.starts_with(b"\xef\xbb\xbf") {
            source.consume(3);
        }
        Ok(Some(source))
    }
}

/// A file that reports the reading progress.
pub(super) struct Counted<'a> {
    inner: File,
    step: Progress,
    progress: &'a mut dyn FnMut(Progress),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count > 0 {
            self.step.bytes_read += count as u64;
            (self.progress)(self.step);
        }
        Ok(count)
    }
}
