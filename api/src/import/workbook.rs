//! The first sheet of an XLSX file as rows of text.
//!
//! A number of at most 15 digits is written as digits, as a spreadsheet shows it; a longer one
//! lost digits when it was entered, so it is written with an exponent, and every column of
//! digits refuses it. A day is written as `2026-08-01`. A formula counts as its stored result.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use calamine::{DataRef, Dimensions, Reader, Xlsx, XlsxCellReader, XlsxError};
use csv::ByteRecord;
use thiserror::Error;
use zip::ZipArchive;

use super::fault::FaultReason;

/// The maximum size of the decompressed parts of a file, in bytes: ten times a district.
const EXPANDED: u64 = 256 * 1024 * 1024;
/// The largest number whose digits a spreadsheet keeps: 15 digits.
const EXACT: f64 = 999_999_999_999_999.0;

/// Why a workbook is not read.
#[derive(Debug, Error)]
pub enum WorkbookError {
    /// Decompression would exceed the limit.
    #[error("the file decompresses to more than {} MiB", EXPANDED / 1024 / 1024)]
    TooLarge,
    /// Not an XLSX file, a damaged one, or one with a password.
    #[error("is not a readable XLSX file without a password")]
    NotWorkbook,
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<XlsxError> for WorkbookError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::Io(error) => Self::Io(error),
            _ => Self::NotWorkbook,
        }
    }
}

/// An open XLSX file.
pub(super) struct Workbook {
    sheets: Xlsx<BufReader<File>>,
}

/// The rows of the first sheet that are not blank.
pub(super) struct WorkbookRows<'a> {
    cells: XlsxCellReader<'a, BufReader<File>>,
    /// Merged regions; only their first cell has a value.
    merged: Vec<Dimensions>,
    /// The first cell of the next row.
    next: Option<Cell>,
    /// Fields of the header; shorter rows are extended to as many.
    width: usize,
}

/// A cell with its text, or the reason for having none.
struct Cell {
    row: u32,
    column: usize,
    text: Result<String, FaultReason>,
}

impl Workbook {
    /// Opens an XLSX file, whose decompressed size is limited.
    pub(super) fn open(mut file: File) -> Result<Self, WorkbookError> {
        check_size(&mut file)?;
        Ok(Self { sheets: Xlsx::new(BufReader::new(file))? })
    }

    /// The rows of the first sheet.
    pub(super) fn rows(&mut self) -> Result<WorkbookRows<'_>, WorkbookError> {
        let name =
            self.sheets.sheet_names().into_iter().next().ok_or(WorkbookError::NotWorkbook)?;
        let merged = self.sheets.merge_cells_by_sheet_name(&name)?;
        let cells = self.sheets.worksheet_cells_reader(&name)?;
        let mut rows = WorkbookRows { cells, merged, next: None, width: 0 };
        rows.next = rows.cell()?;
        Ok(rows)
    }
}

/// Decompresses all parts once. The sizes that an archive states may be false, so they are
/// counted.
///
/// # Errors
/// [`WorkbookError`].
pub(super) fn check_size(file: &mut File) -> Result<(), WorkbookError> {
    let mut archive =
        ZipArchive::new(BufReader::new(&mut *file)).map_err(|_| WorkbookError::NotWorkbook)?;
    let mut left = EXPANDED;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|_| WorkbookError::NotWorkbook)?;
        let size = io::copy(&mut part.take(left + 1), &mut io::sink());
        let size = size.map_err(|_| WorkbookError::NotWorkbook)?;
        left = left.checked_sub(size).ok_or(WorkbookError::TooLarge)?;
    }
    drop(archive);
    file.rewind()?;
    Ok(())
}

impl WorkbookRows<'_> {
    /// Fills `fields` with the next row that is not blank, and `faults` with the reasons for
    /// cells without text, by position. Answers the number of the row.
    pub(super) fn next(
        &mut self,
        fields: &mut ByteRecord,
        faults: &mut Vec<(usize, FaultReason)>,
    ) -> Result<Option<u64>, WorkbookError> {
        loop {
            let Some(first) = self.next.take() else { return Ok(None) };
            let row = first.row;
            let mut texts: Vec<String> = Vec::with_capacity(self.width);
            let mut cell = Some(first);
            while let Some(Cell { column, text, .. }) = cell.take_if(|cell| cell.row == row) {
                let text = text.unwrap_or_else(|reason| {
                    faults.push((column, reason));
                    String::new()
                });
                if !text.is_empty() {
                    texts.resize(texts.len().max(column + 1), String::new());
                    texts[column] = text;
                }
                cell = self.cell()?;
            }
            self.next = cell;
            self.report_merged(row, faults);
            if texts.iter().all(|text| text.trim().is_empty()) {
                faults.clear();
                continue;
            }
            if self.width == 0 {
                self.width = texts.len();
            }
            texts.resize(texts.len().max(self.width), String::new());
            *fields = ByteRecord::from(texts);
            return Ok(Some(u64::from(row) + 1));
        }
    }

    /// The next cell in the order of rows.
    fn cell(&mut self) -> Result<Option<Cell>, WorkbookError> {
        let Some(cell) = self.cells.next_cell_with_formula()? else { return Ok(None) };
        let text = match (text_of(&cell.value), cell.formula) {
            (Ok(text), Some(_)) if text.is_empty() => Err(FaultReason::FormulaWithoutResult),
            (text, _) => text,
        };
        let (row, column) = cell.pos;
        Ok(Some(Cell { row, column: column as usize, text }))
    }

    /// Notes the columns of the header that a merged region covers from a row above.
    fn report_merged(&self, row: u32, faults: &mut Vec<(usize, FaultReason)>) {
        let above = |region: &&Dimensions| region.start.0 < row && row <= region.end.0;
        for region in self.merged.iter().filter(above) {
            for column in region.start.1 as usize..=(region.end.1 as usize).min(self.width) {
                faults.push((column, FaultReason::Merged));
            }
        }
    }
}

/// The text of a cell, as a spreadsheet shows it.
fn text_of(value: &DataRef<'_>) -> Result<String, FaultReason> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Bool(flag) => u8::from(*flag).to_string(),
        DataRef::Float(number) if number.abs() > EXACT => format!("{number:E}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::DateTime(time) => match time.as_datetime() {
            Some(time) if time.time() == chrono::NaiveTime::MIN => time.date().to_string(),
            Some(time) => time.to_string(),
            None => return Err(FaultReason::CellError),
        },
        DataRef::Error(_) => return Err(FaultReason::CellError),
    })
}

/// The name of a column in a spreadsheet: `A` for 0, `AA` for 26.
pub(super) fn column_name(place: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap_or_default());
    let mut name = String::new();
    let mut left = place + 1;
    while left > 0 {
        name.insert(0, letter(left - 1));
        left = (left - 1) / 26;
    }
    name
}
