//! The cells of an export, before they are written in a format.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde_json::{Value, json};

/// A word of an enumeration or a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The code.
    pub code: String,
    /// The label in the caller's language.
    pub label: String,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Free text, a name or an id.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Day(NaiveDate),
    /// A time.
    Time(DateTime<FixedOffset>),
    /// A word.
    Word(Labelled),
    /// Several words.
    Words(Vec<Labelled>),
}

impl Cell {
    /// The text.
    pub fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// The cell of a value, if there is one.
    pub fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// The JSON value; `None` if the cell is empty.
    pub fn json(&self) -> Option<Value> {
        Some(match self {
            Self::Empty => return None,
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Flag(flag) => json!(flag),
            Self::Day(day) => json!(day),
            Self::Time(time) => json!(time),
            Self::Word(word) => json!(word.code),
            Self::Words(words) => words.iter().map(|word| word.code.as_str()).collect(),
        })
    }
}

/// A column: the name of its JSON field, and its headings.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The JSON field.
    pub field: &'static str,
    /// The English heading.
    pub en: &'static str,
    /// The Chinese heading.
    pub zh: &'static str,
}

/// Declares columns as `field, English, Chinese`.
macro_rules! columns {
    ($($field:literal, $en:literal, $zh:literal;)+) => {
        &[$($crate::export::cell::Column { field: $field, en: $en, zh: $zh }),+]
    };
}

pub(super) use columns;
