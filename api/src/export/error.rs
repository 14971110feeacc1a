//! Why an export fails.

use std::io;

use thiserror::Error;

use crate::http::problem::Problem;

/// Why a file could not be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The format has room for fewer rows.
    #[error("must be csv or ndjson: a sheet of XLSX has at most {0} rows below its headings")]
    TooManyRows(u32),
    /// The temporary file.
    #[error("the temporary file of an export: {0}")]
    Io(#[from] io::Error),
    /// A value that the format cannot express; a defect.
    #[error("the file of an export: {0}")]
    Unwritable(String),
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::TooManyRows(_) => Self::unreadable("format", error),
            ExportError::Io(error) => Self::service_unavailable(error),
            ExportError::Unwritable(_) => Self::defect(error),
        }
    }
}
