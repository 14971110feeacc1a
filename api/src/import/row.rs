//! One row of a table: its fields by column, and its notes.
//!
//! Each reader of a column notes a fault and returns `None` if it refuses the value.
//! A file's module first reads all columns and only then unwraps the values, so that
//! all faults of a row are reported.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use csv::StringRecord;
use gridward_domain::code::WordCode;
use gridward_domain::word::UnknownWord;

use super::fault::{Fault, FaultPlace, FaultReason, Notes, Part};
use super::spreadsheet::spreadsheet;
use super::table::{Order, Seen, part};
use super::words;
use crate::load::Number;
use crate::vocabulary::Vocabulary;

/// What separates the words of one cell, in files written by hand.
const SEPARATORS: [char; 3] = [';', '；', '、'];

/// A row whose fields are all valid text.
pub(super) struct Row<'a> {
    file: &'static str,
    line: u64,
    order: &'a Order,
    fields: &'a StringRecord,
    seen: &'a mut Seen,
    notes: &'a mut Notes,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        file: &'static str,
        line: u64,
        order: &'a Order,
        fields: &'a StringRecord,
        seen: &'a mut Seen,
        notes: &'a mut Notes,
    ) -> Self {
        Self { file, line, order, fields, seen, notes }
    }

    /// The line it begins on.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// The text of a column; none if the file lacks it.
    pub(super) fn field(&self, column: &str) -> Option<&'a str> {
        let (_, place) = self.order.iter().find(|(name, _)| *name == column)?;
        self.fields.get(*place)
    }

    /// Whether the file has the column.
    fn has(&self, column: &str) -> bool {
        self.order.iter().any(|(name, _)| *name == column)
    }

    /// Notes a fault if the file lacks one of the columns, which only a row that the register
    /// has may lack.
    pub(super) fn require(&mut self, columns: &[&'static str]) {
        if let Some(column) = columns.iter().find(|column| !self.has(column)) {
            let reason = FaultReason::NewWithoutColumn(column);
            self.notes.faults.push(Fault { file: self.file, line: self.line, part: None, reason });
        }
    }

    /// Notes a fault in a column.
    pub(super) fn fault(&mut self, column: &'static str, reason: FaultReason) {
        let fault = self.about(column, reason);
        self.notes.faults.push(fault);
    }

    /// Notes that the value of a column is doubtful.
    pub(super) fn warn(&mut self, column: &'static str, reason: FaultReason) {
        let warning = self.about(column, reason);
        self.notes.warnings.push(warning);
    }

    fn about(&self, column: &'static str, reason: FaultReason) -> Fault {
        Fault { file: self.file, line: self.line, part: Some(self.part(column)), reason }
    }

    /// Where the column is, for a fault found later.
    pub(super) fn place_of(&self, column: &'static str) -> FaultPlace {
        (self.file, self.line, self.part(column))
    }

    fn part(&self, column: &'static str) -> Part {
        let place = self.order.iter().find(|(name, _)| *name == column);
        place.map_or(Part::Column(column), |(_, place)| part(self.file, column, *place))
    }

    /// Notes a fault if an earlier row has the same value in this column.
    pub(super) fn once(&mut self, column: &'static str, value: Option<&impl Display>) {
        if let Some(first) = self.earlier(column, value) {
            self.fault(column, FaultReason::Repeated(first));
        }
    }

    /// The line of the first row with this value in this column, if it is an earlier one.
    fn earlier(&mut self, column: &'static str, value: Option<&impl Display>) -> Option<u64> {
        let first = *self.seen.entry((column, value?.to_string())).or_insert(self.line);
        (first != self.line).then_some(first)
    }

    /// Notes where the number of the record `id` is, so that a fault found later names it.
    pub(super) fn has_number(&mut self, number: Number, id: &impl Display) {
        if self.has(number.column()) {
            let place = self.place_of(number.column());
            self.notes.numbers.insert((number, id.to_string()), place);
        }
    }

    /// Parses the text with `read`; none if the file lacks the column. If a spreadsheet has
    /// changed the text, the fault says so.
    pub(super) fn read<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&'a str) -> Result<T, FaultReason>,
    ) -> Option<T> {
        let text = self.field(column)?;
        read(text).map_err(|reason| self.fault(column, spreadsheet(text).unwrap_or(reason))).ok()
    }

    /// As [`Row::read`], for free text, which spreadsheets do not change.
    pub(super) fn text<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&'a str) -> Result<T, FaultReason>,
    ) -> Option<T> {
        let text = self.field(column)?;
        read(text).map_err(|reason| self.fault(column, reason)).ok()
    }

    /// A code, a number, or a word of a closed list.
    pub(super) fn word<T: FromStr<Err: Into<FaultReason>>>(
        &mut self,
        column: &'static str,
    ) -> Option<T> {
        self.read(column, |text| {
            words::meant(column, text).parse().map_err(|error: T::Err| match error.into() {
                FaultReason::Word { unknown, .. } => {
                    let closest = words::closest(column, &unknown.expected, text);
                    FaultReason::Word { unknown, closest }
                }
                other => other,
            })
        })
    }

    /// A word of a vocabulary, by its code or a label.
    pub(super) fn term<T: for<'b> From<&'b WordCode>>(
        &mut self,
        column: &'static str,
        vocabulary: &Vocabulary,
    ) -> Option<T> {
        self.read(column, |text| match text {
            "" => Err(FaultReason::NoText),
            text => Ok(T::from(&vocabulary.find(text)?.code)),
        })
    }

    /// Words of a vocabulary, by their codes or labels; none if the text is empty.
    pub(super) fn terms<T: for<'b> From<&'b WordCode> + Ord>(
        &mut self,
        column: &'static str,
        vocabulary: &Vocabulary,
    ) -> Option<BTreeSet<T>> {
        self.read(column, |text| {
            let words = text.split(SEPARATORS).map(str::trim).filter(|word| !word.is_empty());
            words.map(|word| Ok(T::from(&vocabulary.find(word)?.code))).collect()
        })
    }

    /// The value of a word that only the files use, or of a Chinese word in `chinese`.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        column: &'static str,
        list: &[(&str, T)],
        chinese: &[(&str, T)],
    ) -> Option<T> {
        self.read(column, |text| {
            let mut words = list.iter().chain(chinese);
            let found = words.find(|(word, _)| *word == text).map(|(_, value)| *value);
            found.ok_or_else(|| {
                let known = list.iter().chain(chinese).map(|(word, _)| *word);
                let closest = words::most_similar(known, text);
                let words: Vec<_> = list.iter().map(|(word, _)| *word).collect();
                let unknown = UnknownWord { expected: words.join(", ") };
                FaultReason::Word { unknown, closest }
            })
        })
    }
}
