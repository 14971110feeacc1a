//! stations.csv and memorials.csv

use gridward_domain::area::{AreaCode, Level};

use super::ImportError;
use super::district::District;
use super::fault::{FaultReason, Notes};
use super::folder::Folder;
use super::row::Row;
use super::spreadsheet::spreadsheet;
use super::table::{self, Sheet};
use crate::load::record::{MemorialKind, MemorialRecord, StationRecord};

pub(super) const STATIONS: Sheet = Sheet {
    file: "stations.csv",
    columns: &["id", "area", "name", "grid", "lat", "lon", "phone", "hours"],
    spare: &["level"],
    key: None,
};

pub(super) const MEMORIALS: Sheet = Sheet {
    file: "memorials.csv",
    columns: &["id", "name", "kind", "grid", "lat", "lon"],
    spare: &["town"],
    key: None,
};

pub(super) fn stations(
    folder: &mut Folder<'_>,
    district: &District<'_>,
    notes: &mut Notes,
) -> Result<Vec<StationRecord>, ImportError> {
    let stations = table::read(folder, &STATIONS, notes, |row| station(row, district))?;
    Ok(stations.unwrap_or_default())
}

fn station(row: &mut Row<'_>, district: &District<'_>) -> Option<StationRecord> {
    let id = row.name("id");
    let area = row.area("area", district);
    row.agree_on_level("level", area);
    let name = row.name("name");
    let grid = row.grid("grid", district);
    let place = row.place_in(district);
    let phone = row.phone("phone");
    let hours = row.name("hours");

    row.once("id", id.as_ref());
    Some(StationRecord {
        id: id?,
        area: area?,
        name: name?,
        grid: grid?,
        place: place?,
        phone: phone?,
        hours: hours?,
    })
}

pub(super) fn memorials(
    folder: &mut Folder<'_>,
    district: &District<'_>,
    notes: &mut Notes,
) -> Result<Vec<MemorialRecord>, ImportError> {
    let memorials = table::read(folder, &MEMORIALS, notes, |row| memorial(row, district))?;
    Ok(memorials.unwrap_or_default())
}

fn memorial(row: &mut Row<'_>, district: &District<'_>) -> Option<MemorialRecord> {
    let id = row.name("id");
    let name = row.name("name");
    let kind = row.one_of(
        "kind",
        &[
            ("cemetery", MemorialKind::Cemetery),
            ("monument", MemorialKind::Monument),
            ("tomb", MemorialKind::Tomb),
            ("hall", MemorialKind::Hall),
        ],
        &[
            ("陵园", MemorialKind::Cemetery),
            ("纪念碑", MemorialKind::Monument),
            ("墓", MemorialKind::Tomb),
            ("纪念馆", MemorialKind::Hall),
        ],
    );
    let grid = row.grid("grid", district);
    agree_on_town(row, grid);
    let place = row.place_in(district);

    row.once("id", id.as_ref());
    Some(MemorialRecord { id: id?, name: name?, kind: kind?, grid: grid?, place: place? })
}

fn agree_on_town(row: &mut Row<'_>, grid: Option<AreaCode>) {
    if let Some(said) = row.field("town")
        && let Some(town) = grid.and_then(|grid| grid.ancestor(Level::Town))
        && said != town.as_str()
    {
        let reason = spreadsheet(said).unwrap_or(FaultReason::OtherParent(town));
        row.fault("town", reason);
    }
}

#[cfg(test)]
mod tests {
    use crate::import::fixture::Sample;

    #[test]
    fn a_station_lies_in_a_grid_and_serves_an_area_of_the_level_it_says() {
        let sample = Sample::sound()
            .cell("stations.csv", 2, "area", "500116008")
            .cell("stations.csv", 2, "level", "village")
            .cell("stations.csv", 2, "grid", "500116001002");
        assert_eq!(
            sample.faults(),
            [
                "stations.csv:2: area: there is no area 500116008",
                "stations.csv:2: level: the code belongs to a town",
                "stations.csv:2: grid: 500116001002 is not a grid",
            ]
        );
    }

    #[test]
    fn a_memorial_has_a_kind_and_lies_in_a_grid_of_the_town_it_says() {
        let sample = Sample::sound().cell("memorials.csv", 2, "kind", "statue").cell(
            "memorials.csv",
            2,
            "town",
            "500116002",
        );
        assert_eq!(
            sample.faults(),
            [
                "memorials.csv:2: kind: must be one of: cemetery, monument, tomb, hall",
                "memorials.csv:2: town: the code belongs to 500116001",
            ]
        );
        let sample = Sample::sound().cell("memorials.csv", 2, "grid", "500116001002007");
        assert_eq!(sample.faults(), ["memorials.csv:2: grid: there is no area 500116001002007"]);
    }

    #[test]
    fn the_id_of_a_place_stands_once() {
        let sample = Sample::sound()
            .push("stations.csv", "S1,500116001,town,二站,500116001002001,29.28500,106.25500,10090000002,mon-fri 0900-1730")
            .push("memorials.csv", "M01,二墓,tomb,500116001,500116001002001,29.28500,106.25500");
        assert_eq!(
            sample.faults(),
            [
                "stations.csv:3: id: duplicates the value on line 2",
                "memorials.csv:3: id: duplicates the value on line 2",
            ]
        );
    }
}
