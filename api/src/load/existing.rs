//! A district as the database has it, which completes files that contain only a part of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::Household;
use gridward_domain::code::PlaqueState;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;

use super::record::{
    AreaRecord, BeneficiaryRecord, HolidayRecord, MemorialRecord, PersonRecord, StationRecord,
};
use crate::area::store::AreaRow;
use crate::beneficiary::household;
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::db::schema::{areas, beneficiaries, outlines, people};
use crate::db::{Conn, DbError};
use crate::holiday::store::HolidayRow;
use crate::memorial::Memorial;
use crate::memorial::store::MemorialRow;
use crate::person::store::PersonRow;
use crate::person::{PersonState, Role};
use crate::station::Station;
use crate::station::store::StationRow;
use crate::vocabulary::{self, Vocabularies};

/// The current rows of a district; empty if there is no district yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Existing {
    /// The district.
    pub district: Option<AreaCode>,
    /// The areas.
    pub areas: HashSet<AreaCode>,
    /// The grids with a manager.
    pub managed: HashSet<AreaCode>,
    /// The grids with an outline.
    pub outlined: HashSet<AreaCode>,
    /// The words; the default ones if there is no district yet.
    pub vocabularies: Vocabularies,
    /// The states in which a plaque is at its door.
    pub plaques: BTreeSet<PlaqueState>,
    /// The households with a plaque at their door, by the entry that has it.
    pub hung: BTreeMap<BeneficiaryId, Household>,
    /// The people, also those who have left: a file may readmit them with a few columns.
    pub people: HashMap<PersonId, PersonRecord>,
    /// The beneficiaries.
    pub beneficiaries: HashMap<BeneficiaryId, BeneficiaryRecord>,
}

impl Existing {
    /// Reads the rows of `district`.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(conn: &mut Conn, key: &SealingKey, district: AreaCode) -> Result<Self, DbError> {
        let areas: Vec<AreaCode> = areas::table
            .filter(areas::district.eq(district))
            .filter(areas::valid_to.is_null())
            .select(areas::code)
            .load(conn)?;
        let outlined: Vec<AreaCode> = outlines::table
            .filter(outlines::district.eq(district))
            .select(outlines::grid)
            .load(conn)?;
        let people: Vec<PersonRow> = people::table
            .filter(people::district.eq(district))
            .select(PersonRow::as_select())
            .load(conn)?;
        let left = people.iter().filter(|row| row.state == PersonState::Left);
        let left: HashSet<PersonId> = left.map(|row| row.id).collect();
        let beneficiaries: Vec<BeneficiaryRow> = beneficiaries::table
            .filter(beneficiaries::district.eq(district))
            // A file may still have a few columns of one who died: the load keeps the end.
            .filter(
                beneficiaries::valid_to.is_null().or(beneficiaries::ended_because.is_not_null()),
            )
            .select(BeneficiaryRow::as_select())
            .load(conn)?;
        let people = people.iter().map(|row| Ok((row.id, person(row, key)?)));
        let people: HashMap<_, _> = people.collect::<Result<_, DbError>>()?;
        let managers = people
            .values()
            .filter(|person| person.role == Role::Manager && !left.contains(&person.id));
        let plaques = PlaqueRules::of(district).present(conn)?;
        let hung = beneficiaries
            .iter()
            .filter_map(|row| Some((row.id, household::hung_by(row, &plaques)?.clone())));
        Ok(Self {
            district: areas.iter().any(|area| area.level() == Level::District).then_some(district),
            managed: managers.map(|person| person.area).collect(),
            areas: areas.into_iter().collect(),
            outlined: outlined.into_iter().collect(),
            vocabularies: vocabulary::store::all(conn, district)?,
            hung: hung.collect(),
            plaques,
            beneficiaries: beneficiaries
                .iter()
                .map(|row| Ok((row.id, beneficiary(row, key)?)))
                .collect::<Result<_, DbError>>()?,
            people,
        })
    }
}

/// The record that a row is loaded from.
pub(super) fn person(row: &PersonRow, key: &SealingKey) -> Result<PersonRecord, DbError> {
    let particulars = row.particulars(key)?;
    Ok(PersonRecord {
        id: row.id,
        role: row.role,
        area: row.area,
        name: particulars.name,
        gender: row.gender,
        birth_year: row.birth_year,
        phone: particulars.phone,
        home: row.home()?,
        skills: row.skills.members().clone().into_iter().collect(),
        weekly_minutes: row.weekly_minutes,
        availability: row.availability.days().collect(),
    })
}

/// The record that a row is loaded from.
pub(super) fn beneficiary(
    row: &BeneficiaryRow,
    key: &SealingKey,
) -> Result<BeneficiaryRecord, DbError> {
    let particulars = row.particulars(key)?;
    Ok(BeneficiaryRecord {
        id: row.id,
        grid: row.grid,
        name: particulars.name,
        gender: row.gender,
        birth_year: row.birth_year,
        categories: row.categories.members().clone(),
        tags: row.tags.members().clone(),
        household: row.household.clone(),
        place: row.home()?,
        address: particulars.address,
        phone: particulars.phone,
        id_number: particulars.id_number,
        hardships: particulars.hardships,
        lives_alone: row.lives_alone,
        mobility: row.mobility,
        contact: row.contact,
        plaque: row.plaque.clone(),
        last_contact: row.last_contact,
    })
}

/// The record that a row is loaded from.
pub(super) fn area(row: &AreaRow) -> Result<AreaRecord, DbError> {
    let place = Place::new(row.lat, row.lon).map_err(|error| DbError::corrupt("areas", error))?;
    Ok(AreaRecord { code: row.code, name: row.name.clone(), place })
}

/// The record that a row is loaded from.
pub(super) fn station(row: StationRow) -> Result<StationRecord, DbError> {
    let Station { id, area, name, grid, place, phone, hours, .. } = row.station()?;
    Ok(StationRecord { id, area, name, grid, place, phone, hours })
}

/// The record that a row is loaded from.
pub(super) fn memorial(row: MemorialRow) -> Result<MemorialRecord, DbError> {
    let Memorial { id, name, kind, grid, place, .. } = row.memorial()?;
    Ok(MemorialRecord { id, name, kind, grid, place })
}

/// The record that a row is loaded from.
pub(super) fn holiday(row: HolidayRow) -> HolidayRecord {
    let HolidayRow { date, code, name, calendar, lunar_date, .. } = row;
    HolidayRecord { date, code, name, calendar, lunar_date }
}
