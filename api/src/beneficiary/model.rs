//! The words a beneficiary is described by.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::person::Gender;

/// Why a person is entitled; the main one where several hold.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Category>)]
pub enum Category {
    /// 退役军人, in no other category
    Veteran,
    /// 残疾军人
    DisabledVeteran,
    /// 在乡复员军人
    DemobilisedRural,
    /// 带病回乡退伍军人
    IllnessReturned,
    /// 参战退役人员
    CombatVeteran,
    /// 烈士遗属
    MartyrFamily,
    /// 因公牺牲军人遗属
    FallenFamily,
    /// 病故军人遗属
    DeceasedFamily,
    /// 现役军人家属
    ActiveFamily,
    /// 军队离退休干部
    RetiredOfficer,
}

text_column!(Category);

/// One of the three hardships (三难).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Hardship>)]
pub enum Hardship {
    /// 医疗难
    Medical,
    /// 生活难
    Living,
    /// 住房难
    Housing,
}

/// Which hardships weigh on a household; none for most.
pub type Hardships = BTreeSet<Hardship>;

/// How well a person gets about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Mobility>)]
pub enum Mobility {
    /// Freely.
    Full,
    /// With difficulty.
    Limited,
    /// Not out of the house.
    Homebound,
}

text_column!(Mobility);

/// How a person wishes to be reached.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Contact>)]
pub enum Contact {
    /// At home.
    Visit,
    /// By telephone.
    Phone,
}

text_column!(Contact);

/// The plaque 光荣之家 at the door.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Plaque>)]
pub enum Plaque {
    /// It hangs.
    Hung,
    /// It is due and not yet hung.
    Pending,
    /// It hangs and wants replacing.
    Damaged,
    /// The family does not want one.
    Declined,
}

text_column!(Plaque);

/// What of a beneficiary lies sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Particulars {
    /// Family and given name.
    pub name: String,
    /// Digits only.
    pub phone: String,
    /// GB 11643.
    pub id_number: String,
    /// Without the district's own name.
    pub address: String,
    /// Which of the three hardships weigh on the household.
    pub hardships: Hardships,
}

/// A beneficiary, masked: enough to plan a visit, not enough to find the person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Beneficiary {
    /// Names the beneficiary.
    pub id: BeneficiaryId,
    /// The grid that cares.
    pub grid: AreaCode,
    /// Masked.
    #[schema(max_length = 64, example = "王*明")]
    pub name: String,
    /// Masked.
    #[schema(max_length = 20, example = "138****1234")]
    pub phone: String,
    /// Why the person is entitled.
    pub category: Category,
    /// As registered.
    pub gender: Gender,
    /// Four digits.
    #[schema(minimum = 1850, maximum = 2200, example = 1948)]
    pub birth_year: i32,
    /// The home, WGS-84.
    pub place: Place,
    /// Whether nobody else lives there.
    pub lives_alone: bool,
    /// How well the person gets about.
    pub mobility: Mobility,
    /// How the person wishes to be reached.
    pub contact: Contact,
    /// The plaque 光荣之家 at the door.
    pub plaque: Plaque,
    /// The last day somebody was in touch; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<NaiveDate>,
    /// How often the entry has changed.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub version: i64,
}

/// Why sealed particulars are wanted.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Purpose>)]
pub enum Purpose {
    /// To visit or call the person.
    Visit,
    /// To correct the entry.
    Correction,
    /// To follow a hardship matter.
    Hardship,
    /// To answer a complaint.
    Complaint,
}

/// A beneficiary's sealed particulars.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Revealed {
    /// Names the beneficiary.
    pub id: BeneficiaryId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
    /// Digits only.
    #[schema(max_length = 20, example = "10012345678")]
    pub phone: String,
    /// Without the district's own name.
    #[schema(max_length = 256, example = "几江街道南门社区1网格1栋102")]
    pub address: String,
    /// Which of the three hardships weigh on the household.
    #[schema(max_items = 3, value_type = Vec<Hardship>, example = json!(["medical"]))]
    pub hardships: Hardships,
    /// All but the last four hidden; whole for staff of the district only.
    #[schema(max_length = 18, example = "**************0185")]
    pub id_number: String,
}
