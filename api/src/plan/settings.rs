//! A district's settings for plans.

use std::ops::RangeInclusive;

use chrono::TimeDelta;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::time::Minutes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::upkeep::nightly::NightlyPlan;
use crate::db::schema::planning_settings;
use crate::db::{Conn, DbError, changed_one};
use crate::http::problem::Problem;

/// The shortest and the longest time for an answer, in minutes: a quarter of an hour, and a week of
/// counted hours.
const ACCEPT_WITHIN: RangeInclusive<u16> = 15..=5_040;

/// What becomes of tasks that lose their assignee, and of urgent ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplanMode {
    /// They are open until someone claims or plans them.
    #[default]
    Off,
    /// A draft of just these tasks follows within a minute.
    Suggest,
    /// They are planned within a minute, and the plan is applied.
    Automatic,
}

/// The settings of a district for its plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4,
    "nightly_plan": { "at": "02:00", "days": 3, "mode": "draft" },
    "replan": "suggest", "accept_within_minutes": 240
}))]
pub struct PlanningSettings {
    /// Minutes from the computation of a plan to the first departure of the same day.
    #[schema(minimum = 0, maximum = 1440, default = 30)]
    pub lead_minutes: u16,
    /// The part of a manager's weekly minutes that plans may use, in percent; the rest is for the
    /// other work of a grid.
    #[schema(minimum = 0, maximum = 100, default = 40)]
    pub manager_dispatch_percent: u8,
    /// The number of weeks over which work is shared fairly: seven times as many days, which end with the
    /// last day of the plan; at least the days of the plan.
    #[schema(minimum = 1, maximum = 12, default = 4)]
    pub fairness_weeks: u8,
    /// A volunteer who had nothing to do in this many weeks before a plan is offered something, if
    /// that costs no visit, no lateness and no fairness; 0: no one is. Absent: 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 52, example = 4)]
    pub idle_weeks: Option<u8>,
    /// The plan of each night; absent: no plan is made without an order. A district that is added by `gridward district
    /// add` begins with a draft of three days at 02:00, one from files with none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nightly_plan: Option<NightlyPlan>,
    /// What becomes of tasks that lose their assignee by a decline, a release, an absence, the end of
    /// a person's work, or a visit at which no one was at home; and of open tasks of priority 8 or higher
    /// that are due today or tomorrow, when they are created, reopened or changed so. Visits that a plan gave
    /// and that are not accepted are also planned anew if an earlier one of the person lasts too long to keep
    /// the next; with `suggest` they stay with the person until the draft is applied.
    #[serde(default)]
    pub replan: ReplanMode,
    /// The minutes from 08:00 to 20:00 in which a visit that a plan gave is to be accepted; then a plan
    /// of just these visits gives it to another person within a minute, also with `replan` as `off` or
    /// `suggest`, and no plan gives it to the same person again. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 15, maximum = 5040, example = 240)]
    pub accept_within_minutes: Option<u16>,
    /// The same for a visit that a person assigned, also by an absence, a departure or a move: the time is
    /// counted from the assignment, or from the last change of the visit since. A visit that a person pinned in
    /// the order of a plan has this time too, from when the plan gave it, in place of `accept_within_minutes`.
    /// Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 15, maximum = 5040, example = 960)]
    pub accept_assigned_within_minutes: Option<u16>,
}

impl Default for PlanningSettings {
    fn default() -> Self {
        Self {
            lead_minutes: 30,
            manager_dispatch_percent: 40,
            fairness_weeks: 4,
            idle_weeks: None,
            nightly_plan: None,
            replan: ReplanMode::Off,
            accept_within_minutes: None,
            accept_assigned_within_minutes: None,
        }
    }
}

impl PlanningSettings {
    /// Checks the ranges.
    ///
    /// # Errors
    /// 422 that names the member.
    pub fn check(&self) -> Result<(), Problem> {
        let ranges = [
            ("/lead_minutes", self.lead_minutes, 0..=1_440),
            ("/manager_dispatch_percent", self.manager_dispatch_percent.into(), 0..=100),
            ("/fairness_weeks", self.fairness_weeks.into(), 1..=12),
            ("/idle_weeks", self.idle_weeks().into(), 0..=52),
        ];
        for (pointer, value, range) in ranges {
            if !range.contains(&value) {
                let detail = format!("must be from {} to {}", range.start(), range.end());
                return Err(Problem::invalid(pointer, detail));
            }
        }
        let times = [
            ("/accept_within_minutes", self.accept_within_minutes),
            ("/accept_assigned_within_minutes", self.accept_assigned_within_minutes),
        ];
        for (pointer, minutes) in times {
            if minutes.is_some_and(|minutes| !ACCEPT_WITHIN.contains(&minutes)) {
                let (least, most) = (ACCEPT_WITHIN.start(), ACCEPT_WITHIN.end());
                return Err(Problem::invalid(pointer, format!("must be from {least} to {most}")));
            }
        }
        self.nightly_plan.map_or(Ok(()), NightlyPlan::check)
    }

    /// The number of weeks after which a volunteer without anything to do is offered something.
    pub fn idle_weeks(&self) -> u8 {
        self.idle_weeks.unwrap_or(4)
    }

    /// The percentage of the weekly minutes of a person in this role that plans may use.
    pub fn percent_of(&self, role: Role) -> u32 {
        match role {
            Role::Manager => self.manager_dispatch_percent.into(),
            _ => 100,
        }
    }

    /// The weekly minutes of a person in this role that plans may use.
    pub fn weekly_offer(&self, role: Role, weekly: Minutes) -> Minutes {
        let offer = u64::from(weekly.0) * u64::from(self.percent_of(role)) / 100;
        Minutes(u32::try_from(offer).unwrap_or(weekly.0))
    }

    /// The time from now to the first departure.
    pub fn lead(&self) -> TimeDelta {
        TimeDelta::minutes(self.lead_minutes.into())
    }
}

/// The settings of the district with their version; the defaults have version 1.
///
/// # Errors
/// [`DbError`].
pub fn read(conn: &mut Conn, district: AreaCode) -> Result<(PlanningSettings, i64), DbError> {
    let row: Option<(String, i64)> = planning_settings::table
        .find(district)
        .select((planning_settings::settings, planning_settings::version))
        .first(conn)
        .optional()?;
    let Some((settings, version)) = row else { return Ok((PlanningSettings::default(), 1)) };
    let settings = serde_json::from_str(&settings);
    Ok((settings.map_err(|error| DbError::corrupt("planning_settings", error))?, version))
}

/// Replaces the settings of the district that have `version`.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if they have another version.
pub fn write(
    conn: &mut Conn,
    district: AreaCode,
    settings: &PlanningSettings,
    version: i64,
) -> Result<(), DbError> {
    let text = serde_json::to_string(settings)
        .map_err(|error| DbError::corrupt("planning_settings", error))?;
    let next = (planning_settings::settings.eq(&text), planning_settings::version.eq(version + 1));
    let changed = if version == 1 {
        diesel::insert_into(planning_settings::table)
            .values((planning_settings::district.eq(district), next))
            .execute(conn)
            .map_err(DbError::unless_unique)?
    } else {
        diesel::update(planning_settings::table.find(district))
            .filter(planning_settings::version.eq(version))
            .set(next)
            .execute(conn)?
    };
    changed_one(changed)
}
