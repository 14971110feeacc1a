//! What does not fit, and where.

use std::fmt;

use gridward_dispatch::area::AreaCode;
use thiserror::Error;

/// Something in a file that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: &'static str,
    /// The line, the header's being 1; 0 for the file as a whole. In a GeoJSON
    /// file, the number of the feature.
    pub line: u64,
    /// The column, if one is to blame.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub reason: Reason,
}

impl Fault {
    /// A fault of a whole file.
    pub const fn of_file(file: &'static str, reason: Reason) -> Self {
        Self { file, line: 0, column: None, reason }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if let Some(column) = self.column {
            write!(f, ": {column}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Why something does not fit. Shows codes and words of lists, and never a
/// name, a phone, a number or an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// The file is not in the folder.
    #[error("the file is missing")]
    Missing,
    /// The file is there and cannot be read.
    #[error("the file cannot be read")]
    Unreadable,
    /// The header lacks a column.
    #[error("the header lacks the column {0}")]
    NoColumn(&'static str),
    /// A row has too many or too few fields.
    #[error("has {found} fields where the header has {expected}")]
    Fields {
        /// As many as the header.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// Bytes that are not text.
    #[error("is not UTF-8")]
    NotText,
    /// Not JSON, or not of the shape of GeoJSON polygons.
    #[error("is not a GeoJSON collection of polygons with a property `code`: {0}")]
    NotGeoJson(String),
    /// A ring that bounds nothing.
    #[error("a ring has at least four points, the last equal to the first")]
    Ring,
    /// A grid with holes or several parts.
    #[error("a grid has one ring and no holes")]
    Holes,
    /// A value its type does not take; says what the type takes.
    #[error("{0}")]
    Value(String),
    /// The level and the code do not agree.
    #[error("the code {0} is not one of this level")]
    Level(AreaCode),
    /// The parent and the code do not agree.
    #[error("the code {0} does not lie in this parent")]
    Parent(AreaCode),
    /// The same key on an earlier line.
    #[error("stands on line {0} already")]
    Twice(u64),
    /// A code of no area in areas.csv.
    #[error("there is no area {0} in areas.csv")]
    NoArea(AreaCode),
    /// An area of another district than the first.
    #[error("{0} lies in another district than the first area")]
    OtherDistrict(AreaCode),
    /// A person of a role that does not belong to the level.
    #[error("nobody of this role answers for a {0}")]
    RoleLevel(gridward_dispatch::area::Level),
    /// Something that is not a grid where one is needed.
    #[error("{0} is not a grid")]
    NotGrid(AreaCode),
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
    /// More minutes than the availability has.
    #[error("is more than the {0} minutes of the availability")]
    MoreThanAvailable(u32),
}
