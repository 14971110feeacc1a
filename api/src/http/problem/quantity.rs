//! Numbers with their nouns in English.

use std::fmt::Display;

/// The number with the noun, which has a plural in "s": "1 item", "2 items".
pub fn quantity(number: impl Display, noun: &str) -> String {
    let number = number.to_string();
    let ending = if number == "1" { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
