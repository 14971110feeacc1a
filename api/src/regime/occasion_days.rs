//! The days of the occasion that the visits of a regime follow, by the calendar of the district.

use chrono::{Datelike as _, NaiveDate};
use gridward_domain::regime::OccasionDays;

use super::store::RegimeRow;
use crate::db::{Conn, DbError};
use crate::holiday::occasion;

/// The years after the present one in which an outlook may end.
const YEARS_AHEAD: i32 = 2;

/// The days from the year before `today` to the last one of an outlook; none if the regime follows no occasion.
///
/// # Errors
/// [`DbError`].
pub fn read(
    conn: &mut Conn,
    regime: &RegimeRow,
    today: NaiveDate,
) -> Result<OccasionDays, DbError> {
    let Some(code) = &regime.feast else { return Ok(OccasionDays::new()) };
    let years = (today.year() - 1)..=(today.year() + YEARS_AHEAD);
    occasion::days(conn, regime.district, code.as_str(), years)
}

/// Whether the regime follows an occasion that has none of these days left on `today`: no visit comes until the district
/// enters one.
pub fn is_over(regime: &RegimeRow, days: &OccasionDays, today: NaiveDate) -> bool {
    regime.feast.is_some() && days.range(today..).next().is_none()
}
