//! Reading a district from a folder of CSV and GeoJSON files.
//!
//! Promises: every row that does not fit is reported, by file, line, column and
//! reason, and reading goes on; what is reported names no person. What comes
//! out are the records of [`crate::load::record`], to be written only when
//! there is not one fault.

mod beneficiaries;
mod fault;
mod outlines;
mod people;
mod places;
mod table;
mod whole;

use std::path::Path;

pub use fault::{Fault, Reason};

use crate::load::record::DistrictRecords;
use table::Table;

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The rows that fit.
    pub records: DistrictRecords,
    /// What does not fit, file by file, line by line.
    pub faults: Vec<Fault>,
}

/// The files a district is read from, in the order of reading.
pub const FILES: [&str; 7] = [
    "areas.csv",
    "grids.geojson",
    "people.csv",
    "beneficiaries.csv",
    "stations.csv",
    "memorials.csv",
    "holidays.csv",
];
/// Without these there is no district.
const REQUIRED: usize = 3;

/// Reads the folder; `before` is told of each file before it is read, with its
/// size in bytes.
pub fn read(dir: &Path, before: &mut dyn FnMut(&'static str, u64)) -> Reading {
    let mut reading = Reading::default();
    let mut lines = whole::Lines::default();
    for (n, file) in FILES.into_iter().enumerate() {
        let bytes = match std::fs::read(dir.join(file)) {
            Ok(bytes) => bytes,
            Err(error) => {
                let missing = error.kind() == std::io::ErrorKind::NotFound;
                if !missing || n < REQUIRED {
                    let reason = if missing { Reason::Missing } else { Reason::Unreadable };
                    reading.faults.push(Fault::of_file(file, reason));
                }
                continue;
            }
        };
        before(file, bytes.len() as u64);
        read_file(file, &bytes, &mut reading, &mut lines);
    }
    whole::check(&reading.records, &lines, &mut reading.faults);
    let order = |file: &str| FILES.iter().position(|known| *known == file);
    reading.faults.sort_by_key(|fault| (order(fault.file), fault.line));
    reading
}

fn read_file(file: &'static str, bytes: &[u8], reading: &mut Reading, lines: &mut whole::Lines) {
    let Reading { records, faults } = reading;
    let table = Table::new(file, bytes);
    match file {
        "areas.csv" => {
            records.areas = table.read(places::AREA, places::area, &mut lines.areas, faults);
        }
        "grids.geojson" => {
            records.outlines = outlines::read(file, bytes, &mut lines.outlines, faults);
        }
        "people.csv" => {
            records.people = table.read(people::COLUMNS, people::row, &mut lines.people, faults);
        }
        "beneficiaries.csv" => {
            let lines = &mut lines.beneficiaries;
            records.beneficiaries =
                table.read(beneficiaries::COLUMNS, beneficiaries::row, lines, faults);
        }
        "stations.csv" => {
            let lines = &mut lines.stations;
            records.stations = table.read(places::STATION, places::station, lines, faults);
        }
        "memorials.csv" => {
            let lines = &mut lines.memorials;
            records.memorials = table.read(places::MEMORIAL, places::memorial, lines, faults);
        }
        _ => {
            let lines = &mut lines.holidays;
            records.holidays = table.read(places::HOLIDAY, places::holiday, lines, faults);
        }
    }
}
