//! Phone numbers: parsing and normalization.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::is_invisible;

/// The fewest and the most digits of a phone number.
const DIGITS: std::ops::RangeInclusive<usize> = 5..=20;

/// A phone number of 5 to 20 digits.
///
/// Parsing drops separators (blanks, hyphens, invisible characters) and reads full-width
/// digits, so that a pasted number equals a typed one. People sign in by phone, so both
/// sides of a comparison must be parsed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// A text that is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a phone number must have 5 to 20 digits")]
pub struct PhoneError;

impl Phone {
    /// The digits, in ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let written = text.chars().filter(|c| !is_separator(*c));
        let digits: String = written.map(digit).collect::<Option<_>>().ok_or(PhoneError)?;
        if DIGITS.contains(&digits.len()) { Ok(Self(digits)) } else { Err(PhoneError) }
    }
}

/// Whether `c` is a blank, a hyphen or invisible.
fn is_separator(c: char) -> bool {
    let hyphen = matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}');
    hyphen || (c.is_whitespace() && !c.is_control()) || is_invisible(c)
}

/// The ASCII digit for an ASCII or a full-width one.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, PhoneError> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    /// Hides the digits: a phone number is personal and must not reach a log line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pasted_number_equals_a_typed_one() {
        let typed: Phone = "13800000004".parse().expect("a phone");
        for pasted in [
            "\u{202d}13800000004\u{202c}",
            " 138 0000 0004",
            "138-0000-0004",
            "138\u{2011}0000\u{2013}0004",
            "\u{feff}138\u{a0}0000\u{3000}0004\u{200b}",
            "１３８０００００００４",
        ] {
            assert_eq!(pasted.parse(), Ok(typed.clone()), "{pasted:?}");
        }
    }

    #[test]
    fn anything_but_5_to_20_digits_is_refused() {
        for wrong in [
            "",
            "1234",
            "123456789012345678901",
            "+8613800000004",
            "1.38E+10",
            "12345\t",
            "一二三四五",
        ] {
            assert_eq!(wrong.parse::<Phone>(), Err(PhoneError), "{wrong:?}");
        }
    }

    #[test]
    fn a_phone_is_not_shown_in_debug_output() {
        let phone: Phone = "13800000004".parse().expect("a phone");
        assert_eq!(format!("{phone:?}"), "Phone(..)");
        assert_eq!(phone.to_string(), "13800000004");
    }

    proptest! {
        #[test]
        fn what_was_parsed_parses_to_itself(text in "\\PC{0,30}") {
            if let Ok(phone) = text.parse::<Phone>() {
                prop_assert!(phone.as_str().bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(phone.as_str().parse(), Ok(phone.clone()));
            }
        }
    }
}
