//! To whom a step of a case may refer.

use gridward_domain::bounded_text::Label;
use gridward_domain::code::WordCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// To whom a step may refer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "hospital", "name": "医院", "name_en": "Hospital"}))]
pub struct CaseReferralWord {
    /// The code.
    pub code: WordCode,
    /// The Chinese name.
    pub name: Label,
    /// The English name.
    pub name_en: Label,
    /// Whether it is the lawyer of the station at whose desk the case was opened, or else of the station of its town:
    /// if one of them has a lawyer, a referral names that person. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub lawyer_of_station: bool,
}
