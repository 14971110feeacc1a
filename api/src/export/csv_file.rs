//! CSV (RFC 4180) for spreadsheet programs: with a byte order mark, by which Excel recognises
//! UTF-8, and without formulas.

use std::borrow::Cow;
use std::fs::File;
use std::io::Write as _;

use csv::Writer;

use super::cell::{Cell, Column};
use super::error::ExportError;
use super::words;
use crate::http::problem::answer::Language;

/// A CSV file that is being written.
pub struct CsvFile {
    writer: Writer<File>,
    language: Language,
}

impl CsvFile {
    /// Begins a file with the headings.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn new(columns: &[Column], language: Language) -> Result<Self, ExportError> {
        let mut file = tempfile::tempfile()?;
        file.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::WriterBuilder::new()
            .buffer_capacity(64 * 1024)
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        writer.write_record(columns.iter().map(|column| words::heading(column, language)))?;
        Ok(Self { writer, language })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), ExportError> {
        for cell in cells {
            self.writer.write_field(field(cell, self.language).as_bytes())?;
        }
        self.writer.write_record(None::<&[u8]>)?;
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

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Io(error),
            other => Self::Unwritable(format!("{other:?}")),
        }
    }
}

/// The text of a cell. Only texts can begin a formula: the other values are written by the
/// service alone.
fn field(cell: &Cell, language: Language) -> Cow<'_, str> {
    match cell {
        Cell::Empty => Cow::Borrowed(""),
        Cell::Text(text) => harmless(text),
        Cell::Number(number) => Cow::Owned(number.to_string()),
        Cell::Flag(flag) => Cow::Borrowed(words::flag(*flag, language)),
        Cell::Day(day) => Cow::Owned(day.to_string()),
        Cell::Time(time) => Cow::Owned(words::time(time)),
        Cell::Word(word) => harmless(&word.label),
        Cell::Words(several) => Cow::Owned(harmless(&words::joined(several)).into_owned()),
    }
}

/// The text after an apostrophe, if a spreadsheet program would run it as a formula (OWASP, CSV
/// injection); the wide forms count, since Excel reads them as the narrow ones in Chinese.
fn harmless(text: &str) -> Cow<'_, str> {
    const BEGINS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGINS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use proptest::prelude::*;

    use super::*;
    use crate::export::cell::{Labelled, columns};

    const COLUMNS: &[Column] = columns! {
        "a", "Name, whole", "姓名";
        "b", "Alone", "独居";
    };

    fn written(language: Language, cells: &[Cell]) -> String {
        let mut file = CsvFile::new(COLUMNS, language).expect("a file");
        file.row(cells).expect("a row");
        let (mut file, mut text) = (file.finish().expect("a file"), String::new());
        file.rewind().expect("a file");
        file.read_to_string(&mut text).expect("text");
        text
    }

    #[test]
    fn excel_recognises_the_encoding_and_runs_no_formula() {
        let word = Labelled { code: "x".to_owned(), label: "@x".to_owned() };
        let text = written(Language::Chinese, &[Cell::text("=1+1"), Cell::Flag(true)]);
        assert_eq!(text, "\u{feff}姓名,独居\r\n'=1+1,是\r\n");
        let text = written(Language::English, &[Cell::Number(-3), Cell::Words(vec![word])]);
        assert_eq!(text, "\u{feff}\"Name, whole\",Alone\r\n-3,'@x\r\n");
    }

    proptest! {
        #[test]
        fn a_text_is_read_back_and_never_begins_a_formula(
            text in "[=+@\\t\\r\\n＝－-]?\\PC{0,8}[\",\\n]?"
        ) {
            let file = written(Language::English, &[Cell::text(&text), Cell::Empty]);
            let body = file.strip_prefix('\u{feff}').expect("a byte order mark");
            let row = csv::Reader::from_reader(body.as_bytes()).records().next();
            let row = row.expect("a row").expect("a record");
            prop_assert!(!row[0].starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '－']));
            prop_assert_eq!(row[0].strip_prefix('\'').filter(|rest| *rest == text)
                .unwrap_or(&row[0]), text);
        }
    }
}
