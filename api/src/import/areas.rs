//! areas.csv

use gridward_domain::area::AreaCode;

use super::ImportError;
use super::district::District;
use super::fault::{FaultReason, Notes};
use super::folder::Folder;
use super::row::Row;
use super::spreadsheet::spreadsheet;
use super::table::{self, Sheet};
use crate::load::record::AreaRecord;

pub(super) const AREAS: Sheet = Sheet {
    file: "areas.csv",
    columns: &["code", "level", "name", "parent", "lat", "lon"],
    spare: &[],
    key: None,
};

/// The areas, the district first, then towns, villages and grids.
pub(super) fn read(
    folder: &mut Folder<'_>,
    district: &mut District<'_>,
    notes: &mut Notes,
) -> Result<Vec<AreaRecord>, ImportError> {
    let areas = table::read(folder, &AREAS, notes, |row| area(row, district))?;
    let Some(mut areas) = areas else { return Ok(Vec::new()) };
    district.check_areas(notes);
    areas.sort_by_key(|area| (area.level(), area.code));
    Ok(areas)
}

fn area(row: &mut Row<'_>, district: &mut District<'_>) -> Option<AreaRecord> {
    let code: Option<AreaCode> = row.word("code");
    row.once("code", code.as_ref());
    row.agree_on_level("level", code);
    let name = row.name("name");
    if let Some(code) = code {
        agree_on_parent(row, code);
        if let Err(reason) = district.add(code, row.line()) {
            row.fault("code", reason);
        }
    }
    let place = row.place();
    Some(AreaRecord { code: code?, name: name?, place: place? })
}

fn agree_on_parent(row: &mut Row<'_>, code: AreaCode) {
    let parent = row.field("parent").unwrap_or_default();
    match code.parent() {
        None if !parent.is_empty() => row.fault("parent", FaultReason::DistrictParent),
        Some(right) if right.as_str() != parent => {
            let reason = spreadsheet(parent).unwrap_or(FaultReason::OtherParent(right));
            row.fault("parent", reason);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use gridward_domain::area::Level;

    use crate::import::fixture::Sample;

    #[test]
    fn a_code_has_the_length_of_a_level_and_digits_only() {
        let sample = Sample::sound().cell("people.csv", 5, "area", "50011").cell(
            "beneficiaries.csv",
            2,
            "grid",
            "50011600100200x",
        );
        assert_eq!(
            sample.faults(),
            [
                "people.csv:5: area: an area code must have 6, 9, 12 or 15 digits, but has 5 characters",
                "beneficiaries.csv:2: grid: an area code must consist of digits",
            ]
        );
    }

    #[test]
    fn level_and_parent_agree_with_the_code() {
        let sample = Sample::sound()
            .cell("areas.csv", 2, "parent", "500116")
            .cell("areas.csv", 3, "level", "village")
            .cell("areas.csv", 4, "level", "county")
            .cell("areas.csv", 5, "parent", "500116001");
        assert_eq!(
            sample.faults(),
            [
                "areas.csv:2: parent: a district has no parent",
                "areas.csv:3: level: the code belongs to a town",
                "areas.csv:4: level: must be one of: district, town, village, grid",
                "areas.csv:5: parent: the code belongs to 500116001002",
            ]
        );
    }

    #[test]
    fn a_code_stands_once() {
        let sample =
            Sample::sound().push("areas.csv", "500116001,town,几江街道,500116,29.28500,106.25500");
        assert_eq!(sample.faults(), ["areas.csv:7: code: duplicates the value on line 3"]);
    }

    #[test]
    fn a_child_of_a_missing_parent_is_told() {
        let sample = Sample::sound()
            .push("areas.csv", "500116009001,village,远村,500116009,29.28500,106.25500");
        assert_eq!(sample.faults(), ["areas.csv:7: parent: there is no area 500116009"]);
    }

    #[test]
    fn a_parent_may_stand_below_its_children_and_records_are_in_order_of_levels() {
        let sample = Sample::sound()
            .drop_line("areas.csv", 2)
            .push("areas.csv", "500116,district,江津区,,29.28500,106.25500");
        let reading = sample.read().expect("readable");
        assert_eq!(reading.faults, []);
        assert_eq!(reading.records.areas[0].level(), Level::District);
    }

    #[test]
    fn there_is_one_district_and_all_areas_lie_in_it() {
        let sample =
            Sample::sound().push("areas.csv", "500117,district,合川区,,29.97000,106.27000");
        assert_eq!(sample.faults(), ["areas.csv:7: code: is outside district 500116"]);
        let sample = Sample::sound().drop_line("areas.csv", 2);
        assert_eq!(
            sample.faults(),
            ["areas.csv:1: there is no district", "areas.csv:2: parent: there is no area 500116",]
        );
    }

    #[test]
    fn areas_that_cannot_be_read_do_not_make_a_fault_of_all_that_lies_in_them() {
        let sample = Sample::sound().line("areas.csv", 1, "code,level,name,parent,lat,lng");
        assert_eq!(
            sample.faults(),
            [
                "areas.csv:1: column 6 of the header is unknown",
                "areas.csv:1: the column lon is missing",
            ]
        );
    }

    #[test]
    fn an_area_whose_row_has_a_fault_is_still_there_for_all_that_lies_in_it() {
        let sample = Sample::sound().cell("areas.csv", 5, "name", "");
        assert_eq!(sample.faults(), ["areas.csv:5: name: must not be empty"]);
    }
}
