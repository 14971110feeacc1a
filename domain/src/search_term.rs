//! What a person types to find somebody: part of a name, a phone number or an ID number.

use thiserror::Error;

use crate::text::{is_blank, is_invisible};

/// The digits from the end of a number, which masks show too; a longer text is a whole number. Ends
/// of several lengths would let a caller find the rest of a number digit by digit.
const LAST_DIGITS: usize = 4;

/// A text that searches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SearchTermError {
    /// Nothing but blanks.
    #[error("must not be blank")]
    Blank,
    /// Too few digits.
    #[error("must have at least the last 4 digits of a number")]
    FewDigits,
}

/// A parsed search term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchTerm {
    /// Part of a name, as [`plain`].
    Name(String),
    /// A phone or ID number, whole or its last 4 digits.
    Number(String),
}

/// The text without blanks, invisible characters and separators, with ASCII digits and capitals: so
/// that a pasted name or number equals a typed one.
pub fn plain(text: &str) -> String {
    let written = text.chars().map(half_width);
    let written = written.filter(|c| !is_blank(*c) && !is_invisible(*c) && !is_separator(*c));
    written.flat_map(char::to_uppercase).collect()
}

/// Whether `c` separates the parts of a number, or of a name.
const fn is_separator(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '·')
}

/// The ASCII character for a full-width one.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

impl SearchTerm {
    /// Parses a text; digits, with an X at the end of an ID number, are a number.
    ///
    /// # Errors
    /// [`SearchTermError`].
    pub fn parse(text: &str) -> Result<Self, SearchTermError> {
        let text = plain(text);
        let digits = text.strip_suffix('X').unwrap_or(&text);
        if text.is_empty() {
            Err(SearchTermError::Blank)
        } else if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self::Name(text))
        } else if text.len() < LAST_DIGITS {
            Err(SearchTermError::FewDigits)
        } else {
            Ok(Self::Number(text))
        }
    }

    /// The digits of a number that is too long to be the end of one.
    pub fn whole_number(&self) -> Option<&str> {
        match self {
            Self::Number(digits) if digits.len() > LAST_DIGITS => Some(digits),
            Self::Number(_) | Self::Name(_) => None,
        }
    }

    /// Whether it finds the person or beneficiary with this name, phone number and ID number, all
    /// [`plain`]; a number that is not known is empty.
    pub fn finds(&self, name: &str, phone: &str, id_number: &str) -> bool {
        match self {
            Self::Name(part) => name.contains(part.as_str()),
            Self::Number(digits) => {
                let at_end =
                    |number: &str| digits.len() == LAST_DIGITS && number.ends_with(digits.as_str());
                [phone, id_number].iter().any(|number| number == digits || at_end(number))
            }
        }
    }

    /// What is searched, for the log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Number(_) => "number",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "欧阳小明";
    const PHONE: &str = "10012345678";
    const ID: &str = "99999919810824018X";

    fn finds(text: &str) -> bool {
        SearchTerm::parse(text).expect("a term").finds(NAME, PHONE, ID)
    }

    proptest! {
        #[test]
        fn every_part_of_a_name_finds_it(from in 0_usize..4, length in 1_usize..5) {
            let part: String = NAME.chars().skip(from).take(length).collect();
            prop_assert!(finds(&part));
        }

        #[test]
        fn the_last_four_digits_and_the_whole_number_find_it(length in 4_usize..18) {
            for number in [PHONE, ID] {
                let length = length.min(number.len());
                let end = &number[number.len() - length..];
                prop_assert_eq!(finds(end), length == 4 || length == number.len(), "{}", end);
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,70}") {
            let _ = SearchTerm::parse(&text);
        }
    }

    #[test]
    fn a_pasted_text_equals_a_typed_one() {
        for text in [
            "１００ 1234－5678",
            "100–1234–5678",
            " 10012345678\u{200b}",
            "018x",
            "欧阳 小明",
            "小明\u{3000}",
        ] {
            assert!(finds(text), "{text}");
        }
        for text in ["10012", "王", "小阳", "X", "2345", "1999999"] {
            assert!(!finds(text), "{text}");
        }
    }

    #[test]
    fn a_number_is_whole_or_an_end() {
        let whole = |text| SearchTerm::parse(text).ok()?.whole_number().map(str::to_owned);
        assert_eq!(whole("100-1234-5678"), Some(PHONE.to_owned()));
        for end in ["5678", "欧阳"] {
            assert_eq!(whole(end), None, "{end}");
        }
        let term = SearchTerm::parse("5678").expect("a term");
        assert!(!term.finds(NAME, "", ""), "an unknown number has no end");
    }

    #[test]
    fn a_blank_text_and_too_few_digits_are_refused() {
        assert_eq!(SearchTerm::parse(" \u{3000}"), Err(SearchTermError::Blank));
        for few in ["1", "123", "１２３", "12X"] {
            assert_eq!(SearchTerm::parse(few), Err(SearchTermError::FewDigits), "{few}");
        }
    }
}
