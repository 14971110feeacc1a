//! What does not fit, and where it stands.

use std::fmt;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, CodeError, Level};
use gridward_domain::authority::Role;
use gridward_domain::place::PlaceError;
use gridward_domain::skill::SkillError;
use gridward_domain::time::TimeError;
use thiserror::Error;

use super::FILES;
use crate::person::Weekday;
use gridward_domain::word::UnknownWord;

/// Something in a file that does not fit. Displayed as
/// `people.csv:17: area: there is no area 500116001 in areas.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: &'static str,
    /// The line on which the row or feature begins; the file's first is 1.
    pub line: u64,
    /// What in that line, if not all of it.
    pub part: Option<Part>,
    /// What is wrong with it.
    pub reason: FaultReason,
}

/// What in a line a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A column, by its name in the header.
    Column(&'static str),
    /// A feature of a GeoJSON file, the first being 1: such files often are one line.
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

/// Why something does not fit.
///
/// Shows codes, days, lines and what would fit; never the text that stands in
/// the file, which in a wrong column may be a name or a number of a person.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultReason {
    /// Not even a header.
    #[error("the file is empty")]
    Empty,
    /// The header lacks a column.
    #[error("the column {0} is missing")]
    MissingColumn(&'static str),
    /// The header has a column that the file does not have. Named by its place
    /// (the first is 1), for where the header is missing a person stands there.
    #[error("column {0} of the header is not one of this file")]
    UnknownColumn(usize),
    /// The header has a column twice.
    #[error("the column {0} stands twice in the header")]
    RepeatedColumn(&'static str),
    /// More or fewer fields than the header.
    #[error("the header has {expected} fields, this row has {found}")]
    FieldCount {
        /// As many as the header.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// Bytes that are not text.
    #[error("is not UTF-8")]
    NotUtf8,
    /// Not JSON from this character of the line on.
    #[error("is not JSON at character {0}")]
    NotJson(usize),
    /// JSON that does not come to its end.
    #[error("the text breaks off")]
    BrokenOff,
    /// JSON of another shape.
    #[error("is not a FeatureCollection of features")]
    NotFeatures,

    /// Nothing where something is needed.
    #[error("is empty")]
    NoText,
    /// Longer than this many characters.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A line break, a tabulator or another control character.
    #[error("has a control character in it")]
    Control,
    /// Not the id of a record.
    #[error("an id is a UUID")]
    NotId,
    /// Not a phone number.
    #[error("a phone number has 5 to 20 digits")]
    NotPhone,
    /// Not of the form of an id number.
    #[error("an id number has 17 digits and a check character")]
    NotIdNumber,
    /// An id number with a slip in it.
    #[error("the check character is wrong (GB 11643)")]
    IdNumberCheck,
    /// Not a number.
    #[error("is not a number of degrees")]
    NotDegrees,
    /// Not a number.
    #[error("is not a whole number of minutes")]
    NotMinutes,
    /// Nobody who is cared for or cares now was born then.
    #[error("must be a year from 1900 to {0}")]
    Year(i32),
    /// Not of the form of a day.
    #[error("must be a day, as 2026-08-01")]
    NotDay,
    /// A day that the calendar does not have.
    #[error("there is no day {0}")]
    NoSuchDay(String),
    /// A day that cannot have passed.
    #[error("{0} is still to come")]
    Future(NaiveDate),
    /// Not of the form of a span.
    #[error("each span is a day and its times, as mon 0900-1200")]
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
    #[error("the code is that of a {0}")]
    OtherLevel(Level),
    /// The parent is not that of the code.
    #[error("the code lies in {0}")]
    OtherParent(AreaCode),
    /// A parent of a district.
    #[error("a district has no parent")]
    DistrictParent,
    /// An area of a level that cannot stand here.
    #[error("{0} is not a grid")]
    NotGrid(AreaCode),
    /// A person of a role that does not belong to the level.
    #[error("a {role} does not answer for a {level}")]
    RoleLevel {
        /// The person's.
        role: Role,
        /// The area's.
        level: Level,
    },
    /// More minutes offered than there is time.
    #[error("is more than the {0} minutes of the availability")]
    MoreThanAvailable(u32),

    /// The feature has no property `code`.
    #[error("has no property code")]
    NoCode,
    /// Another geometry, or a broken one.
    #[error("the geometry is not a Polygon of degrees")]
    NotPolygon,
    /// Holes, or no ring at all.
    #[error("an outline is one ring without holes, this has {0} rings")]
    Rings(usize),
    /// A ring that is not one.
    #[error("a ring has at least four points, the last equal to the first")]
    Open,
    /// A ring of no area.
    #[error("the ring encloses nothing")]
    Flat,

    /// The same on an earlier line, where it may stand once only.
    #[error("stands on line {0} already")]
    Repeated(u64),
    /// No such area.
    #[error("there is no area {0} in areas.csv")]
    NoArea(AreaCode),
    /// A code outside the district, which is not shown: it may be no code at all.
    #[error("lies outside the district {0}")]
    OtherDistrict(AreaCode),
    /// No row of the level district.
    #[error("there is no district in areas.csv")]
    NoDistrict,
    /// A second manager.
    #[error("the grid {grid} has a manager on line {first} already")]
    TwoManagers {
        /// The grid.
        grid: AreaCode,
        /// The line of the first.
        first: u64,
    },
    /// No manager.
    #[error("the grid {0} has no manager in people.csv")]
    NoManager(AreaCode),
    /// No outline.
    #[error("the grid {0} has no outline in grids.geojson")]
    NoOutline(AreaCode),
    /// A warning: probably a slip of a digit.
    #[error("lies far outside the outlines of the grids")]
    FarAway,
}

/// Faults and warnings as they are found.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
}

impl Notes {
    /// Both in the order of files and lines; those of one line as they were found.
    pub(super) fn sorted(mut self) -> (Vec<Fault>, Vec<Fault>) {
        let place = |fault: &Fault| (FILES.iter().position(|file| *file == fault.file), fault.line);
        self.faults.sort_by_key(place);
        self.warnings.sort_by_key(place);
        (self.faults, self.warnings)
    }
}
