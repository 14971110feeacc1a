//! A person's weekly availability in the text form of files and tables:
//! `mon 0900-1200;sat 0900-1700`, at most one span a day.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use gridward_domain::text_column;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Weekday;

/// At most one window for each day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(try_from = "String", into = "String")]
pub struct Availability {
    days: BTreeMap<Weekday, Window>,
    text: String,
}

text_column!(Availability);

impl<'a> From<&'a Availability> for &'a str {
    fn from(availability: &'a Availability) -> Self {
        availability.as_str()
    }
}

/// Why a text is not a valid availability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AvailabilityError {
    /// A span is not a day, a space and times.
    #[error("each span must be a day and times, such as `mon 0900-1200`")]
    Span,
    /// Two spans on one day.
    #[error("a day can have only one span")]
    Twice,
}

impl Availability {
    /// The availability as text, Monday first.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The window on `day`, if there is one.
    pub fn on(&self, day: Weekday) -> Option<Window> {
        self.days.get(&day).copied()
    }

    /// All days with their windows, Monday first.
    pub fn days(&self) -> impl Iterator<Item = (Weekday, Window)> + '_ {
        self.days.iter().map(|(day, window)| (*day, *window))
    }

    /// The length of all windows of a week.
    pub fn total(&self) -> Minutes {
        self.days.values().map(Window::length).sum()
    }
}

impl TryFrom<String> for Availability {
    type Error = AvailabilityError;

    fn try_from(text: String) -> Result<Self, AvailabilityError> {
        text.parse()
    }
}

impl From<Availability> for String {
    fn from(availability: Availability) -> Self {
        availability.text
    }
}

impl FromIterator<(Weekday, Window)> for Availability {
    fn from_iter<I: IntoIterator<Item = (Weekday, Window)>>(days: I) -> Self {
        Self::from(days.into_iter().collect::<BTreeMap<_, _>>())
    }
}

impl From<BTreeMap<Weekday, Window>> for Availability {
    fn from(days: BTreeMap<Weekday, Window>) -> Self {
        let clock = |time: TimeOfDay| time.to_string().replace(':', "");
        let spans = days.iter().map(|(day, window)| {
            format!("{day} {}-{}", clock(window.start()), clock(window.end()))
        });
        let text = spans.collect::<Vec<_>>().join(";");
        Self { days, text }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Availability {
    type Err = AvailabilityError;

    fn from_str(text: &str) -> Result<Self, AvailabilityError> {
        let mut days = BTreeMap::new();
        for span in text.split(';').filter(|span| !span.is_empty()) {
            let (day, window) = parse_span(span).ok_or(AvailabilityError::Span)?;
            if days.insert(day, window).is_some() {
                return Err(AvailabilityError::Twice);
            }
        }
        Ok(Self::from(days))
    }
}

fn parse_span(span: &str) -> Option<(Weekday, Window)> {
    let (day, times) = span.split_once(' ')?;
    let (start, end) = times.split_once('-')?;
    let window = Window::new(TimeOfDay::parse(start).ok()?, TimeOfDay::parse(end).ok()?).ok()?;
    Some((day.parse().ok()?, window))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same_in_the_order_of_the_week() {
        let read: Availability = "sat 0900-1700;mon 0900-1200".parse().expect("readable");
        assert_eq!(read.to_string(), "mon 0900-1200;sat 0900-1700");
        assert_eq!("".parse(), Ok(Availability::default()));
    }

    #[test]
    fn a_second_span_of_a_day_and_a_span_backwards_are_refused() {
        let parse = |text: &str| text.parse::<Availability>();
        assert_eq!(parse("mon 0900-1000;mon 1100-1200"), Err(AvailabilityError::Twice));
        assert_eq!(parse("mon 1200-0900"), Err(AvailabilityError::Span));
        assert_eq!(parse("mon0900-1000"), Err(AvailabilityError::Span));
        assert_eq!(parse("day 0900-1000"), Err(AvailabilityError::Span));
    }
}
