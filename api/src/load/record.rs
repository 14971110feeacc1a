//! The plain records a district is loaded from. Each is complete and in range
//! by its types; what only the district as a whole can show (a parent that is
//! missing, a grid with two managers) is checked where they are read.

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use gridward_domain::skill::Skills;
use gridward_domain::text_column;
use gridward_domain::time::{Minutes, Window};
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};

use crate::beneficiary::{Category, Contact, Hardships, Mobility, Plaque};
use crate::person::{Gender, Role, Weekday};

/// An area with a point inside it. Its level and parent stand in its code.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRecord {
    /// Names the area.
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

/// Someone who works in the system.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRecord {
    /// Names the person.
    pub id: PersonId,
    /// What the person does.
    pub role: Role,
    /// Where: the grid of a manager or volunteer, the area a supervisor oversees.
    pub area: AreaCode,
    /// Family and given name.
    pub name: String,
    /// As in the file.
    pub gender: Gender,
    /// Four digits.
    pub birth_year: i32,
    /// Digits only.
    pub phone: String,
    /// Where the person sets out from.
    pub home: Place,
    /// What the person can do.
    pub skills: Skills,
    /// Minutes offered in a week.
    pub weekly_minutes: Minutes,
    /// When, at most one span a day.
    pub availability: Vec<(Weekday, Window)>,
}

/// Someone entitled to care, at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct BeneficiaryRecord {
    /// Names the beneficiary.
    pub id: BeneficiaryId,
    /// The grid that cares.
    pub grid: AreaCode,
    /// Family and given name.
    pub name: String,
    /// As in the file.
    pub gender: Gender,
    /// Four digits.
    pub birth_year: i32,
    /// Why the person is entitled.
    pub category: Category,
    /// The home.
    pub place: Place,
    /// Without the district's own name.
    pub address: String,
    /// Digits only.
    pub phone: String,
    /// GB 11643: 17 digits and a check character.
    pub id_number: String,
    /// Which of the three hardships weigh on the household.
    pub hardships: Hardships,
    /// Whether nobody else lives there.
    pub lives_alone: bool,
    /// How well the person gets about.
    pub mobility: Mobility,
    /// How the person wishes to be reached.
    pub contact: Contact,
    /// The state of the plaque 光荣之家 at the door.
    pub plaque: Plaque,
    /// The last day somebody was in touch; none if never.
    pub last_contact: Option<NaiveDate>,
}

/// A veterans' service station of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct StationRecord {
    /// Names the station, unique in the district.
    pub id: String,
    /// The town or village served.
    pub area: AreaCode,
    /// The name on the door.
    pub name: String,
    /// The grid it stands in.
    pub grid: AreaCode,
    /// Where it stands.
    pub place: Place,
    /// Digits only.
    pub phone: String,
    /// Opening hours, as `mon-fri 0900-1730`.
    pub hours: String,
}

/// A memorial site.
#[derive(Clone, Debug, PartialEq)]
pub struct MemorialRecord {
    /// Names the site, unique in the district.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `cemetery`, `monument`, `tomb` or `hall`.
    pub kind: MemorialKind,
    /// The grid it stands in.
    pub grid: AreaCode,
    /// Where it stands.
    pub place: Place,
}

/// What a memorial site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<MemorialKind>)]
pub enum MemorialKind {
    /// 陵园
    Cemetery,
    /// 纪念碑
    Monument,
    /// 墓
    Tomb,
    /// 纪念馆
    Hall,
}

text_column!(MemorialKind);

/// A day that campaigns and due dates turn on.
#[derive(Clone, Debug, PartialEq)]
pub struct HolidayRecord {
    /// The day.
    pub date: NaiveDate,
    /// Its word, as `lunar_new_year_eve`.
    pub code: String,
    /// Its name, as 除夕.
    pub name: String,
    /// Which calendar fixes it.
    pub calendar: Calendar,
    /// The lunar date in words; empty for a solar one.
    pub lunar_date: String,
}

/// Which calendar fixes a holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Calendar>)]
pub enum Calendar {
    /// The same day of the Gregorian calendar each year.
    Solar,
    /// A day of the Chinese lunar calendar.
    Lunar,
    /// One of the twenty-four solar terms.
    SolarTerm,
}

text_column!(Calendar);

/// A whole district, in the order in which it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DistrictRecords {
    /// The district first, then towns, villages and grids.
    pub areas: Vec<AreaRecord>,
    /// One for each grid.
    pub outlines: Vec<OutlineRecord>,
    /// Supervisors, managers and volunteers.
    pub people: Vec<PersonRecord>,
    /// Those who are cared for.
    pub beneficiaries: Vec<BeneficiaryRecord>,
    /// Service stations.
    pub stations: Vec<StationRecord>,
    /// Memorial sites.
    pub memorials: Vec<MemorialRecord>,
    /// Holidays of several years.
    pub holidays: Vec<HolidayRecord>,
}

impl AreaRecord {
    /// The level that the code says.
    pub const fn level(&self) -> Level {
        self.code.level()
    }
}
