//! Converts records to rows. Each function returns `None` if the previous row equals the
//! record.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;
use serde::Serialize;

use super::merge::Keyed;
use super::record::{
    AreaRecord, BeneficiaryRecord, HolidayRecord, MemorialRecord, OutlineRecord, PersonRecord,
    StationRecord,
};
use crate::area::store::AreaRow;
use crate::beneficiary::EndCause;
use crate::beneficiary::model::Particulars;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::{SealingKey, aad};
use crate::db::DbError;
use crate::holiday::store::HolidayRow;
use crate::memorial::store::MemorialRow;
use crate::person;
use crate::person::PersonState;
use crate::person::store::PersonRow;
use crate::station::store::StationRow;

macro_rules! keyed {
    ($($type:ty: $($field:ident).+;)*) => {$(
        impl Keyed for $type {
            fn key(&self) -> String {
                self.$($field).+.to_string()
            }
        }
    )*};
}

keyed! {
    AreaRow: code; AreaRecord: code;
    OutlineRow: grid; OutlineRecord: grid;
    PersonRow: id; PersonRecord: id;
    BeneficiaryRow: id; BeneficiaryRecord: id;
    StationRow: id; StationRecord: id;
    MemorialRow: id; MemorialRecord: id;
}

impl Keyed for HolidayRow {
    fn key(&self) -> String {
        holiday_key(self.date, &self.code)
    }
}

impl Keyed for HolidayRecord {
    fn key(&self) -> String {
        holiday_key(self.date, &self.code)
    }
}

/// The key of a holiday among the records; the log names it by its id.
pub(super) fn holiday_key(date: NaiveDate, code: &str) -> String {
    format!("{date} {code}")
}

crate::table_row! {
    /// The row of an outline.
    #[derive(Clone, Debug, PartialEq)]
    pub(super) struct OutlineRow in outlines {
        district: AreaCode,
        key {
            grid: AreaCode,
        }
        fixed {
            ring: String,
        }
    }
}

impl OutlineRow {
    /// The record that the row is loaded from.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn record(self) -> Result<OutlineRecord, DbError> {
        let corrupt = |error: String| DbError::corrupt("outlines", error);
        let points: Vec<[f64; 2]> =
            serde_json::from_str(&self.ring).map_err(|error| corrupt(error.to_string()))?;
        let place = |[lon, lat]: [f64; 2]| Place::new(lat, lon);
        let ring = points.into_iter().map(place).collect::<Result<_, _>>();
        Ok(OutlineRecord {
            grid: self.grid,
            ring: ring.map_err(|error| corrupt(error.to_string()))?,
        })
    }
}

fn unless_same<Row: PartialEq>(row: Row, before: Option<&Row>) -> Option<Row> {
    (before != Some(&row)).then_some(row)
}

pub(super) fn area(
    record: &AreaRecord,
    today: NaiveDate,
    before: Option<&AreaRow>,
) -> Option<AreaRow> {
    versioned(before.map(|before| (before, before.version)), |version| AreaRow {
        district: record.code.district(),
        code: record.code,
        level: record.level(),
        parent: record.code.parent(),
        name: record.name.clone(),
        lat: record.place.lat(),
        lon: record.place.lon(),
        valid_from: before.map_or(today, |before| before.valid_from),
        valid_to: None,
        version,
    })
}

pub(super) fn outline(record: &OutlineRecord, before: Option<&OutlineRow>) -> Option<OutlineRow> {
    let points: Vec<[f64; 2]> =
        record.ring.iter().map(|point| [point.lon(), point.lat()]).collect();
    let row = OutlineRow {
        district: record.grid.district(),
        grid: record.grid,
        ring: serde_json::json!(points).to_string(),
    };
    unless_same(row, before)
}

pub(crate) fn person(
    record: &PersonRecord,
    key: &SealingKey,
    district: AreaCode,
    before: Option<&PersonRow>,
) -> Result<Option<PersonRow>, DbError> {
    let particulars =
        person::store::Particulars { name: record.name.clone(), phone: record.phone.clone() };
    let availability: person::Availability = record.availability.iter().copied().collect();
    // A person in the files works; a suspension is lifted by a superior only.
    let state = match before.map(|before| before.state) {
        Some(PersonState::Suspended) => PersonState::Suspended,
        _ => PersonState::Active,
    };
    let (lat, lon) = person::store::coordinates(record.home);
    let row = |sealed: Vec<u8>, version: i64| PersonRow {
        district,
        id: record.id,
        role: record.role,
        area: record.area,
        state,
        gender: record.gender,
        birth_year: record.birth_year,
        lat,
        lon,
        skills: record.skills.clone().into(),
        weekly_minutes: record.weekly_minutes,
        availability: availability.clone(),
        phone_index: key.index(&record.phone),
        sealed,
        version,
        tokens_not_before: before.and_then(|before| before.tokens_not_before),
        // Files have no languages.
        languages: before.map_or_else(|| BTreeSet::new().into(), |before| before.languages.clone()),
    };
    if let Some(before) = before
        && row(before.sealed.clone(), before.version) == *before
        && before.particulars(key)? == particulars
    {
        return Ok(None);
    }
    let aad = aad(district, "people", record.id);
    let sealed = seal(key, &aad, &particulars)?;
    Ok(Some(row(sealed, before.map_or(1, |before| before.version + 1))))
}

pub(super) fn beneficiary(
    record: &BeneficiaryRecord,
    key: &SealingKey,
    before: Option<&BeneficiaryRow>,
) -> Result<Option<BeneficiaryRow>, DbError> {
    // Somebody decided that the person died, left or is a duplicate: an older file does not know.
    let is_decided =
        |before: &BeneficiaryRow| before.ended_because.is_some_and(EndCause::is_decided);
    if before.is_some_and(is_decided) {
        return Ok(None);
    }
    let opened = before.map(|before| before.particulars(key)).transpose()?;
    let particulars = Particulars {
        name: record.name.clone(),
        phone: record.phone.clone(),
        id_number: record.id_number.clone(),
        address: record.address.clone(),
        hardships: record.hardships.clone(),
        // Files contain none of these.
        notes: opened.as_ref().map(|opened| opened.notes.clone()).unwrap_or_default(),
        next_of_kin: opened.as_ref().map(|opened| opened.next_of_kin.clone()).unwrap_or_default(),
        stay: opened.as_ref().and_then(|opened| opened.stay.clone()),
        hospital_until: opened.as_ref().and_then(|opened| opened.hospital_until),
    };
    let district = record.grid.district();
    let row = |sealed: Vec<u8>, version: i64| BeneficiaryRow {
        district,
        id: record.id,
        grid: record.grid,
        categories: record.categories.clone().into(),
        tags: record.tags.clone().into(),
        household: record.household.clone(),
        gender: record.gender,
        birth_year: record.birth_year,
        lat: record.place.lat(),
        lon: record.place.lon(),
        lives_alone: record.lives_alone,
        mobility: record.mobility,
        contact: record.contact,
        plaque: record.plaque.clone(),
        // A visit after the file was written stays the last contact.
        last_contact: record.last_contact.max(before.and_then(|before| before.last_contact)),
        last_visitor: before.and_then(|before| before.last_visitor),
        id_index: key.index(&record.id_number),
        sealed,
        version,
        // An ended beneficiary that is in the files again is current again.
        valid_to: None,
        ended_because: None,
        successor: None,
        stay_grid: before.and_then(|before| before.stay_grid),
        stay_from: before.and_then(|before| before.stay_from),
        stay_to: before.and_then(|before| before.stay_to),
        last_visit: visited(record, before),
    };
    if let Some(before) = before
        && row(before.sealed.clone(), before.version) == *before
        && opened.as_ref() == Some(&particulars)
    {
        return Ok(None);
    }
    let aad = aad(district, "beneficiaries", record.id);
    let sealed = seal(key, &aad, &particulars)?;
    Ok(Some(row(sealed, before.map_or(1, |before| before.version + 1))))
}

/// The last visit: a contact that only the file knows counts as one.
fn visited(record: &BeneficiaryRecord, before: Option<&BeneficiaryRow>) -> Option<NaiveDate> {
    let known = before.and_then(|before| before.last_contact);
    let is_new = record.last_contact > known;
    let visit = record.last_contact.filter(|_| is_new);
    visit.max(before.and_then(|before| before.last_visit))
}

/// Seals the personal data of a record.
fn seal(key: &SealingKey, aad: &str, particulars: &impl Serialize) -> Result<Vec<u8>, DbError> {
    let sealed = key.seal_value(aad, particulars);
    sealed.map_err(|error| DbError::corrupt("a record to be sealed", error))
}

/// The row with the next version, unless the previous one equals it.
fn versioned<Row: PartialEq>(before: Option<(&Row, i64)>, row: impl Fn(i64) -> Row) -> Option<Row> {
    match before {
        Some((before, version)) if *before == row(version) => None,
        Some((_, version)) => Some(row(version + 1)),
        None => Some(row(1)),
    }
}

pub(super) fn station(record: &StationRecord, before: Option<&StationRow>) -> Option<StationRow> {
    versioned(before.map(|before| (before, before.version)), |version| StationRow {
        district: record.area.district(),
        id: record.id.clone(),
        area: record.area,
        name: record.name.clone(),
        grid: record.grid,
        lat: record.place.lat(),
        lon: record.place.lon(),
        phone: record.phone.clone(),
        hours: record.hours.clone(),
        version,
        valid_to: None,
        lawyer: before.and_then(|before| before.lawyer.clone()),
    })
}

pub(super) fn memorial(
    record: &MemorialRecord,
    before: Option<&MemorialRow>,
) -> Option<MemorialRow> {
    versioned(before.map(|before| (before, before.version)), |version| MemorialRow {
        district: record.grid.district(),
        id: record.id.clone(),
        name: record.name.clone(),
        kind: record.kind,
        grid: record.grid,
        lat: record.place.lat(),
        lon: record.place.lon(),
        version,
        valid_to: None,
    })
}

pub(super) fn holiday(
    record: &HolidayRecord,
    district: AreaCode,
    before: Option<&HolidayRow>,
) -> Option<HolidayRow> {
    versioned(before.map(|before| (before, before.version)), |version| HolidayRow {
        district,
        date: record.date,
        code: record.code.clone(),
        name: record.name.clone(),
        calendar: record.calendar,
        lunar_date: record.lunar_date.clone(),
        version,
        valid_to: None,
    })
}
