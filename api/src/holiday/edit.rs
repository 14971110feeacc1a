//! Adds, changes and ends a holiday.

use gridward_domain::authority::{Action, Principal};

use super::store::{self, HolidayRow};
use super::{Holiday, HolidayContent, HolidayId};
use crate::clock;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Gives the holiday `id` this content; the flag says whether it is new. Content that the holiday
/// has already changes nothing, whatever version the caller read, so a repeated call is harmless.
///
/// # Errors
/// 403; 412 or 428 if the decision is not based on the current version.
pub fn put(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &HolidayId,
    content: &HolidayContent,
    base: &IfMatch,
) -> Result<(Holiday, bool), Problem> {
    principal.may(Action::ManageRegisters)?;
    let before = store::row(tx.read_unbatched(), principal.district(), id)?;
    let next = HolidayRow {
        district: principal.district(),
        date: id.date,
        code: id.code.clone(),
        name: content.name.as_str().to_owned(),
        calendar: content.calendar,
        lunar_date: content.lunar_date.clone().map(String::from).unwrap_or_default(),
        version: before.as_ref().map_or(1, |before| before.version + 1),
        valid_to: None,
    };
    let current = before.as_ref().filter(|before| before.valid_to.is_none());
    if let Some(current) = current {
        if *current == (HolidayRow { version: current.version, ..next.clone() }) {
            return Ok((current.clone().holiday(), false));
        }
        base.check(current.version, &current.clone().holiday())?;
    }
    store::put(tx.write_unbatched(), before.as_ref(), &next)?;
    let action = if current.is_some() { "holiday.change" } else { "holiday.add" };
    let event = Event::new(action, Subject::Holiday, id, principal.district(), next.version);
    tx.record(event.by(principal.person));
    Ok((next.holiday(), current.is_none()))
}

/// Ends the holiday today: it was entered by mistake, or is no longer kept.
///
/// # Errors
/// 403; 404; 412 or 428 if the decision is not based on the current version.
pub fn end(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &HolidayId,
    base: &IfMatch,
) -> Result<(), Problem> {
    principal.may(Action::ManageRegisters)?;
    let row = store::row(tx.read_unbatched(), principal.district(), id)?;
    let row = row.filter(|row| row.valid_to.is_none()).ok_or_else(Problem::not_found)?;
    base.check(row.version, &row.clone().holiday())?;
    let valid_to = Some(clock::day(tx.now));
    let next = HolidayRow { version: row.version + 1, valid_to, ..row.clone() };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    let event = Event::new("holiday.end", Subject::Holiday, id, principal.district(), next.version);
    tx.record(event.by(principal.person));
    Ok(())
}
