//! Days in requests: only the form `2026-08-01`, so that a text that is sent is the day that is shown.

use chrono::NaiveDate;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::problem::Problem;
use crate::clock::{self, DateOutOfRange};

/// Why a text is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// Another form.
    #[error("must be a date, such as 2026-08-01")]
    Form,
    /// A day that no month has.
    #[error("does not exist in the calendar")]
    Unknown,
    /// A day that no plan or record has.
    #[error(transparent)]
    OutOfRange(#[from] DateOutOfRange),
}

/// The day of a text of exactly this form, in any year.
///
/// # Errors
/// [`DayError`].
pub fn parse(text: &str) -> Result<NaiveDate, DayError> {
    let form = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(form) {
        return Err(DayError::Form);
    }
    text.parse().map_err(|_| DayError::Unknown)
}

/// As [`parse`], in the years of plans and records.
///
/// # Errors
/// [`DayError`].
pub fn parse_within_reach(text: &str) -> Result<NaiveDate, DayError> {
    let day = parse(text)?;
    clock::within_reach(&day)?;
    Ok(day)
}

/// Whether `to` is `from` or at most `most` days after it.
///
/// # Errors
/// 422, at `to`.
pub fn check_period(from: NaiveDate, to: NaiveDate, most: i64) -> Result<(), Problem> {
    if (0..=most).contains(&(to - from).num_days()) {
        Ok(())
    } else {
        Err(Problem::invalid("to", format!("must be `from`, or at most {most} days after it")))
    }
}

/// A day that is stored.
///
/// # Errors
/// That of the deserializer.
pub fn stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_within_reach(&text).map_err(D::Error::custom)
}

/// A day that is stored, if it is sent.
///
/// # Errors
/// That of the deserializer.
pub fn stored_if_sent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NaiveDate>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse_within_reach(&text)).transpose().map_err(D::Error::custom)
}

/// A bound of a query, in any year.
///
/// # Errors
/// That of the deserializer.
pub fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(D::Error::custom)
}

/// A bound of a query, if it is sent, in any year.
///
/// # Errors
/// That of the deserializer.
pub fn bound<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse(&text)).transpose().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_form_and_is_in_the_calendar() {
        assert_eq!(parse("2026-02-28").map(|day| day.to_string()), Ok("2026-02-28".to_owned()));
        for text in
            ["2026-2-28", "+2026-02-28", "2026-02-28 ", "20260228", "12026-02-28", "２026-01-01"]
        {
            assert_eq!(parse(text), Err(DayError::Form), "{text}");
        }
        assert_eq!(parse("2026-02-30"), Err(DayError::Unknown));
        assert!(parse("0000-01-01").is_ok());
        for text in ["0000-01-01", "9999-12-31"] {
            assert_eq!(parse_within_reach(text), Err(DayError::OutOfRange(DateOutOfRange)));
        }
    }
}
