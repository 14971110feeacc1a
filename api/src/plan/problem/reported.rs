//! The places of the visits that were reported lately: their people may still be on the way.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike as _, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::KindCode;
use gridward_domain::id::PersonId;
use gridward_domain::place::Place;
use gridward_domain::time::TimeOfDay;

use super::earliest::at_minute;
use crate::clock;
use crate::db::schema::{reports, tasks};
use crate::db::{Conn, DbError};

/// No way home within a district takes longer.
const LONGEST_WAY: TimeDelta = TimeDelta::hours(4);

/// A visit of today that its visitor has reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reported {
    /// The visitor.
    pub person: PersonId,
    /// Where the visit was.
    pub place: Place,
    /// When the report came in.
    pub at: TimeOfDay,
}

/// The visits of today that their visitors have reported lately, without calls, visits and reports of another
/// day, and reports that another person wrote later.
///
/// # Errors
/// [`DbError`].
pub fn lately(
    conn: &mut Conn,
    district: AreaCode,
    calls: &HashSet<KindCode>,
    now: DateTime<Utc>,
) -> Result<Vec<Reported>, DbError> {
    type Columns = (PersonId, String, NaiveDateTime, f64, f64);
    let today = clock::day(now);
    let since = (now - LONGEST_WAY).max(clock::midnight(today));
    let rows: Vec<Columns> = reports::table
        .inner_join(
            tasks::table.on(tasks::district.eq(reports::district).and(tasks::id.eq(reports::task))),
        )
        .filter(reports::district.eq(district))
        .filter(reports::created_at.ge(since.naive_utc()))
        .filter(reports::written_by.is_null())
        // A phone without a network sends the reports of other days later.
        .filter(reports::made_on.is_null().or(reports::made_on.eq(today)))
        .filter(tasks::planned_on.is_null().or(tasks::planned_on.eq(today)))
        .select((reports::person, reports::kind, reports::created_at, tasks::lat, tasks::lon))
        .load(conn)?;
    let is_call = |kind: &str| calls.iter().any(|call| call.as_str() == kind);
    let visits = rows.into_iter().filter(|(_, kind, ..)| !is_call(kind));
    let reported = |(person, _, at, lat, lon): Columns| {
        let place = Place::new(lat, lon).map_err(|error| DbError::corrupt("tasks", error))?;
        let at = at.and_utc().with_timezone(&clock::china());
        let at = at_minute(at.num_seconds_from_midnight() / 60).unwrap_or(TimeOfDay::LAST);
        Ok(Reported { person, place, at })
    };
    visits.map(reported).collect()
}
