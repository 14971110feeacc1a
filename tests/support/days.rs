//! Days relative to now.

use chrono::{FixedOffset, NaiveDate, TimeDelta, Utc};

/// The day in the district, this many days from now.
pub fn day(later: i64) -> NaiveDate {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    Utc::now().with_timezone(&china).date_naive() + TimeDelta::days(later)
}
