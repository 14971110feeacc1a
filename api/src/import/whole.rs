//! What only the district as a whole can show: what is missing, what stands
//! twice, what lies in nothing.

use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::Hash;

use gridward_dispatch::area::{AreaCode, Level};

use super::fault::{Fault, Reason};
use crate::load::record::DistrictRecords;
use crate::person::Role;

/// The lines that the records were read from, in their order.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) areas: Vec<u64>,
    pub(super) outlines: Vec<u64>,
    pub(super) people: Vec<u64>,
    pub(super) beneficiaries: Vec<u64>,
    pub(super) stations: Vec<u64>,
    pub(super) memorials: Vec<u64>,
    pub(super) holidays: Vec<u64>,
}

/// One file's records, with where each stands.
struct Sheet<'a, Record> {
    file: &'static str,
    records: &'a [Record],
    lines: &'a [u64],
}

impl<'a, Record> Sheet<'a, Record> {
    fn rows(&self) -> impl Iterator<Item = (&'a Record, u64)> {
        self.records.iter().zip(self.lines.iter().copied())
    }

    fn fault(&self, line: u64, column: &'static str, reason: Reason) -> Fault {
        Fault { file: self.file, line, column: Some(column), reason }
    }

    /// Notes each record whose `key` an earlier one has.
    fn once<Key: Eq + Hash>(
        &self,
        column: &'static str,
        key: impl Fn(&'a Record) -> Key,
        faults: &mut Vec<Fault>,
    ) {
        let mut first = HashMap::with_capacity(self.records.len());
        for (record, line) in self.rows() {
            let line_before = *first.entry(key(record)).or_insert(line);
            if line_before != line {
                faults.push(self.fault(line, column, Reason::Twice(line_before)));
            }
        }
    }

    /// Notes each record that lies in an area that is not `known`.
    fn inside(
        &self,
        column: &'static str,
        known: &HashSet<AreaCode>,
        area: impl Fn(&'a Record) -> Option<AreaCode>,
        faults: &mut Vec<Fault>,
    ) {
        for (record, line) in self.rows() {
            if let Some(area) = area(record).filter(|area| !known.contains(area)) {
                faults.push(self.fault(line, column, Reason::NoArea(area)));
            }
        }
    }
}

/// Notes in `faults` what does not fit together.
pub(super) fn check(records: &DistrictRecords, lines: &Lines, faults: &mut Vec<Fault>) {
    let areas = Sheet { file: "areas.csv", records: &records.areas, lines: &lines.areas };
    let outlines =
        Sheet { file: "grids.geojson", records: &records.outlines, lines: &lines.outlines };
    let people = Sheet { file: "people.csv", records: &records.people, lines: &lines.people };
    let beneficiaries = Sheet {
        file: "beneficiaries.csv",
        records: &records.beneficiaries,
        lines: &lines.beneficiaries,
    };
    let stations =
        Sheet { file: "stations.csv", records: &records.stations, lines: &lines.stations };
    let memorials =
        Sheet { file: "memorials.csv", records: &records.memorials, lines: &lines.memorials };
    let holidays =
        Sheet { file: "holidays.csv", records: &records.holidays, lines: &lines.holidays };

    areas.once("code", |area| area.code, faults);
    outlines.once("code", |outline| outline.grid, faults);
    people.once("id", |person| person.id, faults);
    people.once("phone", |person| person.phone.as_str(), faults);
    beneficiaries.once("id", |one| one.id, faults);
    beneficiaries.once("id_number", |one| one.id_number.as_str(), faults);
    stations.once("id", |station| station.id.as_str(), faults);
    memorials.once("id", |memorial| memorial.id.as_str(), faults);
    holidays.once("date", |holiday| (holiday.date, holiday.code.as_str()), faults);

    let known: HashSet<AreaCode> = records.areas.iter().map(|area| area.code).collect();
    areas.inside("parent", &known, |area| area.code.parent(), faults);
    outlines.inside("code", &known, |outline| Some(outline.grid), faults);
    people.inside("area", &known, |person| Some(person.area), faults);
    beneficiaries.inside("grid", &known, |one| Some(one.grid), faults);
    stations.inside("area", &known, |station| Some(station.area), faults);
    stations.inside("grid", &known, |station| Some(station.grid), faults);
    memorials.inside("grid", &known, |memorial| Some(memorial.grid), faults);

    one_district(&areas, faults);
    one_manager(records, &areas, &people, faults);
    one_outline(records, &areas, faults);
}

fn one_district(areas: &Sheet<'_, crate::load::record::AreaRecord>, faults: &mut Vec<Fault>) {
    let mut rows = areas.rows();
    let Some((first, _)) = rows.next() else { return };
    let district = first.code.district();
    for (area, line) in rows.filter(|(area, _)| area.code.district() != district) {
        faults.push(areas.fault(line, "code", Reason::OtherDistrict(area.code)));
    }
}

fn one_manager(
    records: &DistrictRecords,
    areas: &Sheet<'_, crate::load::record::AreaRecord>,
    people: &Sheet<'_, crate::load::record::PersonRecord>,
    faults: &mut Vec<Fault>,
) {
    let mut managers: HashMap<AreaCode, u64> = HashMap::with_capacity(records.outlines.len());
    for (person, line) in people.rows().filter(|(person, _)| person.role == Role::Manager) {
        let first = *managers.entry(person.area).or_insert(line);
        if first != line {
            let reason = Reason::TwoManagers { grid: person.area, first };
            faults.push(people.fault(line, "role", reason));
        }
    }
    for (area, line) in areas.rows().filter(|(area, _)| area.level() == Level::Grid) {
        if !managers.contains_key(&area.code) {
            faults.push(areas.fault(line, "code", Reason::NoManager(area.code)));
        }
    }
}

fn one_outline(
    records: &DistrictRecords,
    areas: &Sheet<'_, crate::load::record::AreaRecord>,
    faults: &mut Vec<Fault>,
) {
    let drawn: HashSet<AreaCode> = records.outlines.iter().map(|outline| outline.grid).collect();
    for (area, line) in areas.rows().filter(|(area, _)| area.level() == Level::Grid) {
        if !drawn.contains(&area.code) {
            faults.push(areas.fault(line, "code", Reason::NoOutline(area.code)));
        }
    }
}
