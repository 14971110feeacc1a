//! The settings for plans of a district that is founded: it has a draft of its coming days each night.

use gridward_domain::area::AreaCode;

use super::settings::{self, PlanningSettings};
use super::upkeep::nightly::{NightTime, NightlyPlan, PlanMode};
use crate::db::{Conn, DbError};

/// The version of settings that were never replaced.
const INITIAL: i64 = 1;

/// Enters the settings; a person applies the drafts, or an admin turns them off.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] for a district that has settings.
pub fn enter(conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
    let settings =
        PlanningSettings { nightly_plan: Some(nightly_plan()?), ..PlanningSettings::default() };
    settings::write(conn, district, &settings, INITIAL)
}

/// A draft of the coming days each night.
///
/// # Errors
/// None in practice: the time is a constant.
pub fn nightly_plan() -> Result<NightlyPlan, DbError> {
    let at = NightTime::try_from("02:00".to_owned());
    let at = at.map_err(|error| DbError::corrupt("planning_settings", error))?;
    Ok(NightlyPlan { at, days: 3, mode: PlanMode::Draft })
}
