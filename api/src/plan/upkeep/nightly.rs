//! The plan of each night: its settings, and when it is due, as pure functions.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::china;
use crate::http::problem::Problem;
use crate::plan::request::span::Span;

/// The most days of a nightly plan.
const MOST_DAYS: u8 = 14;
/// How long after its time a night is planned: a server that starts later leaves it out, so that no
/// visits are planned in the middle of a day.
const LATEST: TimeDelta = TimeDelta::hours(4);

/// The plan that a district makes by itself each night, over the open tasks of all its grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "at": "02:00", "days": 3, "mode": "draft" }))]
pub struct NightlyPlan {
    /// The time in the district's time zone, hours and minutes.
    #[schema(value_type = String, max_length = 5, example = "02:00")]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub at: NightTime,
    /// The number of days, from the same day on; from the next day on if the time is noon or later.
    #[schema(minimum = 1, maximum = 14, example = 3)]
    pub days: u8,
    /// What becomes of the plan.
    #[serde(default)]
    pub mode: PlanMode,
}

/// What becomes of a plan that no person ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanMode {
    /// It is a draft, which a person applies or not.
    #[default]
    Draft,
    /// It is applied as soon as it is computed, unless it makes more than a tenth of its visits late.
    Apply,
}

/// A time of day in the form `02:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NightTime(TimeOfDay);

impl TryFrom<String> for NightTime {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let time = TimeOfDay::parse(&text).ok().filter(|time| *time < TimeOfDay::LAST);
        let time = time.filter(|time| time.to_string() == text);
        time.map(Self).ok_or("must be a time from 00:00 to 23:59")
    }
}

impl From<NightTime> for String {
    fn from(time: NightTime) -> Self {
        time.0.to_string()
    }
}

/// A night whose plan is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueNight {
    /// The day on which the plan's time was.
    pub night: NaiveDate,
    /// The first day of the plan.
    pub first_day: NaiveDate,
}

impl NightlyPlan {
    /// Checks the number of days.
    ///
    /// # Errors
    /// 422 that names the member.
    pub fn check(self) -> Result<(), Problem> {
        if (1..=MOST_DAYS).contains(&self.days) {
            return Ok(());
        }
        Err(Problem::invalid("/nightly_plan/days", format!("must be from 1 to {MOST_DAYS}")))
    }

    /// The night that is to be planned at `now`.
    pub fn due(self, now: DateTime<Utc>) -> Option<DueNight> {
        let at = TimeDelta::minutes(self.at.0.minutes().into());
        let since = (now - at).with_timezone(&china());
        let night = since.date_naive();
        let begins_next_day = at >= TimeDelta::hours(12);
        let first_day = night + Days::new(begins_next_day.into());
        (since.time() - chrono::NaiveTime::MIN < LATEST).then_some(DueNight { night, first_day })
    }

    /// The days of the plan that begins on this day.
    pub fn span(self, first: NaiveDate) -> Option<Span> {
        let last = first + Days::new(u64::from(self.days.clamp(1, MOST_DAYS)) - 1);
        Span::new(first, last).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(at: &str) -> NightlyPlan {
        let at = NightTime::try_from(at.to_owned()).expect("a time");
        NightlyPlan { at, days: 3, mode: PlanMode::Draft }
    }

    fn due(at: &str, now: &str) -> Option<(String, String)> {
        let now = format!("2026-11-{now}:00+08:00").parse().expect("a moment");
        let due = plan(at).due(now)?;
        Some((due.night.to_string(), due.first_day.to_string()))
    }

    #[test]
    fn a_night_is_due_at_its_time_in_china_and_for_four_hours() {
        let night = |night: &str, first: &str| {
            Some((format!("2026-11-{night}"), format!("2026-11-{first}")))
        };
        assert_eq!(due("02:00", "26T01:59"), None);
        assert_eq!(due("02:00", "26T02:00"), night("26", "26"));
        assert_eq!(due("02:00", "26T05:59"), night("26", "26"));
        assert_eq!(due("02:00", "26T06:00"), None);
    }

    #[test]
    fn a_plan_of_the_evening_begins_on_the_next_day_and_belongs_to_one_night() {
        let expected = Some(("2026-11-26".to_owned(), "2026-11-27".to_owned()));
        assert_eq!(due("23:00", "26T23:30"), expected);
        assert_eq!(due("23:00", "27T01:30"), expected);
        assert_eq!(due("23:00", "27T03:00"), None);
    }

    #[test]
    fn the_days_are_counted_from_the_first() {
        let first = "2026-11-30".parse().expect("a day");
        let span = plan("02:00").span(first).expect("days");
        assert_eq!((span.first(), span.last().to_string().as_str()), (first, "2026-12-02"));
    }

    #[test]
    fn a_time_has_one_form() {
        let parsed = |text: &str| NightTime::try_from(text.to_owned()).map(String::from);
        assert_eq!(parsed("00:00").as_deref(), Ok("00:00"));
        assert_eq!(parsed("23:59").as_deref(), Ok("23:59"));
        for wrong in ["24:00", "2:00", "0200", "02:60", ""] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
