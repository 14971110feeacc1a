//! The lawyers of the stations of the demo: each town has one.

use gridward_domain::area::{AreaCode, Level};

use super::constant::parsed;
use super::draw::Draw;
use super::identity;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::load::record::DistrictRecords;
use crate::person::Gender;
use crate::station::{StationLawyer, store as stations};

/// The name of the lawyer of a town.
pub(super) fn name(town: AreaCode) -> String {
    let mut draw = Draw::new(7, &format!("lawyer {town}"));
    let gender = draw.one_of(&[Gender::Female, Gender::Male]);
    identity::name(gender, &mut draw)
}

/// Gives the station of each town its lawyer.
///
/// # Errors
/// [`DbError`].
pub(super) fn add(
    conn: &mut Conn,
    key: &SealingKey,
    records: &DistrictRecords,
) -> Result<(), DbError> {
    let of_towns = records.stations.iter().filter(|one| one.area.level() == Level::Town);
    for (n, station) in of_towns.enumerate() {
        let row = stations::row(conn, station.area.district(), &station.id)?;
        let Some(row) = row else { continue };
        let phone = parsed(&identity::phone("1008", n))?;
        let lawyer = StationLawyer { name: parsed(&name(station.area))?, phone };
        let next = row.clone().with_lawyer(key, (None, Some(&lawyer)))?;
        stations::put(conn, Some(&row), &next)?;
    }
    Ok(())
}
