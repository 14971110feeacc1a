//! The folder of an import: its files, read with progress.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::text::{self, Source};
use super::workbook::{Workbook, WorkbookError};
use super::{FILES, Headings, ImportError, Options, Progress, REQUIRED, WORKBOOKS};

/// The files of a folder, each in one of its formats.
pub(super) struct Folder<'a> {
    dir: &'a Path,
    /// The file found for each of [`FILES`].
    found: [Option<Found>; FILES.len()],
    options: Options<'a>,
    progress: &'a mut dyn FnMut(Progress),
}

/// A file of the folder.
#[derive(Clone, Copy)]
struct Found {
    /// Its name: one of [`FILES`] or [`WORKBOOKS`].
    name: &'static str,
    bytes: u64,
}

/// An open file with a table.
pub(super) enum TableFile<'a> {
    /// A CSV file.
    Text(Source<'a>),
    /// An XLSX file.
    Workbook(Box<Workbook>),
}

impl<'a> Folder<'a> {
    /// Finds the files.
    pub(super) fn look(
        dir: &'a Path,
        options: Options<'a>,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Result<Self, ImportError> {
        let mut found = [None; FILES.len()];
        for (found, (file, workbook)) in found.iter_mut().zip(FILES.into_iter().zip(WORKBOOKS)) {
            *found = look_up(dir, file)?;
            let other = workbook.map(|name| look_up(dir, name)).transpose()?.flatten();
            if found.is_some() && other.is_some() {
                return Err(ImportError::TwoFormats { file });
            }
            *found = found.or(other);
        }
        let folder = Self { dir, found, options, progress };
        let mut files = folder.absent();
        if !folder.is_partial() {
            files.retain(|file| FILES[..REQUIRED].contains(file));
        } else if files.len() < FILES.len() {
            files.clear();
        }
        if files.is_empty() {
            Ok(folder)
        } else {
            Err(ImportError::Missing { dir: dir.to_owned(), files })
        }
    }

    /// Whether the files may contain only a part of the district, since it exists.
    pub(super) const fn is_partial(&self) -> bool {
        self.options.existing.district.is_some()
    }

    /// The names of columns that the district has agreed on.
    pub(super) const fn headings(&self) -> &'a Headings {
        self.options.headings
    }

    /// Those of [`FILES`] that are absent in every format.
    pub(super) fn absent(&self) -> Vec<&'static str> {
        let files = FILES.into_iter().zip(self.found);
        files.filter(|(_, found)| found.is_none()).map(|(file, _)| file).collect()
    }

    /// Opens one of [`FILES`] as text; none if it is absent.
    pub(super) fn open(&mut self, file: &'static str) -> Result<Option<Source<'_>>, ImportError> {
        match self.open_table(file)? {
            Some((_, TableFile::Text(source))) => Ok(Some(source)),
            _ => Ok(None),
        }
    }

    /// Opens one of [`FILES`] in any format, and answers its name; none if it is absent.
    pub(super) fn open_table(
        &mut self,
        file: &'static str,
    ) -> Result<Option<(&'static str, TableFile<'_>)>, ImportError> {
        let place = FILES.iter().position(|known| *known == file).unwrap_or(FILES.len());
        let Some(Some(Found { name, bytes })) = self.found.get(place).copied() else {
            return Ok(None);
        };
        let unreadable = |error| ImportError::Unreadable { file: name, error };
        let mut opened = File::open(self.dir.join(name)).map_err(unreadable)?;
        let size = |found: &Option<Found>| found.map_or(0, |found| found.bytes);
        let mut step = Progress {
            file: name,
            bytes_read: self.found[..place].iter().map(size).sum(),
            bytes_total: self.found.iter().map(size).sum(),
        };
        if WORKBOOKS.contains(&Some(name)) {
            let workbook = Workbook::open(opened).map_err(|error| in_workbook(name, error))?;
            step.bytes_read += bytes;
            (self.progress)(step);
            return Ok(Some((name, TableFile::Workbook(Box::new(workbook)))));
        }
        let gb18030 = text::is_gb18030(&mut opened).map_err(unreadable)?;
        let counted = Counted { inner: opened, step, progress: &mut *self.progress };
        let source = text::decode(counted, gb18030).map_err(unreadable)?;
        Ok(Some((name, TableFile::Text(source))))
    }
}

/// The error of a workbook by its file.
pub(super) fn in_workbook(file: &'static str, error: WorkbookError) -> ImportError {
    match error {
        WorkbookError::Io(error) => ImportError::Unreadable { file, error },
        error => ImportError::Workbook { file, error },
    }
}

/// The size of a file; none if it is absent.
fn look_up(dir: &Path, name: &'static str) -> Result<Option<Found>, ImportError> {
    match std::fs::metadata(dir.join(name)) {
        Ok(found) => Ok(Some(Found { name, bytes: found.len() })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ImportError::Unreadable { file: name, error }),
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
