//! The cases of needs, which a visit found or a person raised, for the figures of an area.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::case::CaseResult;

use super::CaseSource;
use super::list::shown;
use super::scope::{self, Hidden};
use super::store::joined;
use crate::clock;
use crate::db::schema::{beneficiaries, cases};
use crate::db::{Conn, DbError};
use crate::in_range;

/// Which cases of needs; the days are included.
#[derive(Clone, Copy, Debug)]
pub enum NeedCases {
    /// Those that were opened from one day to another.
    Found(NaiveDate, NaiveDate),
    /// Those that ended with help from one day to another.
    Met(NaiveDate, NaiveDate),
    /// Those that are open.
    Waiting,
}

/// The days of each of these cases in the area that the principal's role sees, from its opening to its end, or to
/// `today`.
///
/// # Errors
/// [`DbError`].
pub fn days_of(
    conn: &mut Conn,
    principal: &Principal,
    area: AreaCode,
    which: NeedCases,
    today: NaiveDate,
) -> Result<Vec<i64>, DbError> {
    let hidden = scope::hidden(conn, principal.district(), principal.role)?;
    let range = area.range();
    let of_homes = in_range!(beneficiaries::grid.nullable(), range);
    let of_areas = cases::beneficiary.is_null().and(in_range!(cases::area, range));
    let of_needs = joined!(principal.district())
        .select((cases::opened_at, cases::begun_at, cases::result))
        .filter(cases::source.eq_any([CaseSource::Report, CaseSource::Proposal]))
        .filter(of_homes.or(of_areas));
    let mut query = shown!(of_needs, hidden);
    let end = |day| (clock::midnight(day) + TimeDelta::days(1)).naive_utc();
    let start = |day| clock::midnight(day).naive_utc();
    query = match which {
        NeedCases::Found(from, to) => {
            query.filter(cases::opened_at.ge(start(from))).filter(cases::opened_at.lt(end(to)))
        }
        NeedCases::Met(from, to) => query
            .filter(cases::result.eq_any([CaseResult::Granted, CaseResult::Done]))
            .filter(cases::begun_at.ge(start(from)))
            .filter(cases::begun_at.lt(end(to))),
        NeedCases::Waiting => query.filter(cases::result.is_null()),
    };
    let rows: Vec<(NaiveDateTime, NaiveDateTime, Option<CaseResult>)> = query.load(conn)?;
    let day = |moment: NaiveDateTime| clock::day(moment.and_utc());
    // The last step of a case begins at its end.
    let days = rows.into_iter().map(|(opened, begun, result)| {
        let end = if result.is_some() { day(begun) } else { today };
        (end - day(opened)).num_days()
    });
    Ok(days.collect())
}
