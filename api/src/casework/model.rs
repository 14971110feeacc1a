//! The requests of casework.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{
    BeneficiaryName, CommandReason, HomeAddress, Household, VisitNotes,
};
use gridward_domain::code::{Categories, Category, Hardship, Hardships, PlaqueState, Tag, Tags};
use gridward_domain::id::{BeneficiaryId, CaseId};
use gridward_domain::place::Place;
use gridward_domain::range::BirthYear;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::beneficiary::model::NextOfKin;
use crate::beneficiary::stay::StayKind;
use crate::beneficiary::{Contact, Mobility};
use crate::http::deserialize;
use crate::person::Gender;

/// A beneficiary to enter. Gender and year of birth follow from the ID number; if sent, they must
/// agree with it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "grid": "500116001002001", "name": "王小明", "phone": "10012345678",
    "id_number": "440524188001010014", "address": "南门社区1号",
    "place": { "lat": 29.284, "lon": 106.251 }, "categories": ["combat_veteran"],
    "lives_alone": true, "mobility": "limited", "contact": "visit", "plaque": "hung"
}))]
pub struct NewBeneficiary {
    /// The grid of the home.
    pub grid: AreaCode,
    /// Family and given name.
    pub name: BeneficiaryName,
    /// The phone number: 5 to 20 digits; separators are dropped.
    #[schema(min_length = 5, max_length = 40, example = "10012345678")]
    pub phone: String,
    /// The national ID number (GB 11643).
    #[schema(min_length = 18, max_length = 18, example = "440524188001010014")]
    pub id_number: String,
    /// The address of the home.
    pub address: HomeAddress,
    /// The home, WGS-84: in the district, in the grid or close to it.
    pub place: Place,
    /// The categories of entitlement, words of the vocabulary `categories`, at least one.
    #[schema(min_items = 1, max_items = 32, value_type = Vec<Category>)]
    pub categories: Categories,
    /// The tags, words of the vocabulary `tags`.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    #[schema(max_items = 32, value_type = Vec<Tag>)]
    pub tags: Tags,
    /// The number of the household.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<Household>,
    /// The hardships, words of the vocabulary `hardships`.
    #[serde(default, skip_serializing_if = "Hardships::is_empty")]
    #[schema(max_items = 200, value_type = Vec<Hardship>)]
    pub hardships: Hardships,
    /// The registered gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// The year of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<BirthYear>,
    /// Whether the person lives alone.
    pub lives_alone: bool,
    /// The person's mobility.
    pub mobility: Mobility,
    /// The preferred form of contact.
    pub contact: Contact,
    /// The plaque at the door, a word of the vocabulary `plaque_states`.
    pub plaque: PlaqueState,
    /// Notes for those who visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<VisitNotes>,
    /// People to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5)]
    pub next_of_kin: Vec<NextOfKin>,
}

/// The fields of a beneficiary to change; absent ones stay as they are, so that nobody needs to
/// reveal them first.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "phone": "10012345678", "notes": "耳背，请敲窗。" }))]
pub struct BeneficiaryChange {
    /// Family and given name.
    pub name: Option<BeneficiaryName>,
    /// The phone number: 5 to 20 digits; separators are dropped.
    #[schema(min_length = 5, max_length = 40, example = "10012345678")]
    pub phone: Option<String>,
    /// The national ID number (GB 11643); gender and year of birth follow from it.
    #[schema(min_length = 18, max_length = 18, example = "440524188001010014")]
    pub id_number: Option<String>,
    /// The address of the home.
    pub address: Option<HomeAddress>,
    /// The home, WGS-84: in the district, in the grid or close to it. Another grid is a move.
    pub place: Option<Place>,
    /// The categories of entitlement, words of the vocabulary `categories`, at least one.
    #[schema(min_items = 1, max_items = 32, value_type = Option<Vec<Category>>)]
    pub categories: Option<Categories>,
    /// The tags, words of the vocabulary `tags`, in place of those before.
    #[schema(max_items = 32, value_type = Option<Vec<Tag>>)]
    pub tags: Option<Tags>,
    /// The number of the household; `null` removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<Household>)]
    pub household: Option<Option<Household>>,
    /// The hardships, words of the vocabulary `hardships`.
    #[schema(max_items = 200, value_type = Option<Vec<Hardship>>)]
    pub hardships: Option<Hardships>,
    /// The registered gender; must agree with the ID number.
    pub gender: Option<Gender>,
    /// The year of birth; must agree with the ID number.
    pub birth_year: Option<BirthYear>,
    /// Whether the person lives alone.
    pub lives_alone: Option<bool>,
    /// The person's mobility.
    pub mobility: Option<Mobility>,
    /// The preferred form of contact.
    pub contact: Option<Contact>,
    /// The plaque at the door, a word of the vocabulary `plaque_states`.
    pub plaque: Option<PlaqueState>,
    /// The case of the beneficiary that was approved since and decides that the plaque is withdrawn, or the right to it
    /// restored, once; for no other change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// Notes for those who visit; empty for none.
    pub notes: Option<VisitNotes>,
    /// People to call, in place of those before.
    #[schema(max_items = 5)]
    pub next_of_kin: Option<Vec<NextOfKin>>,
}

/// A move to another home.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "grid": "500116001002002", "address": "南门社区2栋301",
    "place": { "lat": 29.284, "lon": 106.263 }, "reason": "搬到女儿家"
}))]
pub struct NewHome {
    /// The grid of the new home, in the caller's area.
    pub grid: AreaCode,
    /// The new address.
    pub address: HomeAddress,
    /// The new home, WGS-84: in the grid or close to it.
    pub place: Place,
    /// The reason, stored encrypted in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CommandReason>,
}

/// A temporary stay elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "grid": "500116001002002", "address": "区中医院住院部3楼",
    "place": { "lat": 29.284, "lon": 106.263 },
    "first_day": "2026-12-01", "last_day": "2026-12-20", "kind": "hospital"
}))]
pub struct NewStay {
    /// The grid of the stay, in the caller's area.
    pub grid: AreaCode,
    /// The address of the stay.
    pub address: HomeAddress,
    /// The place of the stay, WGS-84: in the grid or close to it.
    pub place: Place,
    /// The first day.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub first_day: NaiveDate,
    /// The last day: not before the first, today or later, and at most a year after the first.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub last_day: NaiveDate,
    /// Where the beneficiary stays. Shown in clear only. Default: that of the present stay, else `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StayKind>,
}

/// The death of a beneficiary.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "day": "2026-11-20" }))]
pub struct Death {
    /// The day of death, today at the latest.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// The source or another remark, stored encrypted in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CommandReason>,
}

/// Why an entitlement ends, apart from a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntitlementEnd {
    /// The person moved out of the district.
    MovedAway,
    /// The person is no longer entitled.
    NotEntitled,
}

/// The end of an entitlement.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "because": "moved_away", "day": "2026-11-20", "reason": "户籍迁出" }))]
pub struct NewEnd {
    /// Why.
    pub because: EntitlementEnd,
    /// The last day, today at the latest.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// The reason, stored encrypted in the log.
    pub reason: CommandReason,
}

/// The withdrawal of an end.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "同名登记错误" }))]
pub struct Reinstatement {
    /// The reason, stored encrypted in the log.
    pub reason: CommandReason,
}

/// The duplicate of a beneficiary.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "other_id": "018d622e-06c6-75e0-82a8-eee14b60d3d8" }))]
pub struct Duplicate {
    /// The entry that ends in favour of the one in the path; in the caller's area.
    pub other_id: BeneficiaryId,
}
