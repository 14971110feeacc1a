//! Adds, changes and ends a memorial site.

use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Principal};

use super::store::{self, MemorialRow};
use super::{Memorial, MemorialContent};
use crate::area;
use crate::clock;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Gives the memorial site `id` this content; the flag says whether it is new. Content that the site
/// has already changes nothing, whatever version the caller read, so a repeated call is harmless.
///
/// # Errors
/// 403; 412 or 428 if the decision is not based on the current version; 422.
pub fn put(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &str,
    content: &MemorialContent,
    base: &IfMatch,
) -> Result<(Memorial, bool), Problem> {
    principal.may(Action::ManageRegisters)?;
    check(tx, principal, content)?;
    let before = store::row(tx.read_unbatched(), principal.district(), id)?;
    let next = MemorialRow {
        district: principal.district(),
        id: id.to_owned(),
        name: content.name.as_str().to_owned(),
        kind: content.kind,
        grid: content.grid,
        lat: content.place.lat(),
        lon: content.place.lon(),
        version: before.as_ref().map_or(1, |before| before.version + 1),
        valid_to: None,
    };
    let current = before.as_ref().filter(|before| before.valid_to.is_none());
    if let Some(current) = current {
        if *current == (MemorialRow { version: current.version, ..next.clone() }) {
            return Ok((shown(current)?, false));
        }
        base.check(current.version, &shown(current)?)?;
    }
    store::put(tx.write_unbatched(), before.as_ref(), &next)?;
    let action = if current.is_some() { "memorial.change" } else { "memorial.add" };
    let event = Event::new(action, Subject::Memorial, id, next.grid, next.version);
    let grid_before = before.as_ref().map_or(next.grid, |before| before.grid);
    tx.record(event.by(principal.person).moved_from(grid_before));
    Ok((shown(&next)?, current.is_none()))
}

fn shown(row: &MemorialRow) -> Result<Memorial, Problem> {
    Ok(row.clone().memorial()?)
}

fn check(tx: &mut Tx<'_>, principal: &Principal, content: &MemorialContent) -> Result<(), Problem> {
    let grid = content.grid;
    let inside = grid.level() == Level::Grid && principal.area.contains(&grid);
    if inside && area::store::current(tx.read_unbatched(), &grid)?.is_some() {
        return Ok(());
    }
    Err(Problem::invalid("/grid", "must be a grid of your area"))
}

/// Ends the memorial site today.
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
    let next = MemorialRow { version: row.version + 1, valid_to, ..row.clone() };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    let event = Event::new("memorial.end", Subject::Memorial, id, next.grid, next.version);
    tx.record(event.by(principal.person));
    Ok(())
}
