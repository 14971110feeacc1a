//! Writes rows to a file in a format.

use std::fs::File;

use super::cell::{Cell, Column};
use super::csv_file::CsvFile;
use super::error::ExportError;
use super::format::Format;
use super::json_lines::JsonLines;
use super::workbook::Sheet;
use crate::http::problem::answer::Language;

/// Writes rows in one of the formats.
pub enum Encoder {
    /// CSV.
    Csv(Box<CsvFile>),
    /// XLSX.
    Xlsx(Box<Sheet>),
    /// NDJSON.
    Ndjson(JsonLines),
}

impl Encoder {
    /// Begins a file with these columns.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn new(
        format: Format,
        columns: &'static [Column],
        language: Language,
    ) -> Result<Self, ExportError> {
        Ok(match format {
            Format::Csv => Self::Csv(Box::new(CsvFile::new(columns, language)?)),
            Format::Xlsx => Self::Xlsx(Box::new(Sheet::new(columns, language)?)),
            Format::Ndjson => Self::Ndjson(JsonLines::new(columns)?),
        })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), ExportError> {
        match self {
            Self::Csv(file) => file.row(cells),
            Self::Xlsx(sheet) => sheet.row(cells),
            Self::Ndjson(lines) => lines.row(cells),
        }
    }

    /// The complete file.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn finish(self) -> Result<File, ExportError> {
        match self {
            Self::Csv(file) => file.finish(),
            Self::Xlsx(sheet) => sheet.finish(),
            Self::Ndjson(lines) => lines.finish(),
        }
    }
}
