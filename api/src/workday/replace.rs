//! Replaces the calendar of a year.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::range::CalendarYear;
use serde_json::json;

use super::model::{WorkCalendar, WorkCalendarContent};
use super::store;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Replaces the calendar of `year`. The same days again change nothing, whatever version the caller
/// read.
///
/// # Errors
/// 403; 412 or 428 if the decision is not based on the current version; 422.
pub fn replace(
    tx: &mut Tx<'_>,
    principal: &Principal,
    year: CalendarYear,
    content: WorkCalendarContent,
    base: &IfMatch,
) -> Result<WorkCalendar, Problem> {
    principal.may(Action::ManageRegisters)?;
    let district = principal.district();
    let before = store::one(tx.read_unbatched(), district, year)?;
    let faults = content.faults(year);
    Problem::refuse(faults)?;
    let content = content.in_order();
    if (&before.days_off, &before.working_days) == (&content.days_off, &content.working_days) {
        return Ok(before);
    }
    base.check(before.version, &before)?;
    store::replace(tx.write_unbatched(), district, year, &content, before.version)?;
    let WorkCalendarContent { days_off, working_days } = content;
    let version = before.version + 1;
    let body = json!({
        "year": year, "days_off": days_off.len(), "working_days": working_days.len(),
    });
    let event = Event::new("work_calendar.replace", Subject::District, district, district, version);
    tx.record(event.by(principal.person).with(body));
    Ok(WorkCalendar { year, days_off, working_days, version })
}
