//! beneficiaries.csv

use std::collections::{HashMap, HashSet};

use gridward_domain::bounded_text::Household;
use gridward_domain::code::Categories;
use gridward_domain::id::BeneficiaryId;

use super::ImportError;
use super::district::District;
use super::fault::{Fault, FaultPlace, FaultReason, Notes};
use super::folder::Folder;
use super::id_number;
use super::row::Row;
use super::table::{self, Sheet};
use super::values::past_day;
use crate::load::Number;
use crate::load::existing::Existing;
use crate::load::record::BeneficiaryRecord;
use crate::vocabulary::VocabularyName;

pub(super) const BENEFICIARIES: Sheet = Sheet {
    file: "beneficiaries.csv",
    columns: &[
        "id",
        "grid",
        "name",
        "gender",
        "birth_year",
        "category",
        "lat",
        "lon",
        "address",
        "phone",
        "id_number",
        "hardship",
        "lives_alone",
        "mobility",
        "contact",
        "plaque",
        "last_contact",
    ],
    spare: &["tags", "household"],
    key: Some("id"),
};

pub(super) fn read(
    folder: &mut Folder<'_>,
    district: &District<'_>,
    notes: &mut Notes,
) -> Result<Vec<BeneficiaryRecord>, ImportError> {
    let rows = table::read(folder, &BENEFICIARIES, notes, |row| {
        let record = beneficiary(row, district)?;
        Some((row.place_of("plaque"), record))
    })?;
    let rows = rows.unwrap_or_default();
    notes.warnings.extend(second_plaques(&rows, district.existing));
    Ok(rows.into_iter().map(|(_, record)| record).collect())
}

/// A warning for each row by which a second plaque would hang in a household, which has one by an earlier row or by an
/// entry that the file lacks.
fn second_plaques(rows: &[(FaultPlace, BeneficiaryRecord)], existing: &Existing) -> Vec<Fault> {
    let ids: HashSet<BeneficiaryId> = rows.iter().map(|(_, record)| record.id).collect();
    let others = existing.hung.iter().filter(|(id, _)| !ids.contains(*id));
    let mut holders: HashMap<&Household, FaultReason> =
        others.map(|(id, household)| (household, FaultReason::PlaqueOfOther(*id))).collect();
    let mut warnings = Vec::new();
    for ((file, line, part), record) in rows {
        let is_hung = existing.plaques.contains(&record.plaque);
        let Some(household) = record.household.as_ref().filter(|_| is_hung) else { continue };
        if let Some(reason) = holders.get(household) {
            let reason = reason.clone();
            warnings.push(Fault { file, line: *line, part: Some(*part), reason });
        } else {
            holders.insert(household, FaultReason::SecondPlaque(*line));
        }
    }
    warnings
}

fn beneficiary(row: &mut Row<'_>, district: &District<'_>) -> Option<BeneficiaryRecord> {
    let id = row.id("id");
    let grid = row.grid("grid", district);
    let name = row.name("name");
    let gender = row.gender("gender");
    let birth_year = row.birth_year("birth_year", district.today);
    let categories =
        row.terms("category", district.existing.vocabularies.get(VocabularyName::Categories));
    let tags = row.terms("tags", district.existing.vocabularies.get(VocabularyName::Tags));
    let household = row.household("household");
    let place = row.place_in(district);
    let address = row.address("address");
    let phone = row.phone("phone");
    let id_number = row.read("id_number", id_number::parse);
    let hardships =
        row.terms("hardship", district.existing.vocabularies.get(VocabularyName::Hardships));
    let lives_alone = row.flag("lives_alone");
    let mobility = row.word("mobility");
    let contact = row.word("contact");
    let plaque =
        row.term("plaque", district.existing.vocabularies.get(VocabularyName::PlaqueStates));
    let last_contact = row.read("last_contact", |text| past_day(text, district.today));

    if categories.as_ref().is_some_and(Categories::is_empty) {
        row.fault("category", FaultReason::NoText);
    }
    row.once("id", id.as_ref());
    row.once("id_number", id_number.as_ref());
    row.has_number(Number::IdNumber, &id?);
    let before = district.existing.beneficiaries.get(&id?);
    if before.is_none() {
        row.require(BENEFICIARIES.columns);
    }
    Some(BeneficiaryRecord {
        id: id?,
        grid: grid.or(before.map(|it| it.grid))?,
        name: name.or_else(|| before.map(|it| it.name.clone()))?,
        gender: gender.or(before.map(|it| it.gender))?,
        birth_year: birth_year.or(before.map(|it| it.birth_year))?,
        categories: categories.or_else(|| before.map(|it| it.categories.clone()))?,
        tags: tags.or_else(|| before.map(|it| it.tags.clone())).unwrap_or_default(),
        household: household.or_else(|| before.map(|it| it.household.clone())).flatten(),
        place: place.or(before.map(|it| it.place))?,
        address: address.or_else(|| before.map(|it| it.address.clone()))?,
        phone: phone.or_else(|| before.map(|it| it.phone.clone()))?,
        id_number: id_number.or_else(|| before.map(|it| it.id_number.clone()))?,
        hardships: hardships.or_else(|| before.map(|it| it.hardships.clone()))?,
        lives_alone: lives_alone.or(before.map(|it| it.lives_alone))?,
        mobility: mobility.or(before.map(|it| it.mobility))?,
        contact: contact.or(before.map(|it| it.contact))?,
        plaque: plaque.or_else(|| before.map(|it| it.plaque.clone()))?,
        last_contact: last_contact.or(before.map(|it| it.last_contact))?,
    })
}

#[cfg(test)]
mod tests {
    use crate::import::fixture::Sample;

    #[test]
    fn a_beneficiary_belongs_to_a_grid_that_there_is() {
        let sample = Sample::sound().cell("beneficiaries.csv", 2, "grid", "500116001002").cell(
            "beneficiaries.csv",
            3,
            "grid",
            "500116001002009",
        );
        assert_eq!(
            sample.faults(),
            [
                "beneficiaries.csv:2: grid: 500116001002 is not a grid",
                "beneficiaries.csv:3: grid: there is no area 500116001002009",
            ]
        );
    }

    #[test]
    fn tags_are_an_optional_column_and_stay_without_it() {
        let codes = |sample: Sample| -> Vec<Vec<String>> {
            let reading = sample.read().expect("readable");
            assert_eq!(reading.faults, []);
            let tags = reading.records.beneficiaries.into_iter().map(|it| it.tags);
            tags.map(|tags| tags.into_iter().map(String::from).collect()).collect()
        };
        assert!(codes(Sample::sound()).into_iter().all(|tags| tags.is_empty()));
        let header = Sample::sound().lines("beneficiaries.csv")[0].clone();
        let [one, two] =
            [1, 2].map(|line| Sample::sound().lines("beneficiaries.csv")[line].clone());
        let with = |tags: &str| {
            let file = format!("{header},标签\n{one},{tags}\n{two},\n");
            Sample::sound().bytes("beneficiaries.csv", file.as_bytes())
        };
        assert_eq!(codes(with("重点服务对象；away")), [vec!["away", "key_recipient"], vec![]]);
        assert_eq!(
            with("keyrecipient").faults(),
            ["beneficiaries.csv:2: tags: is not one of the district's tags; the closest is \
              key_recipient"]
        );
    }

    #[test]
    fn the_household_is_an_optional_column() {
        let file = |numbers: [&str; 2]| {
            let lines = Sample::sound().lines("beneficiaries.csv");
            let file = format!(
                "{},户号\n{},{}\n{},{}\n",
                lines[0], lines[1], numbers[0], lines[2], numbers[1]
            );
            Sample::sound().bytes("beneficiaries.csv", file.as_bytes())
        };
        let numbers = |sample: Sample| -> Vec<Option<String>> {
            let records = sample.read().expect("readable").records.beneficiaries;
            records.into_iter().map(|it| it.household.map(String::from)).collect()
        };
        assert_eq!(numbers(Sample::sound()), [None::<String>, None]);
        assert_eq!(numbers(file(["02-A7", ""])), [Some("02-A7".to_owned()), None]);
        assert_eq!(
            file(["02-a7", ""]).faults(),
            [
                "beneficiaries.csv:2: household: must have only capital letters, digits and hyphens, \
              and no hyphen first"
            ]
        );
    }

    #[test]
    fn an_id_number_has_a_right_check_character_and_stands_once() {
        let number =
            |line, value| Sample::sound().cell("beneficiaries.csv", line, "id_number", value);
        assert_eq!(
            number(2, "999999198108240174").faults(),
            ["beneficiaries.csv:2: id_number: the check character is wrong (GB 11643)"]
        );
        assert_eq!(
            number(2, "99999919810824017").faults(),
            ["beneficiaries.csv:2: id_number: an id number has 17 digits and a check character"]
        );
        assert_eq!(
            number(3, "999999198108240175").faults(),
            ["beneficiaries.csv:3: id_number: duplicates the value on line 2"]
        );
    }

    #[test]
    fn a_cell_names_several_words_by_code_or_label() {
        let sample = |text| Sample::sound().cell("beneficiaries.csv", 2, "category", text);
        for text in [
            "combat_veteran;rural_veteran_60",
            "参战退役军人、60周岁以上农村籍退役士兵",
            "combat_veteran；Rural veteran aged 60 or older；",
        ] {
            let reading = sample(text).read().expect("readable");
            assert_eq!(reading.faults, [], "{text}");
            let categories = &reading.records.beneficiaries[0].categories;
            let codes: Vec<&str> =
                categories.iter().map(gridward_domain::code::Category::as_str).collect();
            assert_eq!(codes, ["combat_veteran", "rural_veteran_60"], "{text}");
        }
        assert_eq!(
            sample("combat_veteran;martyr_famly").faults(),
            ["beneficiaries.csv:2: category: is not one of the district's categories; the \
                 closest is martyr_family"]
        );
        assert_eq!(sample(" ;").faults(), ["beneficiaries.csv:2: category: must not be empty"]);
    }

    #[test]
    fn two_beneficiaries_may_share_a_phone_but_not_an_id() {
        let sample = Sample::sound().cell("beneficiaries.csv", 3, "phone", "10010000001").cell(
            "beneficiaries.csv",
            3,
            "id",
            "018d622e-0000-7000-8000-000000000001",
        );
        assert_eq!(sample.faults(), ["beneficiaries.csv:3: id: duplicates the value on line 2"]);
    }

    #[test]
    fn a_long_address_is_told_by_its_own_limit() {
        let sample = Sample::sound().cell("beneficiaries.csv", 2, "address", &"路".repeat(257));
        assert_eq!(sample.faults(), ["beneficiaries.csv:2: address: exceeds 256 characters"]);
    }
}
