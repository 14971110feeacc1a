//! A CSV file as rows of named, typed columns.

use std::fmt::Display;
use std::str::FromStr;

use csv::ByteRecord;
use gridward_dispatch::area::AreaCode;
use gridward_dispatch::place::Place;

use super::fault::{Fault, Reason};

/// The most characters of a text column.
const LONGEST: usize = 256;

/// A CSV file.
pub(super) struct Table<'a> {
    file: &'static str,
    bytes: &'a [u8],
}

impl<'a> Table<'a> {
    pub(super) fn new(file: &'static str, bytes: &'a [u8]) -> Self {
        // A byte order mark is no part of the header's first word.
        Self { file, bytes: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) }
    }

    /// The rows that `read` makes records of, with the line of each; what does
    /// not fit goes to `faults`.
    pub(super) fn read<Record>(
        &self,
        columns: &[&'static str],
        read: impl Fn(&mut Row<'_>) -> Option<Record>,
        lines: &mut Vec<u64>,
        faults: &mut Vec<Fault>,
    ) -> Vec<Record> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(self.bytes);
        let Some(places) = self.header(&mut reader, columns, faults) else { return Vec::new() };
        let mut records = Vec::new();
        let mut fields = ByteRecord::new();
        let expected = reader.byte_headers().map_or(0, ByteRecord::len);
        // The reader reports no row it could not split; bytes are judged field by field.
        while reader.read_byte_record(&mut fields).unwrap_or(false) {
            let line = fields.position().map_or(0, csv::Position::line);
            let fault = |reason| Fault { file: self.file, line, column: None, reason };
            if std::str::from_utf8(fields.as_slice()).is_err() {
                faults.push(fault(Reason::NotText));
            } else if fields.len() != expected {
                faults.push(fault(Reason::Fields { expected, found: fields.len() }));
            } else {
                let mut row = Row {
                    file: self.file,
                    line,
                    columns,
                    places: &places,
                    fields: &fields,
                    faults,
                };
                let before = row.faults.len();
                let record = read(&mut row);
                if let (Some(record), true) = (record, faults.len() == before) {
                    records.push(record);
                    lines.push(line);
                }
            }
        }
        records
    }

    /// Where each of `columns` stands.
    fn header(
        &self,
        reader: &mut csv::Reader<&[u8]>,
        columns: &[&'static str],
        faults: &mut Vec<Fault>,
    ) -> Option<Vec<usize>> {
        let header = reader.byte_headers().cloned().unwrap_or_default();
        let mut places = Vec::with_capacity(columns.len());
        let known = faults.len();
        for column in columns {
            match header.iter().position(|name| name == column.as_bytes()) {
                Some(place) => places.push(place),
                None => faults.push(Fault {
                    file: self.file,
                    line: 1,
                    column: None,
                    reason: Reason::NoColumn(column),
                }),
            }
        }
        (faults.len() == known).then_some(places)
    }
}

/// One row. Each reader of a column notes what does not fit and answers `None`.
pub(super) struct Row<'a> {
    file: &'static str,
    line: u64,
    columns: &'a [&'static str],
    places: &'a [usize],
    fields: &'a ByteRecord,
    faults: &'a mut Vec<Fault>,
}

impl Row<'_> {
    /// Notes that `column` does not fit.
    pub(super) fn fault<T>(&mut self, column: &'static str, reason: Reason) -> Option<T> {
        let Self { file, line, .. } = *self;
        self.faults.push(Fault { file, line, column: Some(column), reason });
        None
    }

    /// The field of `column` as it stands; empty if the table has no such column.
    pub(super) fn field(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|known| *known == column);
        let field = place.and_then(|place| self.fields.get(*self.places.get(place)?));
        field.and_then(|field| std::str::from_utf8(field).ok()).unwrap_or_default()
    }

    /// A value by its own reading; the error says what it takes.
    pub(super) fn value<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<T> {
        self.read(column, |text| text.parse().map_err(|error: T::Err| error.to_string()))
    }

    /// A value that `read` makes of the field.
    pub(super) fn read<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match read(self.field(column)) {
            Ok(value) => Some(value),
            Err(reason) => self.fault(column, Reason::Value(reason)),
        }
    }

    /// A text that is not empty, has no control characters and is not endless.
    pub(super) fn text(&mut self, column: &'static str) -> Option<String> {
        self.read(column, |text| {
            let fits = !text.trim().is_empty()
                && text.chars().count() <= LONGEST
                && !text.chars().any(char::is_control);
            let reason =
                || format!("must be 1 to {LONGEST} characters, none of them control characters");
            if fits { Ok(text.to_owned()) } else { Err(reason()) }
        })
    }

    /// 5 to 20 digits.
    pub(super) fn phone(&mut self, column: &'static str) -> Option<String> {
        self.read(column, |text| {
            let fits =
                (5..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if fits {
                Ok(text.to_owned())
            } else {
                Err("a phone number is 5 to 20 digits".to_owned())
            }
        })
    }

    /// 0 or 1.
    pub(super) fn flag(&mut self, column: &'static str) -> Option<bool> {
        self.read(column, |text| match text {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err("must be 0 or 1".to_owned()),
        })
    }

    /// A year that a living person, or a fallen one, can have been born in.
    pub(super) fn birth_year(&mut self, column: &'static str) -> Option<i32> {
        self.read(column, |text| match text.parse() {
            Ok(year) if (1850..=2200).contains(&year) && text.len() == 4 => Ok(year),
            _ => Err("must be a year of four digits".to_owned()),
        })
    }

    /// Words joined by `;`, none if empty.
    pub(super) fn words<T: FromStr<Err: Display>, C: FromIterator<T>>(
        &mut self,
        column: &'static str,
    ) -> Option<C> {
        self.read(column, |text| {
            let words = text.split(';').filter(|word| !word.is_empty());
            words.map(|word| word.parse().map_err(|error: T::Err| error.to_string())).collect()
        })
    }

    /// The code of a grid.
    pub(super) fn grid(&mut self, column: &'static str) -> Option<AreaCode> {
        let code: AreaCode = self.value(column)?;
        if code.level() == gridward_dispatch::area::Level::Grid {
            Some(code)
        } else {
            self.fault(column, Reason::NotGrid(code))
        }
    }

    /// The columns `lat` and `lon`.
    pub(super) fn place(&mut self) -> Option<Place> {
        let degrees =
            |text: &str| text.parse::<f64>().map_err(|_| "must be a number of degrees".to_owned());
        let (lat, lon) = (self.read("lat", degrees), self.read("lon", degrees));
        self.placed(lat?, lon?)
    }

    fn placed(&mut self, lat: f64, lon: f64) -> Option<Place> {
        use gridward_dispatch::place::PlaceError;
        match Place::new(lat, lon) {
            Ok(place) => Some(place),
            Err(error) => {
                let column = if error == PlaceError::Longitude { "lon" } else { "lat" };
                self.fault(column, Reason::Value(error.to_string()))
            }
        }
    }
}
