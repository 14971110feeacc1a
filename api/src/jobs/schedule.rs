//! When a job runs: a pure function of its last run and the current time.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::store::RunOutcome;
use crate::clock::china;

/// How long a failed daily run waits for its repetition.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(5);

/// When a job runs. Every server also runs a job when it starts, so that work
/// that came due while no server ran is not a day late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// This many seconds after the start of the last run.
    Every {
        /// The interval.
        seconds: u32,
    },
    /// Once a day, at or after this hour of the district's local time; a failed
    /// run is repeated after five minutes.
    Daily {
        /// The hour, 0 to 23.
        hour: u32,
    },
    /// Never, for the given reason.
    Off(&'static str),
}

/// The last run of a job in one district by this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// How it ended.
    pub outcome: RunOutcome,
}

impl Schedule {
    /// Whether a job whose last run was `last` is due at `now`.
    pub fn is_due(self, last: Option<LastRun>, now: DateTime<Utc>) -> bool {
        let Some(last) = last else { return !matches!(self, Self::Off(_)) };
        let elapsed = now - last.started_at;
        // A run in the future means that the machine's clock was set back.
        let waited = |interval| elapsed >= interval || elapsed < TimeDelta::zero();
        match self {
            Self::Every { seconds } => waited(TimeDelta::seconds(seconds.into())),
            Self::Daily { hour } => {
                let repeat = last.outcome == RunOutcome::Failed && waited(RETRY_AFTER);
                repeat || day_from(hour, last.started_at) != day_from(hour, now)
            }
            Self::Off(_) => false,
        }
    }
}

/// The local day of `moment`, where a day begins at `hour` instead of midnight.
fn day_from(hour: u32, moment: DateTime<Utc>) -> NaiveDate {
    (moment - TimeDelta::hours(hour.into())).with_timezone(&china()).date_naive()
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every { seconds } => write!(f, "every {seconds} s"),
            Self::Daily { hour } => write!(f, "daily at {hour:02}:00"),
            Self::Off(reason) => write!(f, "off: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTELY: Schedule = Schedule::Every { seconds: 60 };
    const NIGHTLY: Schedule = Schedule::Daily { hour: 2 };

    fn at(local: &str) -> DateTime<Utc> {
        format!("2026-11-{local}:00+08:00").parse().expect("a moment")
    }

    fn ran(local: &str, outcome: RunOutcome) -> LastRun {
        LastRun { started_at: at(local), outcome }
    }

    #[test]
    fn a_job_that_has_not_run_is_due_at_once_unless_it_is_off() {
        let now = at("26T09:00");
        assert!(MINUTELY.is_due(None, now));
        assert!(NIGHTLY.is_due(None, now));
        assert!(!Schedule::Off("no folder is set").is_due(None, now));
    }

    #[test]
    fn an_interval_counts_from_the_start_of_the_last_run() {
        let last = Some(ran("26T09:00", RunOutcome::Failed));
        assert!(!MINUTELY.is_due(last, at("26T09:00")));
        assert!(MINUTELY.is_due(last, at("26T09:01")));
    }

    #[test]
    fn a_daily_job_is_due_from_its_local_hour_once() {
        let last = Some(ran("25T09:00", RunOutcome::Succeeded));
        assert!(!NIGHTLY.is_due(last, at("26T01:59")));
        assert!(NIGHTLY.is_due(last, at("26T02:00")));
        assert!(NIGHTLY.is_due(last, at("28T01:00")), "a missed day is made up for");
        assert!(!NIGHTLY.is_due(Some(ran("26T02:00", RunOutcome::Succeeded)), at("26T23:59")));
    }

    #[test]
    fn a_failed_daily_run_is_repeated_after_five_minutes() {
        let last = Some(ran("26T02:00", RunOutcome::Failed));
        assert!(!NIGHTLY.is_due(last, at("26T02:04")));
        assert!(NIGHTLY.is_due(last, at("26T02:05")));
    }

    #[test]
    fn a_clock_that_was_set_back_stops_no_job() {
        assert!(MINUTELY.is_due(Some(ran("26T09:00", RunOutcome::Succeeded)), at("26T08:00")));
        assert!(NIGHTLY.is_due(Some(ran("28T09:00", RunOutcome::Succeeded)), at("26T08:00")));
    }
}
