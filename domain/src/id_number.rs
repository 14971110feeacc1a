//! The number of a resident identity card (GB 11643-1999).

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use thiserror::Error;

/// The characters of a number.
const LENGTH: usize = 18;

/// A number of 17 digits and the right check character, a digit or an upper-case X.
///
/// The region is not checked, since regions change; nor is the day of birth, since cards with
/// impossible days exist: [`IdNumber::born`] reads it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber(String);

/// Why a text is not an ID number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdNumberError {
    /// It has another form.
    #[error("an id number has 17 digits and a check character")]
    Form,
    /// The check character is that of another number.
    #[error("the check character is wrong (GB 11643)")]
    Check,
}

impl IdNumber {
    /// The number, with an upper-case check character.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The day of birth; `None` if the number names a day that no calendar has.
    pub fn born(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.0.get(6..14)?, "%Y%m%d").ok()
    }

    /// Whether the number was given to a man: its last digit before the check character is odd.
    pub fn is_of_a_man(&self) -> bool {
        self.0.as_bytes().get(16).is_some_and(|digit| digit % 2 == 1)
    }
}

impl FromStr for IdNumber {
    type Err = IdNumberError;

    fn from_str(text: &str) -> Result<Self, IdNumberError> {
        let number = text.to_ascii_uppercase();
        let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
        let values = number.bytes().enumerate().map(|(place, byte)| match (place, byte) {
            (17, b'X') => Some(10),
            _ => digit(byte),
        });
        let values: Vec<u32> = values.collect::<Option<_>>().ok_or(IdNumberError::Form)?;
        if values.len() != LENGTH {
            return Err(IdNumberError::Form);
        }
        // ISO 7064, MOD 11-2: the characters are the digits of a number in base two
        // that is congruent to 1 modulo 11.
        let rest = values.iter().fold(0, |rest, value| (rest * 2 + value) % 11);
        if rest == 1 { Ok(Self(number)) } else { Err(IdNumberError::Check) }
    }
}

impl From<IdNumber> for String {
    fn from(number: IdNumber) -> Self {
        number.0
    }
}

impl fmt::Debug for IdNumber {
    /// Hides the number: it is personal and must not reach a log line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, IdNumberError> {
        text.parse::<IdNumber>().map(String::from)
    }

    #[test]
    fn the_standards_own_examples_are_right() {
        for number in ["11010519491231002X", "440524188001010014"] {
            assert_eq!(parse(number), Ok(number.to_owned()));
        }
        assert_eq!(parse("11010519491231002x"), Ok("11010519491231002X".to_owned()));
    }

    #[test]
    fn any_one_wrong_digit_and_any_two_neighbours_swapped_are_noticed() {
        let right = "440524188001010014";
        for place in 0..18 {
            for digit in b'0'..=b'9' {
                let mut bytes = right.as_bytes().to_vec();
                bytes[place] = digit;
                let number = String::from_utf8(bytes).expect("digits");
                assert_eq!(parse(&number).is_ok(), number == right, "{number}");
            }
        }
        for place in 0..17 {
            let mut bytes = right.as_bytes().to_vec();
            bytes.swap(place, place + 1);
            let number = String::from_utf8(bytes).expect("digits");
            assert_eq!(parse(&number).is_ok(), number == right, "{number}");
        }
    }

    #[test]
    fn another_form_is_distinguished_from_a_wrong_check() {
        for wrong in ["", "4405241880010100", "4405241880010100144", "X40524188001010014", "四"] {
            assert_eq!(parse(wrong), Err(IdNumberError::Form), "{wrong}");
        }
        assert_eq!(parse("440524188001010015"), Err(IdNumberError::Check));
    }

    #[test]
    fn a_number_names_the_day_of_birth_and_the_gender() {
        let number = |text: &str| text.parse::<IdNumber>().expect("a number");
        let woman = number("11010519491231002X");
        assert_eq!(woman.born(), NaiveDate::from_ymd_opt(1949, 12, 31));
        assert!(!woman.is_of_a_man() && number("440524188001010014").is_of_a_man());
        assert_eq!(format!("{woman:?}"), "IdNumber(..)");
        // 1949-02-30, with the right check character.
        let impossible = (0..=9).map(|check| format!("11010519490230002{check}"));
        let impossible = impossible.chain(["11010519490230002X".to_owned()]);
        let mut impossible = impossible.filter_map(|text| text.parse::<IdNumber>().ok());
        assert_eq!(impossible.next().expect("a number").born(), None);
    }
}
