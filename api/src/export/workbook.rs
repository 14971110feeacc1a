//! XLSX, written row by row: a row is in the file before the next one begins.

use std::fs::File;
use std::io::BufWriter;

use rust_xlsxwriter::{ColNum, ExcelDateTime, Format, RowNum, Workbook, Worksheet, XlsxError};

use super::cell::{Cell, Column};
use super::error::ExportError;
use super::words;
use crate::http::problem::answer::Language;

/// The rows of a sheet without the headings.
const MOST_ROWS: u32 = 1_048_575;

/// The width of a column, in characters.
const WIDTH: f64 = 16.0;

/// A sheet that is being written.
pub struct Sheet {
    workbook: Workbook,
    rows: RowNum,
    language: Language,
    day: Format,
}

impl Sheet {
    /// Begins a sheet with the headings, which stay in sight.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn new(columns: &[Column], language: Language) -> Result<Self, ExportError> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_freeze_panes(1, 0)?;
        let heading = Format::new().set_bold();
        for (at, column) in (0..).zip(columns) {
            sheet.set_column_width(at, WIDTH)?;
            sheet.write_string_with_format(0, at, words::heading(column, language), &heading)?;
        }
        let day = Format::new().set_num_format("yyyy-mm-dd");
        Ok(Self { workbook, rows: 0, language, day })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), ExportError> {
        if self.rows == MOST_ROWS {
            return Err(ExportError::TooManyRows(MOST_ROWS));
        }
        self.rows += 1;
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (at, cell) in (0..).zip(cells) {
            write(sheet, (self.rows, at), cell, &self.day, self.language)?;
        }
        Ok(())
    }

    /// The complete file.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn finish(mut self) -> Result<File, ExportError> {
        let mut file = BufWriter::with_capacity(64 * 1024, tempfile::tempfile()?);
        self.workbook.save_to_writer(&mut file)?;
        file.into_inner().map_err(|error| ExportError::Io(error.into_error()))
    }
}

/// Writes a cell. A text is written as one, so that no program runs it as a formula.
fn write(
    sheet: &mut Worksheet,
    (row, column): (RowNum, ColNum),
    cell: &Cell,
    day: &Format,
    language: Language,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => sheet.write_string(row, column, text)?,
        Cell::Number(number) => match i32::try_from(*number) {
            Ok(number) => sheet.write_number(row, column, number)?,
            Err(_) => sheet.write_string(row, column, number.to_string())?,
        },
        Cell::Flag(flag) => sheet.write_string(row, column, words::flag(*flag, language))?,
        Cell::Day(value) => match ExcelDateTime::parse_from_str(&value.to_string()) {
            Ok(date) => sheet.write_datetime_with_format(row, column, &date, day)?,
            // Before 1900 there are no days in a sheet.
            Err(_) => sheet.write_string(row, column, value.to_string())?,
        },
        Cell::Time(time) => sheet.write_string(row, column, words::time(time))?,
        Cell::Word(word) => sheet.write_string(row, column, &word.label)?,
        Cell::Words(several) => sheet.write_string(row, column, words::joined(several))?,
    };
    Ok(())
}

impl From<XlsxError> for ExportError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::IoError(error) => Self::Io(error),
            other => Self::Unwritable(other.to_string()),
        }
    }
}
