//! Faults in the files of an import.

use std::collections::HashMap;
use std::fmt;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, CodeError, Level};
use gridward_domain::authority::Role;
use gridward_domain::bounded_text::TextError;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::phone::PhoneError;
use gridward_domain::place::PlaceError;
use gridward_domain::range::OutOfRange;
use gridward_domain::time::TimeError;
use gridward_domain::word::UnknownWord;
use thiserror::Error;

use super::workbook::column_name;
use super::{FILES, WORKBOOKS};
use crate::clock::DateOutOfRange;
use crate::load::Number;
use crate::person::Weekday;
use crate::vocabulary::UnknownTerm;

/// A fault in a file. Displayed as
/// `people.csv:17: area: there is no area 500116001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: &'static str,
    /// The line on which the row or feature begins; the file's first is 1.
    pub line: u64,
    /// The part of the line, if the fault is not about all of it.
    pub part: Option<Part>,
    /// The reason.
    pub reason: FaultReason,
}

/// The part of a line that a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A column, by its name in the header.
    Column(&'static str),
    /// A cell of a workbook: the column, and its position from 0.
    Cell(&'static str, usize),
    /// A feature of a GeoJSON file, from 1; such files often consist of one line.
    Feature(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        match self.part {
            Some(Part::Column(column)) => write!(f, "{column}: ")?,
            Some(Part::Cell(column, place)) => {
                write!(f, "{}{} ({column}): ", column_name(place), self.line)?;
            }
            Some(Part::Feature(number)) => write!(f, "feature {number}: ")?,
            None => {}
        }
        self.reason.fmt(f)
    }
}

/// Why a value is refused or doubtful.
///
/// Contains codes, days, lines and the accepted form, but never other text of the file,
/// which in a wrong column may be a person's name or number.
#[derive(Clone, Debug, PartialEq, Eq, Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum FaultReason {
    /// The file has no header.
    #[error("the file is empty")]
    Empty,
    /// The header lacks a column.
    #[error("the column {0} is missing")]
    MissingColumn(&'static str),
    /// A row that is not in the register, in a file that lacks a column.
    #[error("is not in the register, and the file lacks the column {0}")]
    NewWithoutColumn(&'static str),
    /// The header has an unknown column. Identified by its position (the first is 1): in
    /// a file without a header, the text may be personal data.
    #[error("column {0} of the header is unknown")]
    UnknownColumn(usize),
    /// A value in a column that the header leaves blank.
    #[error("column {0} has a value but no name in the header")]
    UnnamedColumn(usize),
    /// The header has a column twice.
    #[error("the header names the column {0} twice")]
    RepeatedColumn(&'static str),
    /// More or fewer fields than the header.
    #[error("the row has {found} fields, the header has {expected}")]
    FieldCount {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// Chinese in another encoding, whether or not its bytes are valid UTF-8.
    #[error("appears to be Chinese in GBK; save the file as UTF-8")]
    Gbk,
    /// Replacement characters, which a program wrote for undecodable bytes.
    #[error("contains replacement characters; the original text was lost")]
    Replaced,
    /// A syntax error at this character of the line.
    #[error("invalid JSON at character {0}")]
    NotJson(usize),
    /// JSON that is truncated.
    #[error("the JSON is incomplete")]
    BrokenOff,
    /// JSON of another structure.
    #[error("is not a GeoJSON FeatureCollection")]
    NotFeatures,

    /// An empty required value.
    #[error("must not be empty")]
    NoText,
    /// A text longer than this many characters.
    #[error("exceeds {0} characters")]
    TooLong(usize),
    /// A line break, a tab or another control character.
    #[error("contains a control character")]
    Control,
    /// A character whose shape depends on the font.
    #[error("contains a private-use character or a noncharacter")]
    Undefined,
    /// An invalid id.
    #[error("must be a UUID")]
    NotId,
    /// An invalid phone number.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// `5.00116E+14` or `13800000000.0` instead of digits.
    #[error(
        "a spreadsheet turned this into a decimal number; set the column to text and enter it again"
    )]
    SpreadsheetNumber,
    /// A cell of a workbook with an error such as `#REF!`.
    #[error("the cell contains an error")]
    CellError,
    /// A formula whose result the file does not contain.
    #[error("the cell contains a formula without a result; enter the value")]
    FormulaWithoutResult,
    /// A cell that is merged with one above it.
    #[error("the cell is merged with a cell above; unmerge them and fill in each")]
    Merged,
    /// `１２３` instead of ASCII digits.
    #[error("has full-width digits; use 0 to 9")]
    FullWidthDigits,
    /// A text of other characters or another length than its column has.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A malformed ID number.
    #[error("an id number has 17 digits and a check character")]
    NotIdNumber,
    /// An ID number with a wrong check character.
    #[error("the check character is wrong (GB 11643)")]
    IdNumberCheck,
    /// Not a number of degrees.
    #[error("must be a number of degrees")]
    NotDegrees,
    /// An implausible year of birth.
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
    /// A malformed day.
    #[error("must be a day such as 2026-08-01")]
    NotDay,
    /// A day that does not exist.
    #[error("{0} does not exist in the calendar")]
    NoSuchDay(String),
    /// A day in a year that no plan or record has.
    #[error(transparent)]
    OutOfReach(#[from] DateOutOfRange),
    /// A day after today.
    #[error("{0} is in the future")]
    Future(NaiveDate),
    /// A malformed span.
    #[error("each span must be a day and times, such as mon 0900-1200")]
    NotSpan,
    /// More than one span on a day.
    #[error("{0} has more than one span")]
    TwoSpans(Weekday),
    /// An invalid area code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// An invalid place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A value that is not in the list.
    #[error("{unknown}{}", hint(.closest.as_deref()))]
    Word {
        /// The list.
        unknown: UnknownWord,
        /// The most similar word of the list, or a Chinese one for it.
        closest: Option<String>,
    },
    /// A text that is no word of a vocabulary of the district.
    #[error(transparent)]
    Term(#[from] UnknownTerm),
    /// An invalid time or window.
    #[error(transparent)]
    Time(#[from] TimeError),

    /// A level that does not match the code.
    #[error("the code belongs to a {0}")]
    OtherLevel(Level),
    /// A parent that does not match the code.
    #[error("the code belongs to {0}")]
    OtherParent(AreaCode),
    /// A district with a parent.
    #[error("a district has no parent")]
    DistrictParent,
    /// An area of another level instead of a grid.
    #[error("{0} is not a grid")]
    NotGrid(AreaCode),
    /// A role that does not exist at the level.
    #[error("a {role} cannot be assigned to a {level}")]
    RoleLevel {
        /// The person's role.
        role: Role,
        /// The area's level.
        level: Level,
    },
    /// More minutes offered than available.
    #[error("exceeds the {0} minutes of the availability")]
    MoreThanAvailable(u32),

    /// A feature without the property `code`.
    #[error("the property `code` is missing")]
    NoCode,
    /// A property `code` of the wrong type.
    #[error("the property `code` must be a string of digits")]
    CodeNotText,
    /// Another geometry, or an invalid one.
    #[error("the geometry must be a Polygon in degrees")]
    NotPolygon,
    /// Holes, or no ring.
    #[error("an outline must be one ring without holes, but has {0} rings")]
    Rings(usize),
    /// A ring with too few points, or not closed.
    #[error("a ring must have at least four points, the last equal to the first")]
    Open,
    /// A ring without area.
    #[error("the ring encloses no area")]
    Flat,
    /// A warning: two lines of the ring cross or touch.
    #[error("the outline crosses or touches itself")]
    CrossesItself,
    /// A warning: the ring goes out and returns on the same line.
    #[error("the outline has a spike")]
    Spike,
    /// A warning: two grids overlap.
    #[error("the outline overlaps that of grid {0}")]
    Overlaps(AreaCode),

    /// The same value on an earlier line, in a column of unique values.
    #[error("duplicates the value on line {0}")]
    Repeated(u64),
    /// The number of another row of the register, by its id.
    #[error("is already that of {0} in the register")]
    Taken(String),
    /// An unknown area.
    #[error("there is no area {0}")]
    NoArea(AreaCode),
    /// A code outside the district; not shown, since the text may not be a code.
    #[error("is outside district {0}")]
    OtherDistrict(AreaCode),
    /// No row with the level district.
    #[error("there is no district")]
    NoDistrict,
    /// A second manager.
    #[error("grid {grid} already has a manager on line {first}")]
    TwoManagers {
        /// The grid.
        grid: AreaCode,
        /// The line of the first.
        first: u64,
    },
    /// A grid without a manager.
    #[error("there is no manager for grid {0}")]
    NoManager(AreaCode),
    /// A grid without an outline.
    #[error("there is no outline for grid {0}")]
    NoOutline(AreaCode),
    /// A warning: one plaque hangs in a household.
    #[error("the household has its plaque by line {0}")]
    SecondPlaque(u64),
    /// A warning: one plaque hangs in a household, by an entry of the register that the file lacks.
    #[error("the plaque of the household is that of {0}")]
    PlaqueOfOther(BeneficiaryId),
    /// A warning: a digit is probably wrong.
    #[error("is far outside the outlines of the grids")]
    FarAway,
}

impl From<UnknownWord> for FaultReason {
    fn from(unknown: UnknownWord) -> Self {
        Self::Word { unknown, closest: None }
    }
}

fn hint(closest: Option<&str>) -> String {
    closest.map_or_else(String::new, |word| format!("; the closest is {word}"))
}

/// A file, a line and a part of it.
pub(super) type FaultPlace = (&'static str, u64, Part);

/// Where the number of each record is, by the kind of number and the id of the record.
pub(super) type Numbers = HashMap<(Number, String), FaultPlace>;

/// Faults and warnings in the order of discovery.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) numbers: Numbers,
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
}

impl Notes {
    /// Both sorted by file and line, and by discovery within a line.
    pub(super) fn sorted(mut self) -> (Vec<Fault>, Vec<Fault>, Numbers) {
        let place = |fault: &Fault| {
            let mut files = FILES.into_iter().zip(WORKBOOKS);
            let file = files
                .position(|(file, workbook)| fault.file == file || Some(fault.file) == workbook);
            (file, fault.line)
        };
        self.faults.sort_by_key(place);
        self.warnings.sort_by_key(place);
        (self.faults, self.warnings, self.numbers)
    }
}
