//! What kind of day a day is, as a pure function.

use std::collections::BTreeMap;

use chrono::NaiveDate;

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
}

impl FromIterator<(NaiveDate, DayKind)> for WorkDays {
    fn from_iter<I: IntoIterator<Item = (NaiveDate, DayKind)>>(days: I) -> Self {
        Self(days.into_iter().collect())
    }
}
