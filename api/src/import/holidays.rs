//! holidays.csv

use super::ImportError;
use super::fault::Notes;
use super::folder::Folder;
use super::row::Row;
use super::table::{self, Sheet};
use crate::load::record::{Calendar, HolidayRecord};

pub(super) const HOLIDAYS: Sheet = Sheet {
    file: "holidays.csv",
    columns: &["date", "code", "name_zh", "calendar", "lunar_date"],
    spare: &[],
    key: None,
};

pub(super) fn read(
    folder: &mut Folder<'_>,
    notes: &mut Notes,
) -> Result<Vec<HolidayRecord>, ImportError> {
    Ok(table::read(folder, &HOLIDAYS, notes, holiday)?.unwrap_or_default())
}

fn holiday(row: &mut Row<'_>) -> Option<HolidayRecord> {
    let date = row.day("date");
    let code = row.name("code");
    let name = row.name("name_zh");
    let calendar = row.one_of(
        "calendar",
        &[
            ("solar", Calendar::Solar),
            ("lunar", Calendar::Lunar),
            ("solar_term", Calendar::SolarTerm),
        ],
        &[("公历", Calendar::Solar), ("农历", Calendar::Lunar), ("节气", Calendar::SolarTerm)],
    );
    let lunar_date = row.remark("lunar_date");

    // A day can have two holidays, and a holiday recurs each year.
    let both = date.zip(code.as_ref()).map(|(date, code)| format!("{date} {code}"));
    row.once("code", both.as_ref());
    Some(HolidayRecord {
        date: date?,
        code: code?,
        name: name?,
        calendar: calendar?,
        lunar_date: lunar_date?,
    })
}

#[cfg(test)]
mod tests {
    use crate::import::fixture::Sample;

    #[test]
    fn a_holiday_is_a_day_of_a_known_calendar() {
        let sample = Sample::sound().cell("holidays.csv", 2, "date", "2025-02-29").cell(
            "holidays.csv",
            3,
            "calendar",
            "julian",
        );
        assert_eq!(
            sample.faults(),
            [
                "holidays.csv:2: date: 2025-02-29 does not exist in the calendar",
                "holidays.csv:3: calendar: must be one of: solar, lunar, solar_term",
            ]
        );
    }

    #[test]
    fn a_holiday_stands_once_on_its_day() {
        let sample = Sample::sound()
            .push("holidays.csv", "2026-08-01,army_day,建军节,solar,")
            .push("holidays.csv", "2027-08-01,army_day,建军节,solar,")
            .push("holidays.csv", "2026-08-01,another_day,又一节,solar,");
        assert_eq!(sample.faults(), ["holidays.csv:4: code: duplicates the value on line 2"]);
    }
}
