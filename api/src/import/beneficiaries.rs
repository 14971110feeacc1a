//! beneficiaries.csv

use super::ImportError;
use super::district::District;
use super::fault::Notes;
use super::folder::Folder;
use super::id_number;
use super::row::Row;
use super::table::{self, Sheet};
use super::values::past_day;
use crate::load::record::BeneficiaryRecord;

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
    spare: &[],
    key: Some("id"),
};

pub(super) fn read(
    folder: &mut Folder<'_>,
    district: &District<'_>,
    notes: &mut Notes,
) -> Result<Vec<BeneficiaryRecord>, ImportError> {
    let all = table::read(folder, &BENEFICIARIES, notes, |row| beneficiary(row, district))?;
    Ok(all.unwrap_or_default())
}

fn beneficiary(row: &mut Row<'_>, district: &District<'_>) -> Option<BeneficiaryRecord> {
    let id = row.id("id");
    let grid = row.grid("grid", district);
    let name = row.name("name");
    let gender = row.gender("gender");
    let birth_year = row.birth_year("birth_year", district.today);
    let category = row.word("category");
    let place = row.place_in(district);
    let address = row.address("address");
    let phone = row.phone("phone");
    let id_number = row.read("id_number", id_number::parse);
    let hardships = row.words("hardship");
    let lives_alone = row.flag("lives_alone");
    let mobility = row.word("mobility");
    let contact = row.word("contact");
    let plaque = row.word("plaque");
    let last_contact = row.read("last_contact", |text| past_day(text, district.today));

    row.once("id", id.as_ref());
    row.once("id_number", id_number.as_ref());
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
        category: category.or(before.map(|it| it.category))?,
        place: place.or(before.map(|it| it.place))?,
        address: address.or_else(|| before.map(|it| it.address.clone()))?,
        phone: phone.or_else(|| before.map(|it| it.phone.clone()))?,
        id_number: id_number.or_else(|| before.map(|it| it.id_number.clone()))?,
        hardships: hardships.or_else(|| before.map(|it| it.hardships.clone()))?,
        lives_alone: lives_alone.or(before.map(|it| it.lives_alone))?,
        mobility: mobility.or(before.map(|it| it.mobility))?,
        contact: contact.or(before.map(|it| it.contact))?,
        plaque: plaque.or(before.map(|it| it.plaque))?,
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
