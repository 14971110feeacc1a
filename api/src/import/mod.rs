//! Reading a district from a folder of CSV and GeoJSON files.
//!
//! Guarantees: every fault is reported by file, line, column and reason, and
//! reading continues to the end; a report shows no name, phone, address or ID
//! number; files are streamed, so memory grows with the records and not with the
//! text. Reading does not write to the database; [`run`] passes the records to [`load`](crate::load).
//!
//! Each file has a module that reads like its list of columns. Areas come first,
//! so that all other rows can be checked against them. Artefacts of spreadsheets,
//! GIS programs and pasted text are ignored if harmless (`table`) and reported if
//! they destroyed information (`damage`, `spreadsheet`).

mod areas;
mod availability;
mod beneficiaries;
mod crossings;
mod damage;
mod district;
mod fault;
mod features;
#[cfg(test)]
mod fixture;
mod folder;
pub mod heading_routes;
mod headings;
mod holidays;
mod id_number;
pub mod model;
mod outlines;
mod people;
mod places;
mod ring;
pub mod routes;
mod row;
mod rows;
pub mod run;
mod spreadsheet;
mod store;
mod table;
mod template;
mod text;
pub mod upload;
mod values;
mod words;
mod workbook;

use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use thiserror::Error;

pub use fault::{Fault, FaultReason, Part};
pub use headings::Headings;
pub use workbook::WorkbookError;

use crate::load::Conflict;
use crate::load::existing::Existing;
use crate::load::record::DistrictRecords;
use district::District;
use fault::{Notes, Numbers};
use folder::Folder;

/// The files of a district, in the order of reading.
pub const FILES: [&str; 7] = [
    "areas.csv",
    "grids.geojson",
    "people.csv",
    "beneficiaries.csv",
    "stations.csv",
    "memorials.csv",
    "holidays.csv",
];

/// The same in the format XLSX.
pub const WORKBOOKS: [Option<&str>; FILES.len()] = [
    Some("areas.xlsx"),
    None,
    Some("people.xlsx"),
    Some("beneficiaries.xlsx"),
    Some("stations.xlsx"),
    Some("memorials.xlsx"),
    Some("holidays.xlsx"),
];

/// The number of required files, from the first of [`FILES`].
const REQUIRED: usize = 3;

/// The result of reading a folder.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The valid rows. Complete and consistent only without faults.
    pub records: DistrictRecords,
    /// Refused values, in the order of [`FILES`] and of lines.
    pub faults: Vec<Fault>,
    /// Accepted but doubtful values, in the same order.
    pub warnings: Vec<Fault>,
    /// The optional files that are not in the folder.
    pub absent: Vec<&'static str>,
    /// Where the numbers of the records are.
    numbers: Numbers,
}

/// The same records and faults, wherever in the files they are.
impl PartialEq for Reading {
    fn eq(&self, other: &Self) -> bool {
        self.records == other.records
            && self.faults == other.faults
            && self.warnings == other.warnings
            && self.absent == other.absent
    }
}

impl Reading {
    /// The fault of the row whose number the register has for another; none if the files do not
    /// have the number, or for other conflicts.
    pub fn fault_of(&self, conflict: &Conflict) -> Option<Fault> {
        let Conflict::Taken { number, record, other } = conflict else { return None };
        let (file, line, part) = self.numbers.get(&(*number, record.clone()))?;
        let reason = FaultReason::Taken(other.clone());
        Some(Fault { file, line: *line, part: Some(*part), reason })
    }
}

/// The progress over all files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The file being read.
    pub file: &'static str,
    /// Bytes read so far, of this file and those before it.
    pub bytes_read: u64,
    /// Bytes of all files in the folder.
    pub bytes_total: u64,
}

/// Why a folder was not read.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Required files are absent; if the district exists, all files.
    #[error("missing in {}: {}", .dir.display(), .files.join(", "))]
    Missing {
        /// The folder.
        dir: PathBuf,
        /// The files.
        files: Vec<&'static str>,
    },
    /// A file is present as CSV and as XLSX.
    #[error("{file} and the same file as XLSX are both present; remove one")]
    TwoFormats {
        /// The CSV file.
        file: &'static str,
    },
    /// An XLSX file cannot be read.
    #[error("{file}: {error}")]
    Workbook {
        /// The file.
        file: &'static str,
        /// The reason.
        #[source]
        error: WorkbookError,
    },
    /// A file cannot be read.
    #[error("{file} cannot be read: {error}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// The system's error.
        #[source]
        error: io::Error,
    },
}

/// The circumstances in which a folder is read.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The day of the import. Years of birth and days of last contact after it are refused.
    pub today: NaiveDate,
    /// The district in the database, which the files may complete.
    pub existing: &'a Existing,
    /// The names of columns that the district has agreed on.
    pub headings: &'a Headings,
}

/// Reads the folder `dir`; `progress` is called after every 64 KiB.
///
/// If the district exists, the folder may have any of the files, and the files of people and
/// beneficiaries may lack columns of rows that exist.
///
/// # Errors
/// If a required file is absent, or a file cannot be read. The content of a file is
/// never an error: see [`Reading::faults`].
pub fn read(
    dir: &Path,
    options: &Options<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Reading, ImportError> {
    let mut folder = Folder::look(dir, *options, progress)?;
    let mut notes = Notes::default();
    let mut district = District::new(options.today, options.existing);
    let records = DistrictRecords {
        areas: areas::read(&mut folder, &mut district, &mut notes)?,
        outlines: outlines::read(&mut folder, &mut district, &mut notes)?,
        people: people::read(&mut folder, &district, &mut notes)?,
        beneficiaries: beneficiaries::read(&mut folder, &district, &mut notes)?,
        stations: places::stations(&mut folder, &district, &mut notes)?,
        memorials: places::memorials(&mut folder, &district, &mut notes)?,
        holidays: holidays::read(&mut folder, &mut notes)?,
    };
    let (faults, warnings, numbers) = notes.sorted();
    Ok(Reading { records, faults, warnings, absent: folder.absent(), numbers })
}

/// The district of the areas in the folder; none if they are absent or unreadable.
pub fn district_of(dir: &Path, headings: &Headings) -> Option<AreaCode> {
    let existing = Existing::default();
    let options = Options { today: NaiveDate::MAX, existing: &existing, headings };
    let mut progress = |_| {};
    let mut folder = Folder::look(dir, options, &mut progress).ok()?;
    let mut district = District::new(options.today, &existing);
    let areas = areas::read(&mut folder, &mut district, &mut Notes::default()).ok()?;
    areas.first().map(|area| area.code.district())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fixture::Sample;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_a_file_contains_is_read_to_the_end_and_reported_by_a_line_of_it(
            file in proptest::sample::select(&FILES),
            at in any::<proptest::sample::Index>(),
            torn in 0..40usize,
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..8),
                "[\"\\n\r,;{}\\[\\]0-9-]{0,8}".prop_map(String::into_bytes),
            ],
        ) {
            let sample = Sample::sound().tear(file, at, torn, &bytes);
            let lines = sample.count_lines(file);
            let reading = sample.read().expect("readable");
            let there = |fault: &Fault| fault.line >= 1 && (fault.file != file || fault.line <= lines);
            prop_assert!(reading.faults.iter().all(there), "{:?}", reading.faults);
        }
    }

    #[test]
    fn a_sound_folder_is_read_whole_and_without_a_fault() {
        let reading = Sample::sound().read().expect("readable");
        assert_eq!((reading.faults, reading.warnings, reading.absent), (vec![], vec![], vec![]));
        let records = reading.records;
        assert_eq!((records.areas.len(), records.outlines.len(), records.people.len()), (5, 2, 4));
        assert_eq!((records.beneficiaries.len(), records.stations.len()), (2, 1));
        assert_eq!((records.memorials.len(), records.holidays.len()), (1, 2));
    }

    #[test]
    fn all_missing_files_are_named_at_once() {
        let error = Sample::sound().without("areas.csv").without("people.csv").read();
        let said = error.expect_err("files are missing").to_string();
        assert!(said.ends_with(": areas.csv, people.csv"), "{said}");
    }

    #[test]
    fn an_optional_file_that_is_absent_is_reported() {
        let sample = Sample::sound().without("stations.csv").without("holidays.csv");
        let reading = sample.read().expect("readable");
        assert_eq!(reading.absent, ["stations.csv", "holidays.csv"]);
        assert_eq!(reading.faults, []);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_that_names_it() {
        let folder = Sample::sound().without("memorials.csv").write();
        std::fs::create_dir(folder.path().join("memorials.csv")).expect("a folder");
        let error = read(folder.path(), &Sample::options(), &mut |_| {}).expect_err("no file");
        assert!(error.to_string().starts_with("memorials.csv cannot be read: "), "{error}");
    }

    #[test]
    fn progress_grows_to_the_bytes_of_the_folder() {
        let folder = Sample::sound().write();
        let mut steps = Vec::new();
        read(folder.path(), &Sample::options(), &mut |step| steps.push(step)).expect("readable");
        let size = |file| std::fs::metadata(folder.path().join(file)).expect("a file").len();
        let total: u64 = FILES.into_iter().map(size).sum();
        assert!(steps.iter().all(|step| step.bytes_total == total));
        assert!(steps.is_sorted_by_key(|step| step.bytes_read));
        assert_eq!(steps.last().map(|step| step.bytes_read), Some(total));
        assert_eq!(steps.iter().map(|step| step.file).collect::<Vec<_>>(), FILES);
    }

    #[test]
    fn a_row_may_have_several_faults_and_the_next_rows_are_still_checked() {
        let sample = Sample::sound()
            .cell("people.csv", 5, "phone", "12")
            .cell("people.csv", 5, "gender", "X")
            .cell("beneficiaries.csv", 2, "plaque", "stolen")
            .cell("beneficiaries.csv", 3, "lives_alone", "maybe");
        assert_eq!(
            sample.faults(),
            [
                "people.csv:5: gender: must be one of: M, F",
                "people.csv:5: phone: a phone number must have 5 to 20 digits",
                "beneficiaries.csv:2: plaque: is not one of the district's plaque states",
                "beneficiaries.csv:3: lives_alone: must be one of: 0, 1",
            ]
        );
    }

    #[test]
    fn no_fault_shows_the_value_of_the_file() {
        // A value in the wrong column could reveal a person.
        let secret = "孙瑶悦";
        let mut sample = Sample::sound();
        for file in FILES.into_iter().filter(|file| *file != "grids.geojson") {
            for column in sample.columns(file) {
                sample = sample.cell(file, 2, &column, secret);
            }
        }
        let faults = sample.faults();
        assert!(faults.len() > 40, "{faults:?}");
        assert!(faults.iter().all(|fault| !fault.contains(['孙', '瑶', '悦'])), "{faults:?}");
    }
}
