//! NDJSON: one JSON object per line, without the fields of empty cells.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use serde_json::{Map, Value};

use super::cell::{Cell, Column};
use super::error::ExportError;

/// An NDJSON file that is being written.
pub struct JsonLines {
    writer: BufWriter<File>,
    columns: &'static [Column],
}

impl JsonLines {
    /// Begins a file.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn new(columns: &'static [Column]) -> Result<Self, ExportError> {
        let writer = BufWriter::with_capacity(64 * 1024, tempfile::tempfile()?);
        Ok(Self { writer, columns })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), ExportError> {
        let fields = self.columns.iter().zip(cells);
        let fields =
            fields.filter_map(|(column, cell)| Some((column.field.to_owned(), cell.json()?)));
        let line: Map<String, Value> = fields.collect();
        serde_json::to_writer(&mut self.writer, &line)
            .map_err(|error| ExportError::Unwritable(error.to_string()))?;
        self.writer.write_all(b"\n")?;
        Ok(())
    }

    /// The complete file.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn finish(self) -> Result<File, ExportError> {
        self.writer.into_inner().map_err(|error| ExportError::Io(error.into_error()))
    }
}
