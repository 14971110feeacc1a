//! The rows of a table that are not blank, each with the line it begins on.

use std::io::{Chain, Read};

use csv::{ByteRecord, ReaderBuilder, Terminator};
use gridward_domain::text::{is_blank, is_invisible};

use super::ImportError;
use super::fault::FaultReason;
use super::folder::in_workbook;
use super::text::Source;
use super::workbook::WorkbookRows;

/// The rows of a file, each with its line.
pub(super) enum Rows<'a> {
    /// Of a CSV file.
    Csv(&'a mut CsvRows<'a>),
    /// Of an XLSX file, whose name is the first.
    Workbook(&'static str, Box<WorkbookRows<'a>>),
}

impl Rows<'_> {
    /// Fills `fields` with the next row that is not blank, and `faults` with the reasons for
    /// cells without text, by position; answers the row's first line.
    pub(super) fn next(
        &mut self,
        fields: &mut ByteRecord,
        faults: &mut Vec<(usize, FaultReason)>,
    ) -> Result<Option<u64>, ImportError> {
        faults.clear();
        match self {
            Self::Csv(rows) => rows.next(fields),
            Self::Workbook(file, rows) => {
                rows.next(fields, faults).map_err(|error| in_workbook(file, error))
            }
        }
    }
}

/// The rows of a CSV file, each with its line.
pub(super) struct CsvRows<'a> {
    file: &'static str,
    reader: csv::Reader<Chain<Source<'a>, &'static [u8]>>,
}

impl<'a> CsvRows<'a> {
    /// The rows of `source`, whose name is `file`.
    pub(super) fn new(file: &'static str, source: Source<'a>) -> Self {
        // So that lines can be counted, only `\n` ends a row, the last one too if there
        // is none in the file; `\r` before it is cut off below.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(source.chain(&b"\n"[..]));
        Self { file, reader }
    }

    /// Fills `fields` with the next row that is not blank; answers its first line.
    fn next(&mut self, fields: &mut ByteRecord) -> Result<Option<u64>, ImportError> {
        loop {
            let before = self.reader.position().line();
            let more = self.reader.read_byte_record(fields);
            let file = self.file;
            if !more.map_err(|error| ImportError::Unreadable { file, error: error.into() })? {
                return Ok(None);
            }
            // The reader skips empty lines silently, so the line is counted back
            // from the end of the row, by the lines it takes.
            let lines = fields.as_slice().split(|byte| *byte == b'\n').count() as u64;
            let line = self.reader.position().line().saturating_sub(lines);
            cut_carriage_return(fields);
            if !fields.iter().all(is_blank_field) {
                // Only a quote that is never closed has no line end; it begins where reading did.
                return Ok(Some(line.max(before)));
            }
        }
    }
}

fn is_blank_field(field: &[u8]) -> bool {
    let text = std::str::from_utf8(field);
    text.is_ok_and(|text| text.chars().all(|c| is_blank(c) || is_invisible(c)))
}

fn cut_carriage_return(fields: &mut ByteRecord) {
    let count = fields.len();
    let last = fields.iter().next_back().and_then(|last| last.strip_suffix(b"\r"));
    if let Some(last) = last.map(<[u8]>::to_vec) {
        fields.truncate(count - 1);
        fields.push_field(&last);
    }
}
