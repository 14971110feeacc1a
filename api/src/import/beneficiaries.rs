//! beneficiaries.csv

use chrono::NaiveDate;

use super::people::gender;
use super::table::Row;
use crate::load::record::BeneficiaryRecord;

pub(super) const COLUMNS: &[&str] = &[
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
];

pub(super) fn row(row: &mut Row<'_>) -> Option<BeneficiaryRecord> {
    // Every column is read before any is asked for, so that each fault is told.
    let (id, grid, name) = (row.value("id"), row.grid("grid"), row.text("name"));
    let (gender, birth_year) = (gender(row), row.birth_year("birth_year"));
    let (category, place) = (row.value("category"), row.place());
    let (address, phone) = (row.text("address"), row.phone("phone"));
    let id_number = row.read("id_number", |text| {
        let fits = has_right_check(text);
        if fits {
            Ok(text.to_owned())
        } else {
            Err("must be 17 digits and the check character of GB 11643".to_owned())
        }
    });
    let (hardships, lives_alone) = (row.words("hardship"), row.flag("lives_alone"));
    let (mobility, contact) = (row.value("mobility"), row.value("contact"));
    let plaque = row.value("plaque");
    let last_contact = row.read("last_contact", |text| match text {
        "" => Ok(None),
        day => day.parse().map(Some).map_err(|_| no_such_day(day)),
    });
    Some(BeneficiaryRecord {
        id: id?,
        grid: grid?,
        name: name?,
        gender: gender?,
        birth_year: birth_year?,
        category: category?,
        place: place?,
        address: address?,
        phone: phone?,
        id_number: id_number?,
        hardships: hardships?,
        lives_alone: lives_alone?,
        mobility: mobility?,
        contact: contact?,
        plaque: plaque?,
        last_contact: last_contact?,
    })
}

/// What to say of a text that is no day; shows it only if it looks like one.
pub(super) fn no_such_day(text: &str) -> String {
    let like = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if like { format!("there is no day {text}") } else { "must be a day as 2026-08-01".to_owned() }
}

/// Reads a day as files write it.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| no_such_day(text))
}

/// Whether the last character is the check of the 17 digits before it
/// (GB 11643-1999, which takes it from ISO 7064 MOD 11-2).
fn has_right_check(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let Some((digits, [check])) = number.as_bytes().split_at_checked(17) else { return false };
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 =
        digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS.get(sum as usize % 11) == Some(&check.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_number_ends_in_its_check_character() {
        assert!(has_right_check("11010519491231002X"), "the standard's own example");
        assert!(has_right_check("999999198108240175"));
        assert!(!has_right_check("999999198108240174"));
        assert!(!has_right_check("99999919810824017"));
        assert!(!has_right_check("9999991981082401755"));
        assert!(!has_right_check(""));
    }
}
