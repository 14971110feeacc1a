//! Whole numbers within bounds.
//!
//! Each type declares its bounds once. Parsing a text, deserialising, reading a column and
//! the OpenAPI schema all follow from that declaration, so a value of the type is always
//! within them. A constant is checked by the compiler: `Priority::of::<5>()`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The highest whole number that JSON carries exactly everywhere (RFC 8259, 6).
const HIGHEST: i64 = 9_007_199_254_740_991;

/// A number outside the bounds of its type, or a text that is not a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be from {min} to {max}")]
pub struct OutOfRange {
    /// The lowest valid number.
    pub min: i64,
    /// The highest valid number.
    pub max: i64,
}

macro_rules! ranges {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $integer:ident as $column:ident, $min:literal to $max:expr, example $example:literal;
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(
            feature = "diesel",
            derive(diesel::AsExpression, diesel::FromSqlRow),
            diesel(sql_type = diesel::sql_types::$column)
        )]
        #[serde(try_from = "i64")]
        pub struct $name($integer);

        impl $name {
            /// The lowest valid number.
            pub const MIN: Self = Self($min);
            /// The highest valid number.
            pub const MAX: Self = Self($max);

            /// The constant `N`; outside the bounds it does not compile.
            pub const fn of<const N: $integer>() -> Self {
                const { assert!(N >= $min && N <= $max, "outside the bounds of the type") };
                Self(N)
            }

            /// The number.
            pub const fn get(self) -> $integer {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = OutOfRange;

            fn try_from(number: i64) -> Result<Self, OutOfRange> {
                let (Self(min), Self(max)) = (Self::MIN, Self::MAX);
                match $integer::try_from(number) {
                    Ok(number) if (min..=max).contains(&number) => Ok(Self(number)),
                    _ => Err(OutOfRange { min: min.into(), max: max.into() }),
                }
            }
        }

        impl FromStr for $name {
            type Err = OutOfRange;

            fn from_str(text: &str) -> Result<Self, OutOfRange> {
                // Read without a sign, so that `-0` is refused. No bound is negative.
                let number = text.parse::<u64>().ok().and_then(|number| number.try_into().ok());
                Self::try_from(number.unwrap_or(-1))
            }
        }

        impl From<$name> for u64 {
            fn from(number: $name) -> Self {
                number.0.unsigned_abs().into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        #[cfg(feature = "diesel")]
        $crate::sql::number_column!($name: $integer as $column);

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let (min, max) = (Self::MIN.0.into(), Self::MAX.0.into());
                $crate::schema::whole_number(min, max, $example, concat!($($doc),+).trim())
            }
        }

        #[cfg(feature = "schema")]
        $crate::schema::named!($name as stringify!($name));
    )+};
}

ranges! {
    /// The duration of a visit at the place, in minutes.
    ServiceMinutes: i32 as Integer, 1 to 480, example 30;
    /// A priority from 1 (lowest) to 10 (most urgent).
    Priority: i32 as Integer, 1 to 10, example 5;
    /// The working days of a step of a case, until it escalates.
    StepDays: i32 as Integer, 1 to 365, example 10;
    /// The years for which a case is kept after its end, or a hand-out after it was made or returned.
    KeptYears: i32 as Integer, 1 to 100, example 10;
    /// The number of attempts at a visit, or the number of one attempt, from 1.
    Attempts: i32 as Integer, 1 to 20, example 1;
    /// Days from one attempt to the next.
    RetryDays: i32 as Integer, 0 to 365, example 3;
    /// Days from the due day to the first escalation, and from one escalation to the next.
    EscalateDays: i32 as Integer, 1 to 365, example 7;
    /// The most visits of a campaign that become possible on one day.
    QuotaPerDay: i32 as Integer, 1 to 1_000_000, example 2_000;
    /// The random seed of a plan. The same seed and the same tasks give the same plan.
    PlanSeed: i64 as BigInt, 0 to 4_294_967_295, example 0;
    /// Minutes from the computation of a plan to the first departure of the same day.
    LeadMinutes: i32 as Integer, 0 to 1440, example 30;
    /// Days before the day of an occasion.
    DaysBefore: i32 as Integer, 0 to 180, example 14;
    /// Days before today.
    DaysAgo: i32 as Integer, 1 to 3650, example 90;
    /// Days of a cycle of a regime.
    CadenceDays: i32 as Integer, 7 to 1096, example 90;
    /// The coming weeks of the outlook of a regime.
    OutlookWeeks: i32 as Integer, 1 to 104, example 52;
    /// Days from the last day of a stay in hospital, or from a need that was found, to a visit.
    AfterStayDays: i32 as Integer, 1 to 180, example 14;
    /// Days from the preparation of a visit of a regime to its day.
    LeadDays: i32 as Integer, 0 to 60, example 7;
    /// Days from the creation of a task to its due day.
    DueDays: i32 as Integer, 0 to 3650, example 7;
    /// Minutes per week; a week has 10080.
    WeeklyMinutes: i32 as Integer, 0 to 10_080, example 240;
    /// A year of birth, four digits.
    BirthYear: i32 as Integer, 1850 to 2200, example 1948;
    /// A calendar year.
    CalendarYear: i32 as Integer, 2000 to 2200, example 2026;
    /// An age in completed calendar years: the year of today minus the year of birth.
    Age: i32 as Integer, 0 to 150, example 80;
    /// The number of items on a page of a list.
    PageLimit: i32 as Integer, 1 to 200, example 50;
    /// The number of rows on a page of a pull.
    SyncLimit: i32 as Integer, 1 to 1000, example 200;
    /// An amount of money, in fen.
    AmountFen: i64 as BigInt, 1 to 100_000_000, example 50_000;
    /// Pieces of goods that move.
    Pieces: i32 as Integer, 1 to 1_000_000, example 500;
    /// Pieces of goods in stock.
    StockPieces: i32 as Integer, 0 to 10_000_000, example 500;
    /// The number of pieces.
    GoodsQuantity: i32 as Integer, 1 to 1000, example 1;
    /// The number of reveals beyond the daily budget that superiors allow a person on a day.
    RevealCount: i32 as Integer, 1 to 500, example 20;
    /// The version of a record, incremented with every change.
    Version: i64 as BigInt, 1 to HIGHEST, example 1;
    /// The version that a decision is based on; 0 names none.
    BaseVersion: i64 as BigInt, 0 to HIGHEST, example 1;
    /// A sequence number in a district's log; 0 precedes the first event.
    LogPosition: i64 as BigInt, 0 to HIGHEST, example 1;
}

impl Attempts {
    /// The number after this one; the highest has none and stays.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 < Self::MAX.0 { Self(self.0 + 1) } else { self }
    }
}

macro_rules! counts {
    ($($limit:ident),+) => {$(
        impl From<$limit> for usize {
            fn from(limit: $limit) -> Self {
                Self::try_from(limit.0).unwrap_or(Self::MAX)
            }
        }
    )+};
}

counts!(OutlookWeeks, PageLimit, SyncLimit);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A number of each kind: within the bounds, at them, beside them and far away.
    fn numbers(min: i64, max: i64) -> impl Strategy<Value = i64> {
        prop_oneof![
            4 => min..=max,
            2 => prop::sample::select(vec![min - 1, min, min + 1, max - 1, max, max + 1]),
            1 => any::<i64>(),
        ]
    }

    macro_rules! laws {
        ($($test:ident: $name:ident, $min:literal, $max:literal;)+) => {$(
            proptest! {
                #[test]
                fn $test(number in numbers($min, $max)) {
                    let (min, max): (i64, i64) = ($min, $max);
                    let value = $name::try_from(number);
                    prop_assert_eq!(value.is_ok(), (min..=max).contains(&number));
                    prop_assert_eq!(number.to_string().parse::<$name>(), value);
                    let json = serde_json::json!(number);
                    prop_assert_eq!(serde_json::from_value(json.clone()).ok(), value.ok());
                    if let Ok(value) = value {
                        prop_assert_eq!(i64::from(value.get()), number);
                        prop_assert_eq!(value.to_string(), number.to_string());
                        prop_assert_eq!(serde_json::json!(value), json);
                        prop_assert_eq!(i64::try_from(u64::from(value)), Ok(number));
                    } else {
                        prop_assert_eq!(value, Err(OutOfRange { min, max }));
                    }
                }
            }
        )+};
    }

    laws! {
        service_minutes: ServiceMinutes, 1, 480;
        priority: Priority, 1, 10;
        step_days: StepDays, 1, 365;
        attempts: Attempts, 1, 20;
        retry_days: RetryDays, 0, 365;
        escalate_days: EscalateDays, 1, 365;
        due_days: DueDays, 0, 3650;
        plan_seed: PlanSeed, 0, 4_294_967_295;
        lead_minutes: LeadMinutes, 0, 1440;
        pieces: Pieces, 1, 1_000_000;
        stock_pieces: StockPieces, 0, 10_000_000;
        weekly_minutes: WeeklyMinutes, 0, 10080;
        birth_year: BirthYear, 1850, 2200;
        age: Age, 0, 150;
        page_limit: PageLimit, 1, 200;
        sync_limit: SyncLimit, 1, 1000;
        version: Version, 1, 9_007_199_254_740_991;
        base_version: BaseVersion, 0, 9_007_199_254_740_991;
        log_position: LogPosition, 0, 9_007_199_254_740_991;
    }

    #[test]
    fn a_text_that_is_no_whole_number_is_refused() {
        let error = OutOfRange { min: 0, max: 10_080 };
        for text in ["", "some", "-0", "-5", "1.0", "1e3", " 5", "99999999999999999999"] {
            assert_eq!(text.parse::<WeeklyMinutes>(), Err(error), "{text:?}");
        }
        assert_eq!(error.to_string(), "must be from 0 to 10080");
    }

    #[test]
    fn the_last_attempt_has_no_next() {
        assert_eq!(Attempts::of::<1>().next(), Attempts::of::<2>());
        assert_eq!(Attempts::MAX.next(), Attempts::MAX);
    }
}
