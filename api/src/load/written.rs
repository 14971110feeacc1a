//! When the files of a load were written.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::kind_of;

/// The times at which the files were written; of a file without a time every edited value is newer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// Nothing is known.
    #[default]
    Unknown,
    /// All at once.
    At(DateTime<Utc>),
    /// Each at its own time, by the kind of its records.
    Each(HashMap<String, DateTime<Utc>>),
}

impl Written {
    /// The times of files such as `people.csv`.
    pub fn each<'f>(files: impl Iterator<Item = (&'f str, DateTime<Utc>)>) -> Self {
        Self::Each(files.map(|(file, time)| (kind_of(file).to_owned(), time)).collect())
    }

    /// Whether an edit at `time` of a row of this kind is newer than its file.
    pub(super) fn is_before(&self, kind: &str, time: DateTime<Utc>) -> bool {
        match self {
            Self::Unknown => true,
            Self::At(written) => *written <= time,
            Self::Each(files) => files.get(kind).is_none_or(|written| *written <= time),
        }
    }

    /// The time before which no edit is newer than a file, if there is one.
    pub(super) fn first(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Unknown => None,
            Self::At(written) => Some(*written),
            // Kinds without a file have no values that an edit could outweigh.
            Self::Each(files) => files.values().min().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_compared_with_its_own_file() {
        let day = |day: i64| DateTime::from_timestamp(86_400 * day, 0).expect("a time");
        let files = [("people.csv", day(3)), ("areas.xlsx", day(1))];
        let written = Written::each(files.into_iter());
        assert!(written.is_before("areas", day(2)));
        assert!(!written.is_before("people", day(2)));
        assert_eq!(written.first(), Some(day(1)));
        assert!(Written::Unknown.is_before("people", day(2)));
    }
}
