//! Adds, changes and ends a station.

use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::phone::Phone;

use super::store::{self, StationRow};
use super::{Station, StationContent};
use crate::area;
use crate::clock;
use crate::crypto::SealingKey;
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Gives the station `id` this content; the flag says whether it is new. Content that the station
/// has already changes nothing, whatever version the caller read, so a repeated call is harmless.
///
/// # Errors
/// 403; 412 or 428 if the decision is not based on the current version; 422.
pub fn put(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (id, content): (&str, &StationContent),
    base: &IfMatch,
) -> Result<(Station, bool), Problem> {
    principal.may(Action::ManageRegisters)?;
    let phone = check(tx, principal, content)?;
    let before = store::row(tx.read_unbatched(), principal.district(), id)?;
    let next = StationRow {
        district: principal.district(),
        id: id.to_owned(),
        area: content.area,
        name: content.name.as_str().to_owned(),
        grid: content.grid,
        lat: content.place.lat(),
        lon: content.place.lon(),
        phone: phone.into(),
        hours: content.hours.as_str().to_owned(),
        version: before.as_ref().map_or(1, |before| before.version + 1),
        valid_to: None,
        lawyer: None,
    };
    let next = next.with_lawyer(key, (before.as_ref(), content.lawyer.as_ref()))?;
    let with_lawyer = |row: &StationRow| -> Result<Station, Problem> {
        Ok(Station { lawyer: row.lawyer(key)?, ..shown(row)? })
    };
    let current = before.as_ref().filter(|before| before.valid_to.is_none());
    if let Some(current) = current {
        if *current == (StationRow { version: current.version, ..next.clone() }) {
            return Ok((with_lawyer(current)?, false));
        }
        base.check(current.version, &with_lawyer(current)?)?;
    }
    store::put(tx.write_unbatched(), before.as_ref(), &next)?;
    let action = if current.is_some() { "station.change" } else { "station.add" };
    let event = Event::new(action, Subject::Station, id, next.area, next.version);
    let area_before = before.as_ref().map_or(next.area, |before| before.area);
    tx.record(event.by(principal.person).moved_from(area_before));
    Ok((with_lawyer(&next)?, current.is_none()))
}

fn shown(row: &StationRow) -> Result<Station, Problem> {
    Ok(row.clone().station()?)
}

/// Checks the fields together; returns the phone number.
fn check(
    tx: &mut Tx<'_>,
    principal: &Principal,
    content: &StationContent,
) -> Result<Phone, Problem> {
    let mut known = |area| -> Result<bool, Problem> {
        let inside = principal.area.contains(&area);
        Ok(inside && area::store::current(tx.read_unbatched(), &area)?.is_some())
    };
    let serves = content.area.level() != Level::Grid && known(content.area)?;
    let inside = content.grid.level() == Level::Grid && known(content.grid)?;
    let phone = content.phone.parse::<Phone>();
    let wrong = [
        ("/area", !serves, "must be the district, or a town or village of it"),
        ("/grid", !inside, "must be a grid of your area"),
        ("/phone", phone.is_err(), "must have 5 to 20 digits"),
    ];
    let errors = wrong.into_iter().filter(|(_, wrong, _)| *wrong);
    let mut errors = errors.map(|(pointer, _, detail)| FieldError::new(pointer, detail)).peekable();
    match phone {
        Ok(phone) if errors.peek().is_none() => Ok(phone),
        _ => Err(Problem::from(ProblemCode::Invalid).with_all(errors)),
    }
}

/// Ends the station today; the row keeps its lawyer no longer.
///
/// # Errors
/// 403; 404; 412 or 428 if the decision is not based on the current version.
pub fn end(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &str,
    base: &IfMatch,
) -> Result<(), Problem> {
    principal.may(Action::ManageRegisters)?;
    let row = store::row(tx.read_unbatched(), principal.district(), id)?;
    let row = row.filter(|row| row.valid_to.is_none()).ok_or_else(Problem::not_found)?;
    base.check(row.version, &shown(&row)?)?;
    let valid_to = Some(clock::day(tx.now));
    let next = StationRow { version: row.version + 1, valid_to, lawyer: None, ..row.clone() };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    let event = Event::new("station.end", Subject::Station, id, next.area, next.version);
    tx.record(event.by(principal.person));
    Ok(())
}
