//! A CSV file as rows of named columns, each with the line it begins on.
//!
//! Spreadsheets add blank rows and columns, and pasted text contains invisible
//! characters; both are ignored in every column.

use std::collections::HashMap;
use std::io::{Chain, Read};

use csv::{ByteRecord, ReaderBuilder, StringRecord, Terminator};
use gridward_domain::text::{clean, is_blank, is_clean, is_invisible};

use super::ImportError;
use super::damage;
use super::fault::{Fault, FaultReason, Notes, Part};
use super::folder::{Folder, Source};
use super::row::Row;

/// A file and its columns, in any order.
pub(super) struct Sheet {
    pub(super) file: &'static str,
    /// The required columns.
    pub(super) columns: &'static [&'static str],
    /// The optional columns, which are redundant with a code.
    pub(super) spare: &'static [&'static str],
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

impl Sheet {
    /// Finds the columns and the blank positions of the header; `None` if a column is
    /// missing.
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

/// The rows of a CSV file, each with its line.
struct Rows<'a> {
    file: &'static str,
    reader: csv::Reader<Chain<Source<'a>, &'static [u8]>>,
}

impl<'a> Rows<'a> {
    fn new(file: &'static str, source: Source<'a>) -> Self {
        // For counting lines, only `\n` ends a row, appended to the last one if missing;
        // `\r` before it is removed below.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(source.chain(&b"\n"[..]));
        Self { file, reader }
    }

    /// Reads the next row that is not blank into `fields`; returns its first line.
    fn next(&mut self, fields: &mut ByteRecord) -> Result<Option<u64>, ImportError> {
        loop {
            let before = self.reader.position().line();
            let more = self.reader.read_byte_record(fields);
            let file = self.file;
            if !more.map_err(|error| ImportError::Unreadable { file, error: error.into() })? {
                return Ok(None);
            }
            // The reader skips empty lines, so the first line is computed from the end
            // of the row and its number of lines.
            let lines = fields.as_slice().split(|byte| *byte == b'\n').count() as u64;
            let line = self.reader.position().line().saturating_sub(lines);
            cut_carriage_return(fields);
            if !fields.iter().all(is_blank_field) {
                // Only an unclosed quote has no line end; the row begins where reading began.
                return Ok(Some(line.max(before)));
            }
        }
    }
}

fn is_blank_field(field: &[u8]) -> bool {
    let text = std::str::from_utf8(field);
    text.is_ok_and(|text| text.chars().all(|c| is_blank(c) || is_invisible(c)))
}

/// The fields without invisible characters and surrounding blanks.
fn cleaned(fields: StringRecord) -> StringRecord {
    if fields.iter().all(is_clean) {
        return fields;
    }
    fields.iter().map(clean).collect::<Vec<_>>().into()
}

fn cut_carriage_return(fields: &mut ByteRecord) {
    let count = fields.len();
    let last = fields.iter().next_back().and_then(|last| last.strip_suffix(b"\r"));
    if let Some(last) = last.map(<[u8]>::to_vec) {
        fields.truncate(count - 1);
        fields.push_field(&last);
    }
}

#[cfg(test)]
mod tests {
    use crate::import::fixture::Sample;

    #[test]
    fn a_missing_column_is_a_fault_of_the_header_and_the_rows_are_left_alone() {
        let sample =
            Sample::sound().line("holidays.csv", 1, "date,code,calendar,lunar_date,name_zh_");
        assert_eq!(
            sample.faults(),
            [
                "holidays.csv:1: column 5 of the header is unknown",
                "holidays.csv:1: the column name_zh is missing",
            ]
        );
    }

    #[test]
    fn an_unknown_column_is_a_fault_and_the_rows_are_still_checked() {
        let sample = Sample::sound()
            .line("holidays.csv", 1, "date,code,name_zh,calendar,lunar_date,colour")
            .line("holidays.csv", 2, "2026-10-01,national_day,国庆节,solar,,red")
            .line("holidays.csv", 3, "2026-02-30,no_day,假节,solar,,red");
        assert_eq!(
            sample.faults(),
            [
                "holidays.csv:1: column 6 of the header is unknown",
                "holidays.csv:3: date: 2026-02-30 does not exist in the calendar",
            ]
        );
    }

    #[test]
    fn a_column_that_stands_twice_is_a_fault() {
        let sample = Sample::sound()
            .line("holidays.csv", 1, "date,code,name_zh,calendar,lunar_date,code")
            .line("holidays.csv", 2, "2026-10-01,national_day,国庆节,solar,,national_day")
            .drop_line("holidays.csv", 3);
        assert_eq!(sample.faults(), ["holidays.csv:1: the header names the column code twice"]);
    }

    #[test]
    fn columns_may_stand_in_any_order_and_spare_ones_may_be_left_out() {
        let sample = Sample::sound()
            .line("stations.csv", 1, "hours,phone,lon,lat,grid,name,area,id")
            .line(
                "stations.csv",
                2,
                "mon-fri 0900-1730,10090000001,106.25500,29.28500,500116001002001,服务站,500116001,S1",
            );
        let reading = sample.read().expect("readable");
        assert_eq!(reading.faults, []);
        assert_eq!(reading.records.stations[0].hours, "mon-fri 0900-1730");
    }

    #[test]
    fn a_row_of_too_few_or_too_many_fields_is_told_and_skipped() {
        let sample = Sample::sound().line("holidays.csv", 2, "2026-10-01,national_day").line(
            "holidays.csv",
            3,
            "2026-10-01,national_day,国庆节,solar,,1,2",
        );
        assert_eq!(
            sample.faults(),
            [
                "holidays.csv:2: the row has 2 fields, the header has 5",
                "holidays.csv:3: the row has 7 fields, the header has 5",
            ]
        );
    }

    #[test]
    fn bytes_that_are_not_text_are_told_by_line_and_column_and_the_next_row_is_read() {
        let sample = Sample::sound()
            .line("people.csv", 5, "018cc7af-0000-7000-8000-000000000004,volunteer,\u{1}\u{1}\u{1},M,1980,10000000004,500116001002001,29.28500,106.25500,,0,")
            .replace_bytes("people.csv", b"\x01\x01\x01", b"\xe5\xad\xff")
            .push("people.csv", "018cc7af-0000-7000-8000-000000000005,volunteer,周,M,1980,1,500116001002001,29.28500,106.25500,,0,");
        assert_eq!(
            sample.faults(),
            [
                "people.csv:5: name: is not UTF-8",
                "people.csv:6: phone: a phone number must have 5 to 20 digits",
            ]
        );
    }

    #[test]
    fn a_character_split_between_two_fields_is_not_text() {
        let sample = Sample::sound()
            .line("holidays.csv", 2, "2026-10-01,\u{1},\u{2},solar,")
            .replace_bytes("holidays.csv", b"\x01", b"\xe5\xad")
            .replace_bytes("holidays.csv", b"\x02", b"\x99");
        let reason = "appears to be Chinese in GBK; save the file as UTF-8";
        assert_eq!(sample.faults(), [format!("holidays.csv:2: code: {reason}")]);
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_are_no_fault() {
        let plain = Sample::sound().read().expect("readable");
        let mut sample = Sample::sound();
        for file in crate::import::FILES {
            sample = sample.replace_bytes(file, b"\n", b"\r\n").prefix(file, b"\xef\xbb\xbf");
        }
        assert_eq!(sample.read().expect("readable"), plain);
    }

    #[test]
    fn lines_are_counted_over_empty_lines_quoted_line_breaks_and_carriage_returns() {
        let rows = [
            "date,code,name_zh,calendar,lunar_date",
            "",
            "",
            "2026-02-30,a,甲,solar,",
            "2026-02-28,b,\"乙",
            "乙\",solar,",
            "",
            "2026-02-31,c,丙,solar,",
            "",
            "2026-02-32,d,丁,solar,",
        ];
        let expected = [
            "holidays.csv:4: date: 2026-02-30 does not exist in the calendar",
            "holidays.csv:5: name_zh: contains a control character",
            "holidays.csv:8: date: 2026-02-31 does not exist in the calendar",
            "holidays.csv:10: date: 2026-02-32 does not exist in the calendar",
        ];
        for end in ["\n", "\r\n"] {
            let sample = Sample::sound().bytes("holidays.csv", rows.join(end).as_bytes());
            assert_eq!(sample.faults(), expected, "{end:?}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_where_it_opens() {
        let sample = Sample::sound().line("holidays.csv", 2, "2026-10-01,\"national_day,国庆节");
        assert_eq!(sample.faults(), ["holidays.csv:2: the row has 2 fields, the header has 5"]);
    }

    /// All CSV files of the folder.
    fn sheets() -> impl Iterator<Item = &'static str> {
        crate::import::FILES.into_iter().filter(|file| *file != "grids.geojson")
    }

    #[test]
    fn rows_of_blank_fields_are_passed_over_wherever_they_are() {
        let plain = Sample::sound().read().expect("readable");
        let mut sample = Sample::sound();
        for file in sheets() {
            let commas = ",".repeat(sample.columns(file).len() - 1);
            let header = sample.columns(file).join(",");
            sample = sample
                .line(file, 1, &format!("{commas}\n{header}\n{commas}"))
                .push(file, &commas)
                .push(file, &format!("\"\"{commas} \u{3000}\u{200b}"))
                .push(file, ",");
        }
        assert_eq!(sample.read().expect("readable"), plain);
    }

    #[test]
    fn columns_that_are_blank_from_the_header_down_are_passed_over() {
        let plain = Sample::sound().read().expect("readable");
        let mut sample = Sample::sound();
        for file in sheets() {
            sample = sample.replace_bytes(file, b"\n", b",, \n");
        }
        assert_eq!(sample.read().expect("readable"), plain);
    }

    #[test]
    fn a_value_in_a_column_without_a_name_is_a_fault_once() {
        let sample = Sample::sound()
            .replace_bytes("holidays.csv", b"\n", b",,\n")
            .push("holidays.csv", "2026-10-01,national_day,国庆节,solar,,,red")
            .push("holidays.csv", "2026-10-02,another_day,又一节,solar,,,red");
        let reason = "column 7 has a value but no name in the header";
        assert_eq!(sample.faults(), [format!("holidays.csv:4: {reason}")]);
    }

    #[test]
    fn invisible_characters_and_blanks_around_values_are_dropped_in_every_column() {
        let plain = Sample::sound().read().expect("readable");
        let mut sample = Sample::sound();
        for file in sheets() {
            let rows = sample.clone().lines(file);
            let dressed = rows.iter().map(|row| {
                let fields = row.split(',').map(|field| match field {
                    "" => "\u{200b}".to_owned(),
                    field => format!("\u{feff}\u{202d} {field}\u{202c}\u{a0}\u{3000}"),
                });
                fields.collect::<Vec<_>>().join(",") + "\n"
            });
            sample = sample.bytes(file, dressed.collect::<String>().as_bytes());
        }
        assert_eq!(sample.read().expect("readable"), plain);
    }

    #[test]
    fn an_empty_file_is_a_fault() {
        let sample = Sample::sound().bytes("holidays.csv", b"");
        assert_eq!(sample.faults(), ["holidays.csv:1: the file is empty"]);
    }
}
