//! The types of column values, each with a reading method of [`Row`].

use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::Household;
use gridward_domain::phone::Phone;
use gridward_domain::place::{Place, PlaceError};
use gridward_domain::range::BirthYear;
use gridward_domain::text::{is_undefined, shows_nothing};

use super::damage;
use super::district::District;
use super::fault::FaultReason;
use super::row::Row;
use crate::http::day::{self, DayError};
use crate::person::Gender;

/// The maximum length of a name or another short text.
const SHORT: usize = 64;
/// The maximum length of an address.
const LONG: usize = 256;
/// The earliest year of birth of a person who may still live.
const EARLIEST: i32 = 1900;

impl Row<'_> {
    /// 0 or 1, or 否 or 是, or no or yes.
    pub(super) fn flag(&mut self, column: &'static str) -> Option<bool> {
        let others = [("否", false), ("是", true), ("no", false), ("yes", true)];
        self.one_of(column, &[("0", false), ("1", true)], &others)
    }

    /// M or F, or 男 or 女.
    pub(super) fn gender(&mut self, column: &'static str) -> Option<Gender> {
        let chinese = [("男", Gender::Male), ("女", Gender::Female)];
        self.one_of(column, &[("M", Gender::Male), ("F", Gender::Female)], &chinese)
    }

    /// The id of a record.
    pub(super) fn id<T: FromStr>(&mut self, column: &'static str) -> Option<T> {
        // The error of the UUID type would show a character of the text.
        self.read(column, |text| text.parse().map_err(|_| FaultReason::NotId))
    }

    /// A name or another text of 1 to 64 characters.
    pub(super) fn name(&mut self, column: &'static str) -> Option<String> {
        self.text(column, |text| filled(text, SHORT))
    }

    /// A text of 1 to 256 characters.
    pub(super) fn address(&mut self, column: &'static str) -> Option<String> {
        self.text(column, |text| filled(text, LONG))
    }

    /// A text of at most 64 characters, possibly empty.
    pub(super) fn remark(&mut self, column: &'static str) -> Option<String> {
        self.text(column, |text| plain(text, SHORT))
    }

    /// The number of a household; none if the text is empty.
    pub(super) fn household(&mut self, column: &'static str) -> Option<Option<Household>> {
        self.read(column, |text| match text {
            "" => Ok(None),
            text => Ok(Some(text.parse()?)),
        })
    }

    /// The digits of a phone number.
    pub(super) fn phone(&mut self, column: &'static str) -> Option<String> {
        self.word::<Phone>(column).map(String::from)
    }

    /// A year from 1900 to that of `today`.
    pub(super) fn birth_year(
        &mut self,
        column: &'static str,
        today: NaiveDate,
    ) -> Option<BirthYear> {
        self.read(column, |text| match text.parse::<BirthYear>() {
            Ok(year) if (EARLIEST..=today.year()).contains(&year.get()) => Ok(year),
            _ => Err(FaultReason::Year { first: EARLIEST, last: today.year() }),
        })
    }

    /// A day of the calendar.
    pub(super) fn day(&mut self, column: &'static str) -> Option<NaiveDate> {
        self.read(column, day)
    }

    /// The point in the columns `lat` and `lon`.
    pub(super) fn place(&mut self) -> Option<Place> {
        let degrees = |text: &str| text.parse::<f64>().map_err(|_| FaultReason::NotDegrees);
        let (lat, lon) = (self.read("lat", degrees), self.read("lon", degrees));
        Place::new(lat?, lon?)
            .map_err(|error| {
                let column = if error == PlaceError::Longitude { "lon" } else { "lat" };
                self.fault(column, error.into());
            })
            .ok()
    }

    /// The same, with a warning if it is far from the district.
    pub(super) fn place_in(&mut self, district: &District<'_>) -> Option<Place> {
        let place = self.place()?;
        if district.is_far(place) {
            self.warn("lat", FaultReason::FarAway);
        }
        Some(place)
    }

    /// The same of a home, which is not known if both columns are empty or 0.
    #[expect(clippy::option_option, reason = "a fault, no home and a home differ")]
    pub(super) fn home_in(&mut self, district: &District<'_>) -> Option<Option<Place>> {
        let is_empty = |column| self.field(column).is_some_and(|text| text.trim().is_empty());
        if is_empty("lat") && is_empty("lon") {
            return Some(None);
        }
        if self.place()? == Place::UNKNOWN {
            return Some(None);
        }
        self.place_in(district).map(Some)
    }

    /// The code of an area of the district.
    pub(super) fn area(
        &mut self,
        column: &'static str,
        district: &District<'_>,
    ) -> Option<AreaCode> {
        let code = self.word(column)?;
        if let Err(reason) = district.has(code) {
            self.fault(column, reason);
        }
        Some(code)
    }

    /// The code of a grid of the district.
    pub(super) fn grid(
        &mut self,
        column: &'static str,
        district: &District<'_>,
    ) -> Option<AreaCode> {
        let code = self.word(column)?;
        if let Err(reason) = district.has_grid(code) {
            self.fault(column, reason);
        }
        Some(code)
    }

    /// Notes a fault if the file has the column and its level is not that of `code`.
    pub(super) fn agree_on_level(&mut self, column: &'static str, code: Option<AreaCode>) {
        if self.field(column).is_some()
            && let Some(level) = self.word::<Level>(column)
            && let Some(code) = code
            && level != code.level()
        {
            self.fault(column, FaultReason::OtherLevel(code.level()));
        }
    }
}

/// A text of at most `most` characters without line breaks and other control
/// characters.
fn plain(text: &str, most: usize) -> Result<String, FaultReason> {
    if let Some(damage) = damage::of(text) {
        Err(damage)
    } else if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        Err(FaultReason::Control)
    } else if text.contains(is_undefined) {
        Err(FaultReason::Undefined)
    } else if text.chars().count() > most {
        Err(FaultReason::TooLong(most))
    } else {
        Ok(text.to_owned())
    }
}

/// The same, and not empty.
fn filled(text: &str, most: usize) -> Result<String, FaultReason> {
    if shows_nothing(text) { Err(FaultReason::NoText) } else { plain(text, most) }
}

/// Only the exact form `2026-08-01`, so that a displayed value is always a day.
fn day(text: &str) -> Result<NaiveDate, FaultReason> {
    day::parse_within_reach(text).map_err(|error| match error {
        DayError::Form => FaultReason::NotDay,
        DayError::Unknown => FaultReason::NoSuchDay(text.to_owned()),
        DayError::OutOfRange(error) => error.into(),
    })
}

/// A day not after `today`; none if the text is empty.
pub(super) fn past_day(text: &str, today: NaiveDate) -> Result<Option<NaiveDate>, FaultReason> {
    match text {
        "" => Ok(None),
        text => match day(text)? {
            day if day > today => Err(FaultReason::Future(day)),
            day => Ok(Some(day)),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::import::fixture::Sample;

    /// The faults of the folder with one value changed, without file and line.
    fn said(file: &'static str, column: &str, value: &str) -> Vec<String> {
        let line = if file == "people.csv" { 5 } else { 2 };
        let faults = Sample::sound().cell(file, line, column, value).faults();
        let prefix = format!("{file}:{line}: ");
        faults.iter().map(|fault| fault.replacen(&prefix, "", 1)).collect()
    }

    #[test]
    fn coordinates_out_of_range_swapped_or_no_numbers_are_told_apart() {
        let latitude = ["lat: a latitude must be from -90 to 90 degrees"];
        assert_eq!(said("people.csv", "lat", "-91"), latitude);
        assert_eq!(said("people.csv", "lat", "NaN"), latitude);
        let longitude = ["lon: a longitude must be from -180 to 180 degrees"];
        assert_eq!(said("people.csv", "lon", "inf"), longitude);
        assert_eq!(said("people.csv", "lon", "106,3°"), ["lon: must be a number of degrees"]);
        let swapped = Sample::sound().cell("beneficiaries.csv", 2, "lat", "106.25500").cell(
            "beneficiaries.csv",
            2,
            "lon",
            "29.28500",
        );
        assert_eq!(
            swapped.faults(),
            ["beneficiaries.csv:2: lat: latitude and longitude appear to be swapped"]
        );
    }

    #[test]
    fn a_day_that_does_not_exist_or_is_no_day_is_refused() {
        let said = |value| said("beneficiaries.csv", "last_contact", value);
        assert_eq!(said("2025-02-30"), ["last_contact: 2025-02-30 does not exist in the calendar"]);
        assert_eq!(said("2026-2-3"), ["last_contact: must be a day such as 2026-08-01"]);
        assert_eq!(said("2026-08-02"), ["last_contact: 2026-08-02 is in the future"]);
        assert_eq!(said("2026-08-01"), [""; 0]);
        assert_eq!(said(""), [""; 0], "never");
        assert_eq!(said("0000-01-01"), ["last_contact: must be in the years 1900 to 2200"]);
    }

    #[test]
    fn a_name_is_1_to_64_characters_without_control_characters() {
        let said = |value: &str| said("people.csv", "name", value);
        assert_eq!(said(""), ["name: must not be empty"]);
        assert_eq!(said(" \u{3000}\u{200b}"), ["name: must not be empty"]);
        assert_eq!(said(&"王".repeat(65)), ["name: exceeds 64 characters"]);
        assert_eq!(said(&"王".repeat(64)), [""; 0]);
        assert_eq!(said("王\t明"), ["name: contains a control character"]);
        assert_eq!(said("王\u{2028}明"), ["name: contains a control character"]);
        assert_eq!(said("\u{3164}"), ["name: must not be empty"]);
        let undefined = ["name: contains a private-use character or a noncharacter"];
        assert_eq!(said("王\u{e863}"), undefined);
        assert_eq!(said("王\u{fffe}"), undefined);
        assert_eq!(said("阿卜杜拉·𠮷"), [""; 0]);
    }

    #[test]
    fn a_year_of_birth_is_from_1900_to_this_year() {
        let said = |value| said("beneficiaries.csv", "birth_year", value);
        assert_eq!(said("1899"), ["birth_year: must be a year from 1900 to 2026"]);
        assert_eq!(said("2027"), ["birth_year: must be a year from 1900 to 2026"]);
        assert_eq!(said("48"), ["birth_year: must be a year from 1900 to 2026"]);
        assert_eq!(said("1900"), [""; 0], "some are older than a hundred");
    }

    #[test]
    fn a_phone_number_has_5_to_20_digits() {
        let said = |value| said("people.csv", "phone", value);
        for wrong in ["", "1234", "123456789012345678901", "+1380000000", "none"] {
            assert_eq!(
                said(wrong),
                ["phone: a phone number must have 5 to 20 digits"],
                "{wrong:?}"
            );
        }
        assert_eq!(said("12345"), [""; 0]);
    }

    #[test]
    fn phones_are_read_as_digits_however_they_were_pasted() {
        for pasted in ["\u{202d}10000000004\u{202c}", "100-0000 0004", "１００００００００04"]
        {
            let sample = Sample::sound().cell("people.csv", 5, "phone", pasted);
            let reading = sample.read().expect("readable");
            assert_eq!(reading.faults, [], "{pasted:?}");
            assert_eq!(reading.records.people[3].phone, "10000000004");
        }
        let sample = Sample::sound().cell("people.csv", 5, "phone", "100-0000-0001");
        assert_eq!(sample.faults(), ["people.csv:5: phone: duplicates the value on line 2"]);
    }

    #[test]
    fn a_word_that_is_not_on_its_list_is_answered_with_the_list() {
        assert_eq!(
            said("beneficiaries.csv", "mobility", "flying"),
            ["mobility: must be one of: full, limited, homebound"]
        );
        assert_eq!(
            said("beneficiaries.csv", "hardship", "medical;hunger"),
            ["hardship: is not one of the district's hardships"]
        );
        assert_eq!(
            said("people.csv", "role", "boss"),
            ["role: must be one of: admin, supervisor, manager, volunteer, auditor"]
        );
        assert_eq!(
            said("people.csv", "skills", "driving;juggling"),
            ["skills: is not one of the district's skills"]
        );
        assert_eq!(said("people.csv", "id", "孙-7"), ["id: must be a UUID"]);
    }

    #[test]
    fn a_place_far_from_the_outlines_is_a_warning_and_no_fault() {
        let reading = Sample::sound().cell("people.csv", 5, "lat", "39.28500").read();
        let reading = reading.expect("readable");
        assert_eq!(reading.faults, []);
        assert_eq!(reading.records.people.len(), 4);
        let warnings: Vec<_> = reading.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings, ["people.csv:5: lat: is far outside the outlines of the grids"]);
    }
}
