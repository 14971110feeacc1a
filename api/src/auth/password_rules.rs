//! The requirements of a new password (OWASP ASVS 5.0, 6.2): length, no common password, nothing
//! that follows from the person or the place. No composition rules.

use std::collections::HashSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use thiserror::Error;

/// The minimum length.
pub const FEWEST: usize = 8;
/// The maximum length.
pub const MOST: usize = 128;
/// The digits of the own phone number in a row that count as a word of the person's.
const DIGITS: usize = 6;
/// The characters that must remain without the person's own words.
const REMAINING: usize = 6;
/// The product, for which no list of words is needed.
const PRODUCT: &str = "gridward";
/// The longest unit whose repetition is common, such as `abcd` in `abcdabcd`.
const LONGEST_UNIT: usize = 4;
/// The rows of a keyboard and the orders that people type.
const ROWS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];

/// Common passwords and the words that they are made of, in lower case.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// The requirement that a password violates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has {FEWEST} to {MOST} characters")]
    Length,
    /// Blank, or with control characters or others that no screen shows.
    #[error("a password must not be blank or contain invisible characters")]
    Unprintable,
    /// Among the most common ones.
    #[error("this password is one of the most common ones")]
    Common,
    /// Made of the person's phone number, name or area.
    #[error(
        "a password must have {REMAINING} characters besides your phone number, your name and the \
         names of your area"
    )]
    Personal,
}

/// Checks a new password; `personal` are the person's phone number, name and places.
///
/// # Errors
/// [`PasswordError`].
pub fn accept(password: &str, personal: &[String]) -> Result<(), PasswordError> {
    if !(FEWEST..=MOST).contains(&password.chars().count()) {
        return Err(PasswordError::Length);
    }
    // Full-width letters and other variants are as common as the plain ones.
    let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(password);
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let is_invisible = |c: char| c.is_control() || ignorable.contains(c);
    if plain.trim().is_empty() || password.chars().chain(plain.chars()).any(is_invisible) {
        return Err(PasswordError::Unprintable);
    }
    let lower = plain.to_lowercase();
    if is_common(&lower) {
        return Err(PasswordError::Common);
    }
    if is_personal(&lower, personal) { Err(PasswordError::Personal) } else { Ok(()) }
}

fn is_common(lower: &str) -> bool {
    let word = word_of(lower);
    COMMON.contains(lower)
        || COMMON.contains(word.as_str())
        || is_repeated(lower)
        || is_row(lower)
        || is_date(lower)
}

/// The word of a password such as `p@ssw0rd2024!`: without digits and signs at both ends, and with
/// letters for the signs inside.
fn word_of(lower: &str) -> String {
    let plain = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    lower.trim_matches(|c: char| !c.is_alphabetic()).chars().map(plain).collect()
}

/// Whether a short unit is repeated: `aaaaaaaa`, `abc123abc123`.
fn is_repeated(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    (1..=LONGEST_UNIT).any(|unit| chars.iter().zip(&chars[unit..]).all(|(one, next)| one == next))
}

/// Whether the password is a part of a row, forwards or backwards.
fn is_row(lower: &str) -> bool {
    let backwards: String = lower.chars().rev().collect();
    ROWS.iter().any(|row| row.contains(lower) || row.contains(&backwards))
}

/// Whether the password is a date of eight digits, year first or last.
fn is_date(lower: &str) -> bool {
    let written = ["%Y%m%d", "%d%m%Y", "%m%d%Y"];
    let is_digits = lower.len() == 8 && lower.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && written.iter().any(|form| NaiveDate::parse_from_str(lower, form).is_ok())
}

/// Whether little remains without the person's own words.
fn is_personal(lower: &str, personal: &[String]) -> bool {
    let words = personal.iter().map(|word| word.to_lowercase());
    let mut words: Vec<String> = words.chain([PRODUCT.to_owned()]).collect();
    let numbers: Vec<String> = words.iter().flat_map(|word| runs(word)).collect();
    words.extend(numbers);
    words.retain(|word| word.chars().count() > 1);
    // A long word may contain a shorter one.
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let found = words.iter().any(|word| lower.contains(word.as_str()));
    let rest = words.iter().fold(lower.to_owned(), |rest, word| rest.replace(word.as_str(), ""));
    found && rest.chars().count() < REMAINING
}

/// The runs of digits in a phone number; none of another word.
fn runs(word: &str) -> Vec<String> {
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let of_length = |length| (0..=word.len() - length).map(move |from| &word[from..from + length]);
    (DIGITS..=word.len()).flat_map(of_length).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> Option<PasswordError> {
        let personal = ["13800001234", "王小明", "江津区", "江津", "南门社区", "南门"];
        accept(password, &personal.map(str::to_owned)).err()
    }

    #[test]
    fn a_sentence_or_random_characters_are_accepted() {
        for good in [
            "a long enough password",
            "一二三四五六七八",
            "八月桂花开满院子",
            "tq7m-x2kd-9vbn",
            "gridward-demo-1",
            "南门桂花八月开满院子",
            "19970231",
        ] {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[test]
    fn common_passwords_and_their_variants_are_refused() {
        for bad in [
            "password",
            "Password1",
            "P@ssw0rd2024!",
            "woaini1314",
            "1q2w3e4r",
            "qwertyuiop",
            "aaaaaaaa",
            "abc1abc1",
            "12345678",
            "87654321",
            "19870605",
            "dragon99",
            "ｐａｓｓｗｏｒｄ",
            "1qaz2wsx",
        ] {
            assert_eq!(refused(bad), Some(PasswordError::Common), "{bad}");
        }
    }

    #[test]
    fn the_persons_own_words_are_refused() {
        for bad in [
            "13800001234",
            "13800001234a",
            "38000012",
            "a800001234b",
            "１３８００００１２３４",
            "gridward-demo",
            "江津区南门社区1",
            "王小明王小明12",
        ] {
            assert_eq!(refused(bad), Some(PasswordError::Personal), "{bad}");
        }
    }

    #[test]
    fn length_and_unprintable_characters_are_checked() {
        assert_eq!(refused("1234567"), Some(PasswordError::Length));
        assert_eq!(refused(&"x".repeat(129)), Some(PasswordError::Length));
        assert_eq!(refused("        "), Some(PasswordError::Unprintable));
        for invisible in ["\0", "\u{200b}", "\u{3164}", "\u{3000}"] {
            assert_eq!(refused(&invisible.repeat(8)), Some(PasswordError::Unprintable));
        }
        assert_eq!(refused("tq7m-x2kd\u{feff}"), Some(PasswordError::Unprintable));
    }

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        let list: Vec<&str> = include_str!("common_passwords.txt").lines().collect();
        assert!(list.len() > 4_000);
        assert!(list.is_sorted());
        assert!(list.iter().all(|word| *word == word.to_lowercase()));
    }
}
