//! Receives the files of an import into a private folder.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use actix_multipart::{Field, Multipart, MultipartError};
use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt as _;
use tempfile::TempDir;

use super::model::ImportFile;
use super::workbook::{WorkbookError, check_size};
use super::{FILES, WORKBOOKS};
use crate::http::body_limits::BodyRefused;
use crate::http::problem::{Problem, ProblemCode};

/// The maximum size of all files of an import in bytes: four times a district.
pub const LARGEST: u64 = 64 * 1024 * 1024;

/// The first bytes of a ZIP archive, such as an XLSX file.
const ZIP: &[u8] = b"PK\x03\x04";

/// The files of an import, deleted with this value.
pub(super) struct Received {
    /// The private folder.
    pub(super) folder: TempDir,
    /// The files in it.
    pub(super) files: Vec<ImportFile>,
}

/// Writes the files of a form to a new folder. The field names the kind of file, such as
/// `people`; the content decides its format.
///
/// # Errors
/// 422 for a field that names no kind of file or one twice, for a form without files and for a
/// damaged workbook; 413 for files beyond [`LARGEST`] and workbooks that expand beyond the limit;
/// 408 or 429 for bytes that come too slowly.
pub(super) async fn receive(mut form: Multipart) -> Result<Received, Problem> {
    // Only the owner may read the folder: `tempdir` creates it with mode 0700.
    let folder = tempfile::tempdir().map_err(Problem::service_unavailable)?;
    let mut files: Vec<ImportFile> = Vec::new();
    let mut left = LARGEST;
    while let Some(field) = form.try_next().await.map_err(interrupted)? {
        let place = place_of(&field)?;
        if files.iter().any(|file| file.name.starts_with(stem(FILES[place]))) {
            return Err(Problem::invalid(&format!("/{}", stem(FILES[place])), "was sent twice"));
        }
        files.push(write(field, place, folder.path().to_owned(), &mut left).await?);
    }
    if files.is_empty() {
        return Err(Problem::invalid("", "must contain a file, such as people"));
    }
    Ok(Received { folder, files })
}

/// The position in [`FILES`] of the file that the field names.
fn place_of(field: &Field) -> Result<usize, Problem> {
    let name = field.name().unwrap_or_default();
    FILES.iter().position(|file| stem(file) == name).ok_or_else(|| {
        let kinds: Vec<&str> = FILES.iter().map(|file| stem(file)).collect();
        Problem::invalid("", format!("each field must be one of: {}", kinds.join(", ")))
    })
}

fn stem(file: &str) -> &str {
    file.split_once('.').map_or(file, |(stem, _)| stem)
}

/// Writes the content of a field to a file, named by its format.
async fn write(
    mut field: Field,
    place: usize,
    folder: PathBuf,
    left: &mut u64,
) -> Result<ImportFile, Problem> {
    let (mut file, mut name) = (None, FILES[place]);
    let (mut hash, mut bytes) = (Context::new(&SHA256), 0);
    while let Some(chunk) = field.try_next().await.map_err(interrupted)? {
        let length = chunk.len() as u64;
        *left = left.checked_sub(length).ok_or(ProblemCode::TooLarge)?;
        bytes += length;
        hash.update(&chunk);
        let mut open = if let Some(open) = file.take() {
            open
        } else {
            if chunk.starts_with(ZIP) {
                name = WORKBOOKS[place]
                    .ok_or_else(|| Problem::invalid("/grids", "must be a GeoJSON file"))?;
            }
            File::create_new(folder.join(name)).map_err(Problem::service_unavailable)?
        };
        // Disks may be slow, and the threads of the server must not wait for them.
        let written = actix_web::web::block(move || open.write_all(&chunk).map(|()| open)).await;
        let written = written.unwrap_or_else(|_| Err(io::Error::other("the server stops")));
        file = Some(written.map_err(Problem::service_unavailable)?);
    }
    if file.is_none() {
        File::create_new(folder.join(name)).map_err(Problem::service_unavailable)?;
    }
    if WORKBOOKS.contains(&Some(name)) {
        check_workbook(folder.join(name), place).await?;
    }
    let sha256 = hex::encode(hash.finish());
    Ok(ImportFile { name: name.to_owned(), bytes, sha256 })
}

/// Refuses a file that is no workbook, or expands beyond the limit.
async fn check_workbook(path: PathBuf, place: usize) -> Result<(), Problem> {
    let checked = actix_web::web::block(move || check_size(&mut File::open(path)?)).await;
    match checked.unwrap_or_else(|_| Err(io::Error::other("the server stops").into())) {
        Ok(()) => Ok(()),
        Err(WorkbookError::TooLarge) => Err(ProblemCode::TooLarge.into()),
        Err(WorkbookError::Io(error)) => Err(Problem::service_unavailable(error)),
        Err(error @ WorkbookError::NotWorkbook) => {
            Err(Problem::invalid(&format!("/{}", stem(FILES[place])), error))
        }
    }
}

/// The problem of a form that is malformed or ended early.
fn interrupted(error: MultipartError) -> Problem {
    match &error {
        MultipartError::Payload(error) => {
            BodyRefused::of(error).map_or_else(|| ProblemCode::BadRequest.into(), Problem::from)
        }
        _ => ProblemCode::BadRequest.into(),
    }
}
