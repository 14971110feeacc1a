//! Checks of an entry against the district: its words, its grid and its place, and other
//! beneficiaries.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Principal;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;

use super::entry::Entry;
use crate::area::map::Map;
use crate::beneficiary::{store, write};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::{area, vocabulary};

/// How far from its grid a home may be, in metres: outlines are drawn by hand.
const CLOSE_M: f64 = 1_000.0;
/// The error of a position on the border of the district, in metres.
const ERROR_M: f64 = 100.0;

/// An error for each word of the entry that it does not have in `before` and may not use.
pub(super) fn words(
    conn: &mut Conn,
    district: AreaCode,
    entry: &Entry,
    before: Option<&Entry>,
) -> Result<Vec<FieldError>, DbError> {
    let known = vocabulary::store::all(conn, district)?;
    let before = before.map(Entry::words).unwrap_or_default();
    Ok(entry.words().faults(&before, &known))
}

/// An error, unless `grid` is a current grid of the principal's area and `place` is in or near it.
pub(super) fn location(
    conn: &mut Conn,
    map: &Map,
    principal: &Principal,
    grid: AreaCode,
    place: Place,
) -> Result<Vec<FieldError>, DbError> {
    let known = grid.level() == Level::Grid
        && principal.area.contains(&grid)
        && area::store::current(conn, &grid)?.is_some();
    if !known {
        return Ok(vec![FieldError::new("/grid", "must be a grid of your area")]);
    }
    Ok(near(map, grid, place).into_iter().collect())
}

/// An error, unless the place is in the grid or close to it.
pub(super) fn near(map: &Map, grid: AreaCode, place: Place) -> Option<FieldError> {
    let away = map.distance_m(&grid, place)?;
    if away > ERROR_M && map.locate(place).is_none() {
        return Some(FieldError::new("/place", "must be in the district"));
    }
    (away > CLOSE_M).then(|| {
        let detail =
            format!("must be in the grid or within {CLOSE_M} m of it, not {away:.0} m away");
        FieldError::new("/place", detail)
    })
}

/// An error for each of the people to call who is named as a beneficiary and is none of the
/// principal's area, or is the beneficiary of the entry.
pub(super) fn kin(
    conn: &mut Conn,
    principal: &Principal,
    own: Option<BeneficiaryId>,
    entry: &Entry,
) -> Result<Vec<FieldError>, DbError> {
    let mut errors = Vec::new();
    for (n, kin) in entry.particulars.next_of_kin.iter().enumerate() {
        let Some(id) = kin.beneficiary_id else { continue };
        if own == Some(id) {
            let pointer = format!("/next_of_kin/{n}/beneficiary_id");
            errors.push(FieldError::new(pointer, "must be another person than the beneficiary"));
        } else if store::row(conn, &principal.scope(), id)?.is_none() {
            let pointer = format!("/next_of_kin/{n}/beneficiary_id");
            errors.push(FieldError::new(pointer, "no beneficiary in your area has this id"));
        }
    }
    Ok(errors)
}

/// Checks that no other beneficiary, apart from merged duplicates, has the ID number. The other is
/// named only if it is in the principal's area.
///
/// # Errors
/// 409.
pub(super) fn id_number_is_free(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    own: BeneficiaryId,
    id_number: &str,
) -> Result<(), Problem> {
    let index = key.index(id_number);
    let others = write::with_id_number(conn, principal.district(), index)?;
    let other = others.into_iter().find(|row| row.id != own && row.successor.is_none());
    let Some(other) = other else { return Ok(()) };
    let problem = Problem::from(ProblemCode::BeneficiaryExists);
    if principal.area.contains(&other.grid) {
        return Err(problem.showing(&other.masked(key)?));
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Map {
        let square = |code: &str, west: f64| {
            let (east, south, north) = (west + 0.01, 29.0, 29.01);
            let ring =
                vec![[west, south], [east, south], [east, north], [west, north], [west, south]];
            (code.parse().expect("a code"), ring)
        };
        let grids = [("500116001002001", 106.0), ("500116001002002", 106.01)];
        let far = [("500116001002003", 106.05)];
        Map::new(grids.into_iter().chain(far).map(|(code, west)| square(code, west)).collect())
    }

    #[test]
    fn a_home_is_in_its_grid_or_close_to_it_and_in_the_district() {
        let map = map();
        let wrong = |grid: &str, lon: f64| {
            let place = Place::new(29.005, lon).expect("a place");
            near(&map, grid.parse().expect("a code"), place).map(|error| error.detail)
        };
        let first = "500116001002001";
        assert_eq!(wrong(first, 106.005), None, "inside");
        assert_eq!(wrong(first, 106.015), None, "the next grid, 486 m away");
        assert_eq!(wrong(first, 105.9995), None, "49 m outside the district");
        assert_eq!(wrong(first, 105.998).as_deref(), Some("must be in the district"));
        let far = "must be in the grid or within 1000 m of it, not 4376 m away";
        assert_eq!(wrong(first, 106.055).as_deref(), Some(far));
        assert_eq!(wrong("500116001002009", 0.0), None, "a grid without an outline");
    }
}
