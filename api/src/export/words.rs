//! The words of cells that are no names: headings, yes and no, times, lists.

use chrono::{DateTime, FixedOffset};

use super::cell::{Column, Labelled};
use crate::http::problem::answer::Language;

/// The heading of a column.
pub const fn heading(column: &Column, language: Language) -> &'static str {
    match language {
        Language::English => column.en,
        Language::Chinese => column.zh,
    }
}

/// Yes or no.
pub const fn flag(flag: bool, language: Language) -> &'static str {
    match (flag, language) {
        (true, Language::English) => "yes",
        (false, Language::English) => "no",
        (true, Language::Chinese) => "是",
        (false, Language::Chinese) => "否",
    }
}

/// The time in the district, to the second.
pub fn time(time: &DateTime<FixedOffset>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The labels, separated as in Chinese lists, which no label contains.
pub fn joined(words: &[Labelled]) -> String {
    let labels: Vec<&str> = words.iter().map(|word| word.label.as_str()).collect();
    labels.join("、")
}
