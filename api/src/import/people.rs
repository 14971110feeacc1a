//! people.csv

use std::collections::HashMap;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::range::WeeklyMinutes;
use gridward_domain::time::Minutes;

use super::ImportError;
use super::availability;
use super::district::District;
use super::fault::{FaultReason, Notes};
use super::folder::Folder;
use super::row::Row;
use super::table::{self, Sheet};
use crate::load::Number;
use crate::load::record::PersonRecord;
use crate::vocabulary::VocabularyName;

pub(super) const PEOPLE: Sheet = Sheet {
    file: "people.csv",
    columns: &[
        "id",
        "role",
        "name",
        "gender",
        "birth_year",
        "phone",
        "area",
        "lat",
        "lon",
        "skills",
        "weekly_minutes",
        "availability",
    ],
    spare: &[],
    key: Some("id"),
};

/// The line of the manager of each grid.
type Managers = HashMap<AreaCode, u64>;

pub(super) fn read(
    folder: &mut Folder<'_>,
    district: &District<'_>,
    notes: &mut Notes,
) -> Result<Vec<PersonRecord>, ImportError> {
    let mut managers = Managers::new();
    let people = table::read(folder, &PEOPLE, notes, |row| person(row, district, &mut managers))?;
    let Some(people) = people else { return Ok(Vec::new()) };
    let has_manager =
        |grid: &AreaCode| managers.contains_key(grid) || district.existing.managed.contains(grid);
    district.check_grids(has_manager, FaultReason::NoManager, notes);
    Ok(people)
}

fn person(
    row: &mut Row<'_>,
    district: &District<'_>,
    managers: &mut Managers,
) -> Option<PersonRecord> {
    let id = row.id("id");
    let role = row.word("role");
    let name = row.name("name");
    let gender = row.gender("gender");
    let birth_year = row.birth_year("birth_year", district.today);
    let phone = row.phone("phone");
    let area = row.area("area", district);
    let home = row.home_in(district);
    let skills = row.terms("skills", district.existing.vocabularies.get(VocabularyName::Skills));
    let weekly_minutes = row.word::<WeeklyMinutes>("weekly_minutes");
    let availability = row.read("availability", availability::parse);

    row.once("id", id.as_ref());
    // The phone number identifies a person at sign-in.
    row.once("phone", phone.as_ref());
    if let (Some(role), Some(area)) = (role, area) {
        check_role(row, role, area, managers);
    }
    if let (Some(offered), Some(spans)) = (weekly_minutes, &availability) {
        let available: Minutes = spans.iter().map(|(_, window)| window.length()).sum();
        if Minutes::from(offered) > available {
            row.fault("weekly_minutes", FaultReason::MoreThanAvailable(available.0));
        }
    }
    row.has_number(Number::Phone, &id?);
    let before = district.existing.people.get(&id?);
    if before.is_none() {
        row.require(PEOPLE.columns);
    }
    Some(PersonRecord {
        id: id?,
        role: role.or(before.map(|it| it.role))?,
        area: area.or(before.map(|it| it.area))?,
        name: name.or_else(|| before.map(|it| it.name.clone()))?,
        gender: gender.or(before.map(|it| it.gender))?,
        birth_year: birth_year.or(before.map(|it| it.birth_year))?,
        phone: phone.or_else(|| before.map(|it| it.phone.clone()))?,
        home: home.or(before.map(|it| it.home))?,
        skills: skills.or_else(|| before.map(|it| it.skills.clone()))?,
        weekly_minutes: weekly_minutes.or(before.map(|it| it.weekly_minutes))?,
        availability: availability.or_else(|| before.map(|it| it.availability.clone()))?,
    })
}

/// A role belongs to its levels, and a grid has one manager.
fn check_role(row: &mut Row<'_>, role: Role, area: AreaCode, managers: &mut Managers) {
    let level = area.level();
    if !role.fits(level) {
        row.fault("role", FaultReason::RoleLevel { role, level });
    } else if role == Role::Manager {
        let first = *managers.entry(area).or_insert(row.line());
        if first != row.line() {
            row.fault("role", FaultReason::TwoManagers { grid: area, first });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::import::fixture::Sample;

    #[test]
    fn a_role_belongs_to_its_levels() {
        let sample = Sample::sound().cell("people.csv", 2, "area", "500116001002001").cell(
            "people.csv",
            5,
            "area",
            "500116001",
        );
        assert_eq!(
            sample.faults(),
            [
                "people.csv:2: role: a supervisor cannot be assigned to a grid",
                "people.csv:5: role: a volunteer cannot be assigned to a town",
            ]
        );
    }

    #[test]
    fn a_grid_has_one_manager_and_both_lines_of_two_are_named() {
        let sample = Sample::sound().cell("people.csv", 5, "role", "manager");
        assert_eq!(
            sample.faults(),
            ["people.csv:5: role: grid 500116001002001 already has a manager on line 3"]
        );
    }

    #[test]
    fn a_grid_without_a_manager_is_told_on_its_own_line() {
        let sample = Sample::sound().drop_line("people.csv", 4);
        assert_eq!(
            sample.faults(),
            ["areas.csv:6: code: there is no manager for grid 500116001002002"]
        );
    }

    #[test]
    fn a_manager_whose_row_has_a_fault_is_still_the_manager() {
        let sample = Sample::sound().cell("people.csv", 4, "birth_year", "80");
        assert_eq!(sample.faults(), ["people.csv:4: birth_year: must be a year from 1900 to 2026"]);
    }

    #[test]
    fn people_that_cannot_be_read_do_not_leave_every_grid_without_a_manager() {
        let sample = Sample::sound().bytes("people.csv", b"");
        assert_eq!(sample.faults(), ["people.csv:1: the file is empty"]);
    }

    #[test]
    fn an_id_and_a_phone_stand_once() {
        let sample = Sample::sound().cell("people.csv", 4, "phone", "10000000001").cell(
            "people.csv",
            5,
            "id",
            "018CC7AF-0000-7000-8000-000000000001",
        );
        assert_eq!(
            sample.faults(),
            [
                "people.csv:4: phone: duplicates the value on line 2",
                "people.csv:5: id: duplicates the value on line 2",
            ],
            "an id in capitals is the same id"
        );
    }

    #[test]
    fn a_person_answers_for_an_area_that_there_is() {
        let sample = Sample::sound().cell("people.csv", 2, "area", "500117001").cell(
            "people.csv",
            5,
            "area",
            "500116001002009",
        );
        assert_eq!(
            sample.faults(),
            [
                "people.csv:2: area: is outside district 500116",
                "people.csv:5: area: there is no area 500116001002009",
            ]
        );
    }

    #[test]
    fn nobody_offers_more_minutes_than_there_is_time() {
        let sample = Sample::sound()
            .cell("people.csv", 3, "weekly_minutes", "some")
            .cell("people.csv", 5, "weekly_minutes", "241")
            .cell("people.csv", 5, "availability", "mon 0900-1100;sat 0900-1100");
        assert_eq!(
            sample.faults(),
            [
                "people.csv:3: weekly_minutes: must be from 0 to 10080",
                "people.csv:5: weekly_minutes: exceeds the 240 minutes of the availability",
            ]
        );
    }
}
