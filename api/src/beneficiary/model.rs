//! The types that describe a beneficiary.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{BeneficiaryName, Household, Relation};
use gridward_domain::code::{Categories, Category, Hardship, Hardships, PlaqueState, Tag, Tags};
pub use gridward_domain::entry::{Contact, Mobility};
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;
use gridward_domain::range::{BirthYear, Version};
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::stay::{ShownStay, Stay, StayAddress};
use crate::person::Gender;

/// Why a beneficiary is no longer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<EndCause>)]
pub enum EndCause {
    /// The person died.
    Deceased,
    /// The person moved out of the district.
    MovedAway,
    /// The person is no longer entitled.
    NotEntitled,
    /// The entry was a duplicate of another one, its successor.
    Merged,
    /// An import of the whole district lacked the person.
    NotInFiles,
}

text_column!(EndCause);

impl EndCause {
    /// Whether somebody decided the end, so that files do not take it back.
    pub const fn is_decided(self) -> bool {
        !matches!(self, Self::NotInFiles)
    }

    /// The reason in the events of the tasks that the end closes.
    pub const fn closes_tasks(self) -> &'static str {
        match self {
            Self::Deceased => "beneficiary_deceased",
            Self::MovedAway | Self::NotEntitled | Self::Merged | Self::NotInFiles => {
                "beneficiary_ended"
            }
        }
    }
}

/// A relative or another person to call: also after the death of the beneficiary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "王芳", "relation": "女儿", "phone": "10012345679" }))]
pub struct NextOfKin {
    /// Family and given name.
    pub name: BeneficiaryName,
    /// The relation to the beneficiary.
    pub relation: Relation,
    /// The phone number: 5 to 20 digits; separators are dropped.
    #[schema(min_length = 5, max_length = 40, example = "10012345679")]
    pub phone: String,
    /// The person, if a beneficiary too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
}

/// The encrypted part of a beneficiary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Particulars {
    /// Family and given name.
    pub name: String,
    /// Digits only.
    pub phone: String,
    /// The national ID number (GB 11643).
    pub id_number: String,
    /// Without the name of the district.
    pub address: String,
    /// The beneficiary's hardships.
    pub hardships: Hardships,
    /// Notes for those who visit; empty if there are none.
    // Absent in rows that an earlier version wrote, as the fields below.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// People to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_of_kin: Vec<NextOfKin>,
    /// The place of a temporary stay, whose grid and days are columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<StayAddress>,
    /// The last day of the last stay in hospital that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hospital_until: Option<NaiveDate>,
}

impl Particulars {
    /// Ends the stay on `today` at the latest; the end of one in hospital stays known.
    pub fn leave(&mut self, stay: &Stay, today: NaiveDate) {
        self.stay = None;
        self.hospital_until = stay.hospital_until(today).or(self.hospital_until);
    }
}

/// A beneficiary, masked: sufficient to plan a visit, not to identify the person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Beneficiary {
    /// Identifies the beneficiary.
    pub id: BeneficiaryId,
    /// The beneficiary's grid.
    pub grid: AreaCode,
    /// The masked name.
    #[schema(max_length = 64, example = "王*明")]
    pub name: String,
    /// The masked phone number.
    #[schema(max_length = 20, example = "138****1234")]
    pub phone: String,
    /// The categories of entitlement, words of the vocabulary `categories`, at least one. Their
    /// order in the vocabulary tells the main one.
    #[schema(max_items = 32, value_type = Vec<Category>, example = json!(["combat_veteran"]))]
    pub categories: Categories,
    /// The tags, words of the vocabulary `tags`; absent if there are none.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    #[schema(max_items = 32, value_type = Vec<Tag>, example = json!(["key_recipient"]))]
    pub tags: Tags,
    /// The number of the household; absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<Household>,
    /// The registered gender.
    pub gender: Gender,
    /// Year of birth, four digits.
    pub birth_year: BirthYear,
    /// The centre of the home's cell of about 500 m, WGS-84.
    pub cell: Place,
    /// Whether the beneficiary lives alone.
    pub lives_alone: bool,
    /// The beneficiary's mobility.
    pub mobility: Mobility,
    /// The preferred form of contact.
    pub contact: Contact,
    /// The plaque 光荣之家 at the door, a word of the vocabulary `plaque_states`.
    pub plaque: PlaqueState,
    /// The day of the last contact; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<NaiveDate>,
    /// A temporary stay elsewhere, now or later; its visits are there on its days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<ShownStay>,
    /// The day on which the beneficiary ended; absent for a current one. An ended
    /// beneficiary is not listed and gets no new tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
    /// Why it ended; absent for a current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<EndCause>,
    /// The entry that took over from a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor_id: Option<BeneficiaryId>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The purpose of a reveal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Purpose>)]
pub enum Purpose {
    /// Visit or call the beneficiary.
    Visit,
    /// Correct the entry.
    Correction,
    /// Follow up a hardship.
    Hardship,
    /// Answer a complaint.
    Complaint,
}

/// A beneficiary's particulars in clear.
// Not `Deserialize`: a disclosure is never stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Revealed {
    /// Identifies the beneficiary.
    pub id: BeneficiaryId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
    /// Digits only.
    #[schema(max_length = 20, example = "10012345678")]
    pub phone: String,
    /// Where the person lives today: at home or at a temporary stay. Without the name of the
    /// district.
    #[schema(max_length = 256, example = "几江街道南门社区1网格1栋102")]
    pub address: String,
    /// The place of that address, WGS-84.
    pub place: Place,
    /// The home, while the person stays elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// A temporary stay, now or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stay: Option<ShownStay>,
    /// The beneficiary's hardships, words of the vocabulary `hardships`.
    #[schema(max_items = 200, value_type = Vec<Hardship>, example = json!(["medical"]))]
    pub hardships: Hardships,
    /// Masked except for the last four digits; complete only for staff of the district and the
    /// purpose `correction`.
    #[schema(max_length = 18, example = "**************0185")]
    pub id_number: String,
    /// The day of the last contact; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<NaiveDate>,
    /// Notes for those who visit.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 1000, example = "耳背，请敲窗；院里有狗。")]
    pub notes: String,
    /// People to call, also after the death of the beneficiary.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5)]
    pub next_of_kin: Vec<NextOfKin>,
    /// The seconds after which the app forgets this answer.
    #[schema(minimum = 1, maximum = 86_400, example = 300)]
    pub expires_s: u32,
}

/// A home in clear.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Home {
    /// Without the name of the district.
    #[schema(max_length = 256, example = "几江街道南门社区1网格1栋102")]
    pub address: String,
    /// The position, WGS-84.
    pub place: Place,
}
