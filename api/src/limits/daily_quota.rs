//! Daily quotas of each person, for what is stored for months or for ever.
//!
//! They are far above the work of a day; they limit the damage by a stolen token or a defective
//! app. A command beyond a quota stays in its phone's outbox. The counts are rows of the database: they
//! are those of all servers, outlast a restart, and count nothing that was rolled back.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

use crate::clock::{self, china};
use crate::db::schema::daily_counts;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, RateLimit};
use crate::tx::row::{Row, RowChange, write_versioned};
use crate::tx::{ReadSet, Tx};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a person stores a limited number of in a calendar day of the district.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DailyQuota {
    /// Answers of commands with an id, stored for repetitions.
    Answers,
    /// Reports.
    Reports,
    /// Announced attachments.
    Attachments,
}

crate::table_row! {
    /// A row of `daily_counts`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DailyCounts in daily_counts {
        district: AreaCode,
        key {
            person: PersonId,
        }
        fixed {
        }
        changing {
            day: NaiveDate,
            answers: i32,
            reports: i32,
            attachments: i32,
            version: i64,
        }
    }
}

impl DailyQuota {
    /// The maximum number in a day.
    pub const fn limit(self) -> u16 {
        match self {
            Self::Answers => 2_000,
            Self::Reports => 300,
            Self::Attachments => 500,
        }
    }

    /// The name in the `RateLimit` headers.
    const fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Reports => "reports",
            Self::Attachments => "attachments",
        }
    }

    const fn of(self, counts: &mut DailyCounts) -> &mut i32 {
        match self {
            Self::Answers => &mut counts.answers,
            Self::Reports => &mut counts.reports,
            Self::Attachments => &mut counts.attachments,
        }
    }

    /// Checks that the principal may store one more today.
    ///
    /// # Errors
    /// 429 until midnight in the district; [`DbError`].
    pub fn check(self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        let mut counts = DailyCounts::today(tx, principal)?.1;
        if *self.of(&mut counts) < i32::from(self.limit()) {
            return Ok(());
        }
        let (policy, quota) = (self.name(), self.limit().into());
        let wait = until_tomorrow(tx.now);
        Err(Problem::rate_limited(RateLimit { policy, quota, window: DAY, wait }))
    }

    /// Counts one that the principal stores in this transaction.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn count(self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), DbError> {
        let (stored, mut counts) = DailyCounts::today(tx, principal)?;
        *self.of(&mut counts) += 1;
        counts.version += 1;
        match stored {
            Some(stored) => tx.replace(&stored, counts),
            None => tx.insert(counts),
        }
        Ok(())
    }

    /// Checks the quota and counts one.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn take(self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.check(tx, principal)?;
        Ok(self.count(tx, principal)?)
    }
}

/// Adds the counts of the principal to the rows that a change reads.
pub fn read(principal: &Principal, read_set: &mut ReadSet) {
    read_set.add::<DailyCounts>(principal.person);
}

/// The time until the next day in the district.
fn until_tomorrow(now: DateTime<Utc>) -> Duration {
    let tomorrow = clock::day(now).checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    let midnight = china().from_local_datetime(&tomorrow.and_time(NaiveTime::MIN)).single();
    let left = midnight.and_then(|midnight| (midnight.to_utc() - now).to_std().ok());
    left.unwrap_or_default().max(Duration::from_secs(1))
}

impl DailyCounts {
    /// The stored row of the principal, if there is one, and the counts of today.
    fn today(tx: &mut Tx<'_>, principal: &Principal) -> Result<(Option<Self>, Self), DbError> {
        let (district, person, today) =
            (principal.district(), principal.person, clock::day(tx.now));
        let stored = tx.find::<Self>(person)?;
        let version = stored.as_ref().map_or(0, |row| row.version);
        let counts = stored.clone().filter(|row| row.day == today).unwrap_or(Self {
            district,
            person,
            day: today,
            answers: 0,
            reports: 0,
            attachments: 0,
            version,
        });
        Ok((stored, counts))
    }
}

impl Row for DailyCounts {
    type Key = PersonId;
    const ORDER: u8 = 15;

    fn key(&self) -> PersonId {
        self.person
    }

    fn one(
        conn: &mut Conn,
        district: AreaCode,
        person: &PersonId,
    ) -> Result<Option<Self>, DbError> {
        let found = daily_counts::table.find((district, person)).select(Self::as_select());
        Ok(found.first(conn).optional()?)
    }

    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        people: &BTreeSet<PersonId>,
    ) -> Result<Vec<Self>, DbError> {
        let of_people = daily_counts::table
            .filter(daily_counts::district.eq(district))
            .filter(daily_counts::person.eq_any(people))
            .select(Self::as_select());
        Ok(of_people.load(conn)?)
    }

    fn write(conn: &mut Conn, _: AreaCode, changes: &[RowChange<'_, Self>]) -> Result<(), DbError> {
        let insert = |conn: &mut Conn, rows: &[&Self]| {
            // Another server counted the person's first.
            Self::insert_all(conn, rows).map_err(DbError::unless_unique)
        };
        write_versioned(conn, changes, |row| row.version, insert, Self::update_all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_begins_anew_at_midnight_in_the_district() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        assert_eq!(until_tomorrow(at("2026-08-01T15:59:00Z")).as_secs(), 60);
        assert_eq!(until_tomorrow(at("2026-08-01T16:00:00Z")).as_secs(), 86_400);
    }
}
