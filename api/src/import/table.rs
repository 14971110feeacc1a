//! A CSV file as rows of named columns, each with the line it begins on.
//!
//! Spreadsheets leave blank rows and columns behind, and pasted text brings
//! invisible characters: those are passed over here, for every column.

use std::collections::HashMap;

use csv::{ByteRecord, StringRecord};
use gridward_domain::text::{clean, is_clean};

use super::ImportError;
use super::damage;
use super::fault::{Fault, FaultReason, Notes, Part};
use super::folder::Folder;
use super::row::Row;
use super::rows::Rows;

/// A file and its columns, which may stand in any order.
pub(super) struct Sheet {
    pub(super) file: &'static str,
    /// Those it must have.
    pub(super) columns: &'static [&'static str],
    /// Those it may have besides, which repeat what a code says.
    pub(super) spare: &'static [&'static str],
}

/// The position of each column in a row.
pub(super) type Order = Vec<(&'static str, usize)>;

/// The first line of each value of a column.
pub(super) type Seen = HashMap<(&'static str, String), u64>;

/// The records that `record` makes of the rows without faults; none if the file
/// is absent or its header lacks a column.
pub(super) fn read<Record>(
    folder: &mut Folder<'_>,
    sheet: &Sheet,
    notes: &mut Notes,
    mut record: impl FnMut(&mut Row<'_>) -> Option<Record>,
) -> Result<Option<Vec<Record>>, ImportError> {
    let file = sheet.file;
    let Some(source) = folder.open(file)? else { return Ok(None) };
    let mut rows = Rows::new(file, source);
    let mut bytes = ByteRecord::new();
    let Some(line) = rows.next(&mut bytes)? else {
        notes.faults.push(Fault { file, line: 1, part: None, reason: FaultReason::Empty });
        return Ok(None);
    };
    let expected = bytes.len();
    let Some((order, mut unnamed)) = sheet.order(line, &bytes, notes) else { return Ok(None) };
    let (mut records, mut seen) = (Vec::new(), Seen::new());
    while let Some(line) = rows.next(&mut bytes)? {
        let faults_before = notes.faults.len();
        let mut fault = |part, reason| notes.faults.push(Fault { file, line, part, reason });
        let found = bytes.len();
        if found != expected {
            fault(None, FaultReason::FieldCount { expected, found });
            continue;
        }
        let fields = match StringRecord::from_byte_record(bytes) {
            Ok(fields) => fields,
            Err(error) => {
                let place = error.utf8_error().field();
                let column = order.iter().find(|(_, n)| *n == place);
                bytes = error.into_byte_record();
                let gbk = bytes.get(place).is_some_and(damage::is_gbk);
                let reason = if gbk { FaultReason::Gbk } else { FaultReason::NotUtf8 };
                fault(column.map(|(name, _)| Part::Column(name)), reason);
                continue;
            }
        };
        let fields = cleaned(fields);
        // Once for each column is enough: every row may have such a value.
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

impl Sheet {
    /// Finds the columns in the header, and the positions of those that it leaves
    /// blank; none if a column is missing.
    fn order(
        &self,
        line: u64,
        header: &ByteRecord,
        notes: &mut Notes,
    ) -> Option<(Order, Vec<usize>)> {
        let (mut order, mut unnamed) = (Order::new(), Vec::new());
        let mut fault =
            |reason| notes.faults.push(Fault { file: self.file, line, part: None, reason });
        for (place, name) in header.iter().enumerate() {
            let name = clean(std::str::from_utf8(name).unwrap_or("\u{fffd}"));
            let mut known = self.columns.iter().chain(self.spare);
            match known.find(|known| **known == name) {
                None if name.is_empty() => unnamed.push(place),
                None => fault(FaultReason::UnknownColumn(place + 1)),
                Some(name) if order.iter().any(|(before, _)| before == name) => {
                    fault(FaultReason::RepeatedColumn(name));
                }
                Some(name) => order.push((name, place)),
            }
        }
        let missing = |column: &&&'static str| !order.iter().any(|(name, _)| name == *column);
        let missing: Vec<_> = self.columns.iter().filter(missing).collect();
        for column in &missing {
            fault(FaultReason::MissingColumn(column));
        }
        missing.is_empty().then_some((order, unnamed))
    }
}

/// The fields without invisible characters and without blanks at their ends.
fn cleaned(fields: StringRecord) -> StringRecord {
    if fields.iter().all(is_clean) {
        return fields;
    }
    fields.iter().map(clean).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests;
