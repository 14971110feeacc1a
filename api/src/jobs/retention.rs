//! Old events leave the database for files, once a day, as `gridward log archive`
//! moves them. Off unless a folder is named.

use std::path::PathBuf;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::clock::china;
use crate::crypto::store::districts;
use crate::db::dialect;
use crate::event::archive::{ArchiveError, archive};
use crate::tx::Db;

/// How long events stay, and where they go then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The folder of the files; several servers share one.
    pub folder: PathBuf,
    /// Events of so many days before today stay.
    pub keep_days: u32,
}

impl Retention {
    /// Archives what is older in every district; answers how many events, or
    /// nothing while another server is at one of the districts. All day long the
    /// same events are old, so doing it again moves none.
    ///
    /// # Errors
    /// [`ArchiveError`]; what was done stays, and districts after it wait.
    pub fn keep(&self, db: &Db, today: NaiveDate) -> Result<Option<usize>, ArchiveError> {
        let Some(moment) = self.oldest(today) else { return Ok(Some(0)) };
        // Its own connection: when it closes, the lock goes.
        let mut conn = db.address().connect()?;
        let mut moved = Some(0);
        for district in districts(&mut conn)? {
            if dialect::keep_clock(&mut conn, district)? {
                let more = archive(&mut conn, district, &self.folder, moment)?;
                moved = moved.map(|moved| moved + more);
            } else {
                moved = None;
            }
        }
        Ok(moved)
    }

    /// The midnight from which on events stay; none if that is before all days.
    fn oldest(&self, today: NaiveDate) -> Option<DateTime<Utc>> {
        let first = today.checked_sub_days(Days::new(self.keep_days.into()))?;
        let midnight = first.and_time(NaiveTime::MIN).and_local_timezone(china()).single()?;
        Some(midnight.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_kept_from_its_midnight_in_the_district() {
        let retention = Retention { folder: PathBuf::new(), keep_days: 1 };
        let today = NaiveDate::from_ymd_opt(2026, 8, 2).expect("a day");
        let oldest = retention.oldest(today).expect("a moment");
        assert_eq!(oldest.to_rfc3339(), "2026-07-31T16:00:00+00:00");
    }
}
