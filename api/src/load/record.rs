//! The records that a district is loaded from. The types ensure that each record is complete
//! and in range; consistency among the records (existing parents, one manager for each
//! grid) is checked where they are read.

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{Categories, Hardships, PlaqueState, Tags};
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use gridward_domain::range::{BirthYear, WeeklyMinutes};
use gridward_domain::skill::Skills;
use gridward_domain::time::Window;

pub use crate::holiday::Calendar;
pub use crate::memorial::MemorialKind;

use crate::beneficiary::{Contact, Mobility};
use crate::person::{Gender, Role, Weekday};

/// An area with a point inside it. The code determines its level and its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRecord {
    /// Identifies the area.
    pub code: AreaCode,
    /// The full official name.
    pub name: String,
    /// A point inside the area.
    pub place: Place,
}

/// The outline of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct OutlineRecord {
    /// The grid.
    pub grid: AreaCode,
    /// The outer ring: at least four points, the last equal to the first,
    /// counter-clockwise (RFC 7946).
    pub ring: Vec<Place>,
}

/// A person who works in the system.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRecord {
    /// Identifies the person.
    pub id: PersonId,
    /// The role.
    pub role: Role,
    /// The grid of a manager or volunteer, or the area of a supervisor.
    pub area: AreaCode,
    /// Family and given name.
    pub name: String,
    /// The registered gender.
    pub gender: Gender,
    /// Year of birth.
    pub birth_year: BirthYear,
    /// Digits only.
    pub phone: String,
    /// The home, from which the person starts, if it is known.
    pub home: Option<Place>,
    /// The skills.
    pub skills: Skills,
    /// Minutes offered in a week.
    pub weekly_minutes: WeeklyMinutes,
    /// The available times, at most one window per weekday.
    pub availability: Vec<(Weekday, Window)>,
}

/// A beneficiary: a person entitled to care, at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct BeneficiaryRecord {
    /// Identifies the beneficiary.
    pub id: BeneficiaryId,
    /// The responsible grid.
    pub grid: AreaCode,
    /// Family and given name.
    pub name: String,
    /// The registered gender.
    pub gender: Gender,
    /// Year of birth.
    pub birth_year: BirthYear,
    /// The categories of entitlement, at least one.
    pub categories: Categories,
    /// The tags; often none.
    pub tags: Tags,
    /// The number of the household, if it is known.
    pub household: Option<Household>,
    /// The home.
    pub place: Place,
    /// The address, without the name of the district.
    pub address: String,
    /// Digits only.
    pub phone: String,
    /// GB 11643: 17 digits and a check character.
    pub id_number: String,
    /// The hardships; usually none.
    pub hardships: Hardships,
    /// Whether the beneficiary lives alone.
    pub lives_alone: bool,
    /// The degree of mobility.
    pub mobility: Mobility,
    /// The preferred form of contact.
    pub contact: Contact,
    /// The state of the plaque 光荣之家 at the door.
    pub plaque: PlaqueState,
    /// The day of the last contact; `None` if there was none.
    pub last_contact: Option<NaiveDate>,
}

/// A veterans' service station of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct StationRecord {
    /// Identifies the station within the district.
    pub id: String,
    /// The town or village served.
    pub area: AreaCode,
    /// The name on the door.
    pub name: String,
    /// The grid that contains it.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
    /// Digits only.
    pub phone: String,
    /// Opening hours, as `mon-fri 0900-1730`.
    pub hours: String,
}

/// A memorial site.
#[derive(Clone, Debug, PartialEq)]
pub struct MemorialRecord {
    /// Identifies the site within the district.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `cemetery`, `monument`, `tomb` or `hall`.
    pub kind: MemorialKind,
    /// The grid that contains it.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
}

/// A holiday, to which campaigns and due dates refer.
#[derive(Clone, Debug, PartialEq)]
pub struct HolidayRecord {
    /// The day.
    pub date: NaiveDate,
    /// Its code, such as `lunar_new_year_eve`.
    pub code: String,
    /// Its name, such as 除夕.
    pub name: String,
    /// The calendar that determines its date.
    pub calendar: Calendar,
    /// The lunar date in words; empty for a solar one.
    pub lunar_date: String,
}

/// A whole district, in the order in which it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DistrictRecords {
    /// The district first, then towns, villages and grids.
    pub areas: Vec<AreaRecord>,
    /// One for each grid.
    pub outlines: Vec<OutlineRecord>,
    /// Supervisors, managers and volunteers.
    pub people: Vec<PersonRecord>,
    /// The beneficiaries.
    pub beneficiaries: Vec<BeneficiaryRecord>,
    /// Service stations.
    pub stations: Vec<StationRecord>,
    /// Memorial sites.
    pub memorials: Vec<MemorialRecord>,
    /// Holidays of several years.
    pub holidays: Vec<HolidayRecord>,
}

impl AreaRecord {
    /// The level of the code.
    pub const fn level(&self) -> Level {
        self.code.level()
    }
}
