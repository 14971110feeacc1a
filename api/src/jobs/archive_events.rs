//! Moves old events from the database into files, as `gridward log archive` does.
//! The job is off unless an archive folder is set.

use gridward_domain::area::AreaCode;
use std::path::PathBuf;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::{Job, JobContext, JobError, RunFuture, Schedule};
use crate::clock::china;
use crate::event::archive::{ArchiveError, archive};

/// How long events stay in the database, and the folder that receives older ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The folder of the archive files; several servers share one.
    pub folder: PathBuf,
    /// Events of this many days before today stay.
    pub keep_days: u32,
}

impl Retention {
    /// The start of the oldest day whose events stay; `None` if that day is not representable.
    fn oldest_kept(&self, today: NaiveDate) -> Option<DateTime<Utc>> {
        let first = today.checked_sub_days(Days::new(self.keep_days.into()))?;
        let midnight = first.and_time(NaiveTime::MIN).and_local_timezone(china()).single()?;
        Some(midnight.with_timezone(&Utc))
    }
}

/// Archives the events that are older than the retention.
pub struct ArchiveEvents {
    /// The retention, if an archive folder is set.
    pub retention: Option<Retention>,
}

impl Job for ArchiveEvents {
    fn name(&self) -> &'static str {
        "archive_events"
    }

    fn schedule(&self) -> Schedule {
        match self.retention {
            Some(_) => Schedule::Daily { hour: 3 },
            None => Schedule::Off("the setting `archive` is empty"),
        }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let Some(retention) = self.retention.clone() else { return Ok(0) };
            let Some(moment) = retention.oldest_kept(context.today()) else { return Ok(0) };
            let address = context.db.address().clone();
            // Writing files blocks the thread, and would delay requests on it.
            let archive = tokio::task::spawn_blocking(move || {
                archive(&mut address.connect()?, district, &retention.folder, moment)
            });
            Ok(archive.await.map_err(|_| JobError::Panicked)??)
        })
    }
}

impl From<ArchiveError> for JobError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Db(error) => Self::Db(error),
            other => Self::Other(Box::new(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_kept_from_its_midnight_in_the_district() {
        let retention = Retention { folder: PathBuf::new(), keep_days: 1 };
        let today = NaiveDate::from_ymd_opt(2026, 8, 2).expect("a day");
        let oldest = retention.oldest_kept(today).expect("a moment");
        assert_eq!(oldest.to_rfc3339(), "2026-07-31T16:00:00+00:00");
    }

    #[test]
    fn without_a_folder_the_job_is_off() {
        assert!(matches!(ArchiveEvents { retention: None }.schedule(), Schedule::Off(_)));
    }
}
