//! The settings for plans: the district has a draft of its coming days each night.

use gridward_domain::area::AreaCode;

use crate::db::{Conn, DbError};
use crate::plan::settings::{self, PlanningSettings};
use crate::plan::upkeep::nightly::{NightTime, NightlyPlan, PlanMode};

/// The version of settings that were never replaced.
const INITIAL: i64 = 1;

/// Enters the settings.
///
/// # Errors
/// [`DbError`].
pub fn enter(conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
    let at = NightTime::try_from("02:00".to_owned());
    let at = at.map_err(|error| DbError::corrupt("planning_settings", error))?;
    let nightly_plan = Some(NightlyPlan { at, days: 3, mode: PlanMode::Draft });
    let settings = PlanningSettings { nightly_plan, ..PlanningSettings::default() };
    settings::write(conn, district, &settings, INITIAL)
}
