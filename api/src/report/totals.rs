//! The numbers of reports by outcome and by day.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use gridward_domain::task::Outcome;

use super::filter::{ReportQuery, Selection};
use super::model::{DayCounts, OutcomeCounts, ReportTotals};
use super::store;
use crate::clock::nearest_within_reach;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::day::check_period;
use crate::http::problem::Problem;

/// The most days from the first to the last day of totals.
const MOST_DAYS: i64 = 365;

/// The days of totals before the last one, unless the first is given.
const USUAL_DAYS: Days = Days::new(30);

/// The days of totals: `to` is today and `from` 30 days earlier unless given; a day out of reach is taken
/// for the nearest within.
///
/// # Errors
/// 422 for a longer or reversed period.
pub(super) fn days(
    filter: &ReportQuery,
    today: NaiveDate,
) -> Result<(NaiveDate, NaiveDate), Problem> {
    let to = nearest_within_reach(filter.to.unwrap_or(today));
    let from = filter.from.or_else(|| to.checked_sub_days(USUAL_DAYS)).unwrap_or(to);
    let from = nearest_within_reach(from);
    check_period(from, to, MOST_DAYS)?;
    Ok((from, to))
}

/// Counts the selected reports of the days.
///
/// # Errors
/// [`DbError`].
pub(super) fn totals(
    conn: &mut Conn,
    key: &SealingKey,
    selection: &Selection,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<ReportTotals, DbError> {
    let mut days: BTreeMap<NaiveDate, OutcomeCounts> = BTreeMap::new();
    let mut total = OutcomeCounts::default();
    let mut add = |day: NaiveDate, outcome: Option<Outcome>, reports| {
        days.entry(day).or_default().add(outcome, reports);
        total.add(outcome, reports);
    };
    if selection.query.need.is_some() {
        let query = ReportQuery { from: Some(from), to: Some(to), ..selection.query.clone() };
        let selection = Selection { query, ..selection.clone() };
        store::each(conn, key, &selection, |one| {
            add(one.row.received_on, one.row.outcome.parse().ok(), 1);
        })?;
    } else {
        for (day, outcome, reports) in store::by_day(conn, selection, (from, to))? {
            add(day, outcome.parse().ok(), reports);
        }
    }
    let days = days.into_iter().map(|(day, counts)| DayCounts { day, counts }).collect();
    Ok(ReportTotals { from, to, total, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_cover_a_month_unless_given_and_at_most_a_year() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let today = day("2026-08-31");
        let filter = |from: Option<&str>, to: Option<&str>| {
            let (from, to) = (from.map(day), to.map(day));
            days(&ReportQuery { from, to, ..ReportQuery::default() }, today)
        };
        assert_eq!(filter(None, None).ok(), Some((day("2026-08-01"), today)));
        assert_eq!(
            filter(None, Some("2026-07-31")).ok(),
            Some((day("2026-07-01"), day("2026-07-31")))
        );
        assert!(filter(Some("2025-08-31"), None).is_ok());
        let far = (day("2200-12-01"), day("2200-12-31"));
        assert_eq!(filter(None, Some("3616-07-10")).ok(), Some(far));
        for (from, to) in [("2025-08-30", "2026-08-31"), ("2026-08-02", "2026-08-01")] {
            let refused = filter(Some(from), Some(to)).expect_err(from);
            assert_eq!(refused.errors()[0].pointer, "to");
        }
    }
}
