//! What kind of day a day is, as a pure function.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate, Weekday};

/// A day that is not like others of its day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// A day off.
    Off,
    /// A day of a weekend on which staff work, to make up for a day off.
    Working,
}

/// The days off and the shifted working days of a district.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkDays(BTreeMap<NaiveDate, DayKind>);

impl WorkDays {
    /// The kind of `day`; `None` for a usual one.
    pub fn kind_of(&self, day: NaiveDate) -> Option<DayKind> {
        self.0.get(&day).copied()
    }

    /// Whether offices work on `day`.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        let is_weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        match self.kind_of(day) {
            Some(kind) => kind == DayKind::Working,
            None => !is_weekend,
        }
    }
}

impl FromIterator<(NaiveDate, DayKind)> for WorkDays {
    fn from_iter<I: IntoIterator<Item = (NaiveDate, DayKind)>>(days: I) -> Self {
        Self(days.into_iter().collect())
    }
}
