//! Faults: what is wrong in a file, and where.

use std::fmt;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, CodeError, Level};
use gridward_domain::authority::Role;
use gridward_domain::phone::PhoneError;
use gridward_domain::place::PlaceError;
use gridward_domain::range::OutOfRange;
use gridward_domain::skill::SkillError;
use gridward_domain::time::TimeError;
use thiserror::Error;

use super::FILES;
use crate::person::Weekday;
use gridward_domain::word::UnknownWord;

/// Something wrong in a file. Displayed as
/// `people.csv:17: area: areas.csv has no area 500116001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: &'static str,
    /// The line on which the row or feature begins; the file's first is 1.
    pub line: u64,
    /// The part of the line, if not all of it.
    pub part: Option<Part>,
    /// What is wrong.
    pub reason: FaultReason,
}

/// The part of a line that a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A column, by its name in the header.
    Column(&'static str),
    /// A feature of a GeoJSON file, from 1: such files often are one line.
    Feature(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        match self.part {
            Some(Part::Column(column)) => write!(f, "{column}: ")?,
            Some(Part::Feature(number)) => write!(f, "feature {number}: ")?,
            None => {}
        }
        self.reason.fmt(f)
    }
}

/// Why a value is refused or doubtful.
///
/// Shows codes, days, lines and the accepted form; never the text of the file,
/// which in a wrong column may be a person's name or number.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultReason {
    /// Not even a header.
    #[error("the file is empty")]
    Empty,
    /// The header lacks a column.
    #[error("the column {0} is missing")]
    MissingColumn(&'static str),
    /// The header has a column that the file does not have. Named by its position
    /// (the first is 1): in a file without a header its name is a person's.
    #[error("column {0} of the header is not a column of this file")]
    UnknownColumn(usize),
    /// A value in a column that the header leaves blank.
    #[error("column {0} has a value here and no name in the header")]
    UnnamedColumn(usize),
    /// The header has a column twice.
    #[error("the header names the column {0} twice")]
    RepeatedColumn(&'static str),
    /// More or fewer fields than the header.
    #[error("the header has {expected} fields, this row has {found}")]
    FieldCount {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// Bytes that are not text.
    #[error("is not UTF-8")]
    NotUtf8,
    /// Chinese in another encoding, whether or not its bytes are valid UTF-8.
    #[error("seems to be Chinese in GBK; save the file as UTF-8")]
    Gbk,
    /// Characters that a program wrote in place of those it could not read.
    #[error("contains replacement characters; the text was damaged before")]
    Replaced,
    /// Not JSON from this character of the line on.
    #[error("is not JSON at character {0}")]
    NotJson(usize),
    /// JSON without its end.
    #[error("the JSON ends too early")]
    BrokenOff,
    /// JSON of another shape.
    #[error("is not a GeoJSON FeatureCollection")]
    NotFeatures,

    /// Nothing where something is needed.
    #[error("must not be empty")]
    NoText,
    /// Longer than this many characters.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A line break, a tabulator or another control character.
    #[error("contains a control character")]
    Control,
    /// Not the id of a record.
    #[error("must be a UUID")]
    NotId,
    /// Not a phone number.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// `5.00116E+14` or `13800000000.0`, where digits belong.
    #[error(
        "a spreadsheet turned this into a decimal number; set the column to text and enter it again"
    )]
    SpreadsheetNumber,
    /// `１２３`, where ASCII digits belong.
    #[error("has full-width digits; use 0 to 9")]
    FullWidthDigits,
    /// Not of the form of an id number.
    #[error("an id number has 17 digits and a check character")]
    NotIdNumber,
    /// An id number with a typing error.
    #[error("the check character is wrong (GB 11643)")]
    IdNumberCheck,
    /// Not a number.
    #[error("is not a number of degrees")]
    NotDegrees,
    /// Not a plausible year of birth.
    #[error("must be a year from {first} to {last}")]
    Year {
        /// The earliest.
        first: i32,
        /// That of today.
        last: i32,
    },
    /// A number outside its bounds, or none.
    #[error(transparent)]
    Range(#[from] OutOfRange),
    /// Not of the form of a day.
    #[error("must be a day, as 2026-08-01")]
    NotDay,
    /// A day that the calendar does not have.
    #[error("the calendar has no day {0}")]
    NoSuchDay(String),
    /// A later day than today.
    #[error("{0} is in the future")]
    Future(NaiveDate),
    /// Not of the form of a span.
    #[error("each span must be a day and its times, as mon 0900-1200")]
    NotSpan,
    /// More than one span on a day.
    #[error("{0} has more than one span")]
    TwoSpans(Weekday),
    /// Not a code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// Not a place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Not on the list of words.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// Not a skill.
    #[error(transparent)]
    Skill(#[from] SkillError),
    /// Not a time or a window.
    #[error(transparent)]
    Time(#[from] TimeError),

    /// The level is not that of the code.
    #[error("the code belongs to a {0}")]
    OtherLevel(Level),
    /// The parent is not that of the code.
    #[error("the code belongs to {0}")]
    OtherParent(AreaCode),
    /// A parent of a district.
    #[error("a district has no parent")]
    DistrictParent,
    /// An area of another level where a grid is needed.
    #[error("{0} is not a grid")]
    NotGrid(AreaCode),
    /// A person of a role that does not belong to the level.
    #[error("a {role} cannot be assigned to a {level}")]
    RoleLevel {
        /// The person's.
        role: Role,
        /// The area's.
        level: Level,
    },
    /// More minutes offered than available.
    #[error("exceeds the {0} minutes of the availability")]
    MoreThanAvailable(u32),

    /// The feature has no property `code`.
    #[error("has no property code")]
    NoCode,
    /// A property `code` of a type that holds no code.
    #[error("the property code must be a text of digits")]
    CodeNotText,
    /// Another geometry, or a broken one.
    #[error("the geometry is not a Polygon of degrees")]
    NotPolygon,
    /// Holes, or no ring at all.
    #[error("an outline must be one ring without holes; this one has {0} rings")]
    Rings(usize),
    /// A ring that is not one.
    #[error("a ring needs at least four points, the last equal to the first")]
    Open,
    /// A ring of no area.
    #[error("the ring encloses no area")]
    Flat,
    /// A warning: two lines of the ring cross or touch.
    #[error("the outline crosses or touches itself")]
    CrossesItself,
    /// A warning: the ring goes out and comes back on the same line.
    #[error("the outline has a spike")]
    Spike,
    /// A warning: two grids cover the same ground.
    #[error("the outline overlaps that of the grid {0}")]
    Overlaps(AreaCode),

    /// The same value on an earlier line, in a column of unique values.
    #[error("repeats the value of line {0}")]
    Repeated(u64),
    /// No such area.
    #[error("areas.csv has no area {0}")]
    NoArea(AreaCode),
    /// A code outside the district, which is not shown: it may be no code at all.
    #[error("is outside the district {0}")]
    OtherDistrict(AreaCode),
    /// No row of the level district.
    #[error("areas.csv has no district")]
    NoDistrict,
    /// A second manager.
    #[error("the grid {grid} already has a manager, on line {first}")]
    TwoManagers {
        /// The grid.
        grid: AreaCode,
        /// The line of the first.
        first: u64,
    },
    /// No manager.
    #[error("people.csv has no manager for the grid {0}")]
    NoManager(AreaCode),
    /// No outline.
    #[error("grids.geojson has no outline for the grid {0}")]
    NoOutline(AreaCode),
    /// A warning: probably a wrong digit.
    #[error("is far outside the outlines of the grids")]
    FarAway,
}

/// Faults and warnings in the order of discovery.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
}

impl Notes {
    /// Both in the order of files and lines, and of discovery within a line.
    pub(super) fn sorted(mut self) -> (Vec<Fault>, Vec<Fault>) {
        let place = |fault: &Fault| (FILES.iter().position(|file| *file == fault.file), fault.line);
        self.faults.sort_by_key(place);
        self.warnings.sort_by_key(place);
        (self.faults, self.warnings)
    }
}
