//! A table as rows of named columns, each with the line it begins on.
//!
//! Spreadsheets add blank rows and columns, and pasted text contains invisible
//! characters; both are ignored in every column.

use std::collections::HashMap;

use csv::{ByteRecord, StringRecord};
use gridward_domain::text::{clean, is_clean};

use super::damage;
use super::fault::{Fault, FaultReason, Notes, Part};
use super::folder::{Folder, TableFile, in_workbook};
use super::headings::Headings;
use super::row::Row;
use super::rows::{CsvRows, Rows};
use super::{ImportError, WORKBOOKS};

/// A file and its columns, in any order.
pub(super) struct Sheet {
    pub(super) file: &'static str,
    /// The required columns.
    pub(super) columns: &'static [&'static str],
    /// The optional columns, such as those that are redundant with a code.
    pub(super) spare: &'static [&'static str],
    /// The column that identifies a row of the register. A file that changes such rows may
    /// lack other columns.
    pub(super) key: Option<&'static str>,
}

/// The position of each column in a row.
pub(super) type Order = Vec<(&'static str, usize)>;

/// The first line of each value of a column.
pub(super) type Seen = HashMap<(&'static str, String), u64>;

/// The records that `record` builds from the rows without faults; none if the file is
/// absent or a column is missing.
pub(super) fn read<Record>(
    folder: &mut Folder<'_>,
    sheet: &Sheet,
    notes: &mut Notes,
    mut record: impl FnMut(&mut Row<'_>) -> Option<Record>,
) -> Result<Option<Vec<Record>>, ImportError> {
    let (partial, headings) = (folder.is_partial(), folder.headings());
    let Some((file, table)) = folder.open_table(sheet.file)? else { return Ok(None) };
    let (mut source, mut workbook);
    let mut rows = match table {
        TableFile::Text(text) => {
            source = CsvRows::new(file, text);
            Rows::Csv(&mut source)
        }
        TableFile::Workbook(sheets) => {
            workbook = sheets;
            let rows = workbook.rows().map_err(|error| in_workbook(file, error))?;
            Rows::Workbook(file, Box::new(rows))
        }
    };
    let mut bytes = ByteRecord::new();
    let mut unread = Vec::new();
    let Some(line) = rows.next(&mut bytes, &mut unread)? else {
        notes.faults.push(Fault { file, line: 1, part: None, reason: FaultReason::Empty });
        return Ok(None);
    };
    let expected = bytes.len();
    let header = Header { file, line, partial, headings };
    let Some((order, mut unnamed)) = sheet.order(&header, &bytes, notes) else { return Ok(None) };
    let (mut records, mut seen) = (Vec::new(), Seen::new());
    while let Some(line) = rows.next(&mut bytes, &mut unread)? {
        let faults_before = notes.faults.len();
        let mut fault = |part, reason| notes.faults.push(Fault { file, line, part, reason });
        let found = bytes.len();
        if found != expected {
            fault(None, FaultReason::FieldCount { expected, found });
            continue;
        }
        for (place, reason) in unread.drain(..) {
            if let Some((name, _)) = order.iter().find(|(_, n)| *n == place) {
                fault(Some(part(file, name, place)), reason);
            }
        }
        let fields = match StringRecord::from_byte_record(bytes) {
            Ok(fields) => fields,
            Err(error) => {
                let place = error.utf8_error().field();
                let column = order.iter().find(|(_, n)| *n == place);
                bytes = error.into_byte_record();
                let gbk = bytes.get(place).is_some_and(damage::is_gbk);
                let reason = if gbk { FaultReason::Gbk } else { FaultReason::NotUtf8 };
                fault(column.map(|(name, _)| part(file, name, place)), reason);
                continue;
            }
        };
        let fields = cleaned(fields);
        // Once per column: every row may have such a value.
        unnamed.retain(|place| {
            let blank = fields.get(*place).is_none_or(str::is_empty);
            if !blank {
                fault(None, FaultReason::UnnamedColumn(place + 1));
            }
            blank
        });
        let mut row = Row::new(file, line, &order, &fields, &mut seen, notes);
        let read = record(&mut row);
        if notes.faults.len() == faults_before {
            records.extend(read);
        }
        bytes = fields.into_byte_record();
    }
    Ok(Some(records))
}

/// A column of a line: a cell, if the file is a workbook.
pub(super) fn part(file: &str, column: &'static str, place: usize) -> Part {
    if WORKBOOKS.contains(&Some(file)) { Part::Cell(column, place) } else { Part::Column(column) }
}

/// The position of a header, and the rules for reading it.
struct Header<'a> {
    file: &'static str,
    line: u64,
    /// Columns may be missing if those of the key are present.
    partial: bool,
    headings: &'a Headings,
}

impl Sheet {
    /// Finds the columns and the blank positions of the header; `None` if a column is
    /// missing.
    fn order(
        &self,
        header: &Header<'_>,
        names: &ByteRecord,
        notes: &mut Notes,
    ) -> Option<(Order, Vec<usize>)> {
        let (mut order, mut unnamed) = (Order::new(), Vec::new());
        let Header { file, line, .. } = *header;
        let mut fault = |reason| notes.faults.push(Fault { file, line, part: None, reason });
        for (place, name) in names.iter().enumerate() {
            let name = clean(std::str::from_utf8(name).unwrap_or("\u{fffd}"));
            let columns = self.columns.iter().chain(self.spare);
            match header.headings.column(self.file, &name, columns) {
                None if name.is_empty() => unnamed.push(place),
                None => fault(FaultReason::UnknownColumn(place + 1)),
                Some(name) if order.iter().any(|(before, _)| *before == name) => {
                    fault(FaultReason::RepeatedColumn(name));
                }
                Some(name) => order.push((name, place)),
            }
        }
        let missing = |column: &&&'static str| !order.iter().any(|(name, _)| name == *column);
        let partial = header.partial.then_some(self.key).flatten();
        let required =
            self.columns.iter().filter(|column| partial.is_none_or(|key| **column == key));
        let missing: Vec<_> = required.filter(missing).collect();
        for column in &missing {
            fault(FaultReason::MissingColumn(column));
        }
        missing.is_empty().then_some((order, unnamed))
    }
}

/// The fields without invisible characters and surrounding blanks.
fn cleaned(fields: StringRecord) -> StringRecord {
    if fields.iter().all(is_clean) {
        return fields;
    }
    fields.iter().map(clean).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests;
