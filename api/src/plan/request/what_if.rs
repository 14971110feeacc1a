//! What a plan would be with more volunteers: computed, answered and not stored.

use chrono::NaiveDate;
use gridward_dispatch::solve::{Measures, Mode, Shift, Volunteer, WeekOffer};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PersonId;
use gridward_domain::range::WeeklyMinutes;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::order::PlanOrder;
use super::span::Span;
use crate::area;
use crate::area::Area;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem};
use crate::plan::drafts::obstacles::PlanObstacle;
use crate::plan::problem::earliest::Earliest;

/// The maximum number of places with more volunteers.
const MOST_PLACES: usize = 100;
/// The maximum number of more volunteers of a place.
const MOST_PEOPLE: u16 = 50;
/// The maximum number of more volunteers of all grids: what a town may hope for, and what a plan is
/// quick with.
const MOST_IN_ALL: usize = 500;
/// The hours of an imagined volunteer, in minutes from midnight: 09:00 to 17:00.
const HOURS: (u16, u16) = (540, 1_020);

/// A question about a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "order": { "area": "500116001", "first_day": "2026-11-23", "last_day": "2026-11-29" },
    "more_volunteers": [{ "area": "500116001002", "count": 2, "weekly_minutes": 120 }]
}))]
pub struct WhatIf {
    /// The plan.
    pub order: PlanOrder,
    /// Volunteers who do not exist.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub more_volunteers: Vec<MoreVolunteers>,
}

/// Volunteers who do not exist. They have no skills, live at the centre of their grid and have time
/// from 09:00 to 17:00 on each day, today after the lead time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreVolunteers {
    /// The area over the grids of which they are spread: a grid, or a village or town.
    // Earlier versions knew grids only.
    #[serde(alias = "grid")]
    pub area: AreaCode,
    /// Their number.
    #[schema(minimum = 1, maximum = 50, example = 2)]
    pub count: u16,
    /// The minutes that each of them offers per week.
    pub weekly_minutes: WeeklyMinutes,
}

/// The plan that there would be.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WhatIfAnswer {
    /// Quality measures of the plan.
    pub measures: Measures,
    /// The tasks that no one could do, by reason, the most frequent first.
    #[schema(max_items = 32)]
    pub obstacles: Vec<PlanObstacle>,
}

impl WhatIf {
    /// The errors of the volunteers: places outside the area of the order or without a grid, and numbers out of range.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn faults_of_volunteers(&self, conn: &mut Conn) -> Result<Vec<FieldError>, DbError> {
        if self.more_volunteers.is_empty() {
            return Ok(Vec::new());
        }
        if self.more_volunteers.len() > MOST_PLACES {
            let detail = format!("at most {MOST_PLACES} entries");
            return Ok(vec![FieldError::new("/more_volunteers", detail)]);
        }
        let all = grids(conn, self.order.area)?;
        let (mut faults, mut in_all) = (Vec::new(), 0);
        for (at, more) in self.more_volunteers.iter().enumerate() {
            let mut invalid = |member: &str, detail: String| {
                faults.push(FieldError::new(format!("/more_volunteers/{at}/{member}"), detail));
            };
            in_all += usize::from(more.count);
            if !(1..=MOST_PEOPLE).contains(&more.count) {
                invalid("count", format!("must be from 1 to {MOST_PEOPLE}"));
            } else if in_all > MOST_IN_ALL {
                let detail = format!("must be at most {MOST_IN_ALL} in all places together");
                invalid("count", detail);
            }
            if !self.order.area.contains(&more.area) {
                invalid("area", "must be in the area of the plan".to_owned());
            } else if !all.iter().any(|grid| more.area.contains(&grid.code)) {
                invalid("area", "must have a grid".to_owned());
            }
        }
        Ok(faults)
    }

    /// The volunteers who do not exist. None leaves before `earliest`.
    ///
    /// # Errors
    /// 422 for days that are no span; [`DbError`].
    pub fn volunteers(
        &self,
        conn: &mut Conn,
        earliest: Earliest,
    ) -> Result<Vec<Volunteer>, Problem> {
        let span = self.order.span()?;
        if self.more_volunteers.is_empty() {
            return Ok(Vec::new());
        }
        let all = grids(conn, self.order.area)?;
        let mut volunteers = Vec::new();
        for more in &self.more_volunteers {
            let grids: Vec<&Area> =
                all.iter().filter(|grid| more.area.contains(&grid.code)).collect();
            let grids = spread(&grids, more.count);
            volunteers.extend(grids.map(|grid| imagined(more, grid, (span, earliest))));
        }
        Ok(volunteers)
    }
}

/// The grid of each of `count` volunteers: evenly over all grids, which are ordered by code.
fn spread<T: Copy>(grids: &[T], count: u16) -> impl Iterator<Item = T> {
    let (grids, count) = (grids.to_vec(), usize::from(count));
    (0..count).filter_map(move |at| {
        let is_few = count < grids.len();
        let at = if is_few { at * grids.len() / count } else { at.checked_rem(grids.len())? };
        grids.get(at).copied()
    })
}

/// The present grids of the area.
fn grids(conn: &mut Conn, area: AreaCode) -> Result<Vec<Area>, DbError> {
    let mut all = area::store::every(conn, area.district())?;
    all.retain(|one| {
        one.level == Level::Grid && one.valid_to.is_none() && area.contains(&one.code)
    });
    Ok(all)
}

fn imagined(more: &MoreVolunteers, grid: &Area, (span, earliest): (Span, Earliest)) -> Volunteer {
    let weekly = Minutes::from(more.weekly_minutes).0;
    let offer = |monday| WeekOffer { monday, offered: Minutes(weekly), carried: Minutes(0) };
    Volunteer {
        id: PersonId(Uuid::now_v7()),
        home: grid.place,
        grid: grid.code,
        also_serves: Vec::new(),
        lent: Vec::new(),
        skills: Skills::new(),
        shifts: span.days().filter_map(|day| shift(day, earliest)).collect(),
        offered: Minutes(weekly.saturating_mul(span.count_weeks())),
        weeks: span.mondays().map(offer).collect(),
        carried: Minutes(0),
        share_of: None,
        is_idle: false,
        mode: Mode::Bicycle,
    }
}

/// What is left of the hours of a day.
fn shift(day: NaiveDate, earliest: Earliest) -> Option<Shift> {
    let (from, to) = HOURS;
    let window = Window::new(TimeOfDay::new(from).ok()?, TimeOfDay::new(to).ok()?).ok()?;
    Some(Shift { day, window: earliest.within(day, window)?, breaks: Vec::new() })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn hours_that_have_gone_are_no_time_of_anyone() {
        let now = "2026-12-01T12:00:00+08:00".parse::<chrono::DateTime<chrono::FixedOffset>>();
        let earliest = Earliest::after(now.expect("a time").to_utc(), TimeDelta::minutes(30));
        let hours = |day: &str| {
            let shift = shift(day.parse().expect("a day"), earliest)?;
            Some((shift.window.start().minutes(), shift.window.end().minutes()))
        };
        assert_eq!(hours("2026-11-30"), None);
        assert_eq!(hours("2026-12-01"), Some((750, 1_020)));
        assert_eq!(hours("2026-12-02"), Some((540, 1_020)));
    }

    #[test]
    fn volunteers_are_spread_over_all_grids() {
        let of = |count| spread(&[1, 2, 3, 4, 5, 6], count).collect::<Vec<_>>();
        assert_eq!(of(2), [1, 4]);
        assert_eq!(of(4), [1, 2, 4, 5]);
        assert_eq!(of(8), [1, 2, 3, 4, 5, 6, 1, 2]);
    }
}
