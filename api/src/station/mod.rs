//! Veterans' service stations (退役军人服务站): where beneficiaries find help in their town or
//! village. Admins edit them; everybody in the served area has them, on phones too.

pub mod edit;
mod lawyer;
pub mod routes;
pub mod store;

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{OpeningHours, RegisterName};
use gridward_domain::place::Place;
use gridward_domain::range::Version;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use lawyer::StationLawyer;

/// A veterans' service station.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Station {
    /// Identifies the station within the district.
    #[schema(max_length = 64, example = "S500116001")]
    pub id: String,
    /// The area served: the district, a town or a village.
    pub area: AreaCode,
    /// The name on the door.
    #[schema(max_length = 100, example = "几江街道退役军人服务站")]
    pub name: String,
    /// The grid that contains it.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
    /// The phone number: digits.
    #[schema(max_length = 20, example = "02347520001")]
    pub phone: String,
    /// The opening hours.
    #[schema(max_length = 100, example = "mon-fri 0900-1730")]
    pub hours: String,
    /// The lawyer, for those who work on cases; lists and phones have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lawyer: Option<StationLawyer>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The content of a station.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "area": "500116001", "name": "几江街道退役军人服务站", "grid": "500116001002001",
    "place": { "lat": 29.285, "lon": 106.255 }, "phone": "02347520001", "hours": "mon-fri 0900-1730"
}))]
pub struct StationContent {
    /// The area served: the district, a town or a village.
    pub area: AreaCode,
    /// The name on the door.
    pub name: RegisterName,
    /// The grid that contains it.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
    /// The phone number: 5 to 20 digits; separators are dropped.
    #[schema(min_length = 5, max_length = 40, example = "02347520001")]
    pub phone: String,
    /// The opening hours.
    pub hours: OpeningHours,
    /// The lawyer, to whom cases that come to the station are referred; stored encrypted. Default: none.
    #[serde(default)]
    pub lawyer: Option<StationLawyer>,
}
