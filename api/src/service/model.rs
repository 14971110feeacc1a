//! The types of services as documents.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::RegimeName;
use gridward_domain::code::KindCode;
use gridward_domain::id::{PersonId, RegimeId};
use gridward_domain::range::{LeadDays, Version};
use gridward_domain::regime::{Cadence, RegimeSubject, SatisfiedBy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaign::template::CampaignTemplate;
use crate::case::NewCaseKind;
use crate::catalogue::NewKind;
use crate::goods::NewGoodsItem;
use crate::vocabulary::VocabularyName;
use crate::vocabulary::replace::NewWord;

/// The most parts of one list.
pub(super) const MOST_PARTS: usize = 50;

/// A service: its words, goods, kinds of case, kinds of service, regimes and templates of campaigns, stored in this
/// order.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "vocabularies": [{ "name": "needs", "words": [
        { "code": "replace", "label_zh": "光荣牌需更换", "label_en": "The plaque is to be replaced" }
    ] }],
    "service_kinds": [{
        "code": "plaque_round", "name": "光荣牌巡查", "name_en": "Round of the plaques", "minutes": 10,
        "priority": 2, "skills": [], "due_days": 30, "attempts": 2, "retry_days": 3,
        "overdue": "escalate", "escalate_days": 7, "follow_ups": {}, "active": true,
        "opens": { "replace": "plaque" }
    }],
    "regimes": [{
        "name": "光荣牌每年巡查", "name_en": "Yearly round of the plaques", "kind": "plaque_round",
        "filter": { "plaque": ["hung", "indoor"] }, "lead_days": 30,
        "cadence": { "type": "every_days", "days": 365 }
    }]
}))]
pub struct ServiceDocument {
    /// Words that vocabularies of the district get, or that change; their other words stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub vocabularies: Vec<ServiceWords>,
    /// Items of the goods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub goods: Vec<NewGoodsItem>,
    /// Kinds of case. A step may create tasks of a kind of service of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub case_kinds: Vec<NewCaseKind>,
    /// Kinds of service; one that another creates as a follow-up comes before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub service_kinds: Vec<NewKind>,
    /// Regimes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub regimes: Vec<ServiceRegime>,
    /// Templates of campaigns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub campaigns: Vec<CampaignTemplate>,
}

/// Words of a service in one vocabulary.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "needs", "words": [
    { "code": "replace", "label_zh": "光荣牌需更换", "label_en": "The plaque is to be replaced" }
] }))]
pub struct ServiceWords {
    /// The vocabulary.
    pub name: VocabularyName,
    /// The words: a known code gets these labels, a new one comes after the words of the district.
    #[schema(min_items = 1, max_items = 200)]
    pub words: Vec<NewWord>,
}

/// A regime of a service, identified by its area and its Chinese name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "光荣牌每年巡查", "name_en": "Yearly round of the plaques", "kind": "plaque_round",
    "filter": { "plaque": ["hung", "indoor"] }, "lead_days": 30,
    "cadence": { "type": "every_days", "days": 365 }
}))]
pub struct ServiceRegime {
    /// Only beneficiaries of this area are visited. Default: the district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// The Chinese name.
    #[schema(example = "光荣牌每年巡查")]
    pub name: RegimeName,
    /// The English name.
    #[schema(example = "Yearly round of the plaques")]
    pub name_en: RegimeName,
    /// What the duty is about. Default: beneficiaries.
    #[serde(default, skip_serializing_if = "RegimeSubject::is_usual")]
    #[schema(required = false)]
    pub subject: RegimeSubject,
    /// Which beneficiaries of the area are visited; `{"all": []}` for memorial sites.
    pub filter: Filter,
    /// The kind of the visits, of the document or of the district.
    pub kind: KindCode,
    /// When the visits of a member recur.
    pub cadence: Cadence,
    /// Which visits satisfy a visit of the regime. Default: any contact.
    #[serde(default, skip_serializing_if = "SatisfiedBy::is_usual")]
    #[schema(required = false)]
    pub satisfied_by: SatisfiedBy,
    /// How many days before its day a visit becomes a task.
    pub lead_days: LeadDays,
    /// The first day of the first cycle. Default: that of the regime, or tomorrow for a new one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::http::day::stored_if_sent"
    )]
    pub starts_on: Option<NaiveDate>,
    /// Who is responsible; required before the regime is activated. Default: that of the regime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible_id: Option<PersonId>,
    /// Whether the visits are assigned to the responsible person, a manager or a volunteer. Default:
    /// that of the regime, or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign_responsible: Option<bool>,
}

/// What was, or would be, done with a part of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartOutcome {
    /// The district had no such part.
    Created,
    /// The district had another version of it.
    Changed,
    /// The district had it as it is.
    Unchanged,
}

impl PartOutcome {
    /// The outcome for a part that had the version `before` and has the version `after`.
    pub(super) fn of(before: Option<i64>, after: i64) -> Self {
        match before {
            None => Self::Created,
            Some(before) if before == after => Self::Unchanged,
            Some(_) => Self::Changed,
        }
    }
}

/// A part of a document, as the district has it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "pointer": "/service_kinds/0", "code": "plaque_round", "outcome": "created", "version": 1
}))]
pub struct ServicePart {
    /// A JSON pointer (RFC 6901) to the part of the document.
    #[schema(max_length = 64, example = "/service_kinds/0")]
    pub pointer: String,
    /// The code, or the name of the vocabulary; absent for a regime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "plaque_round")]
    pub code: Option<String>,
    /// The id of a regime; absent if a check would create it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RegimeId>,
    /// What was, or would be, done.
    pub outcome: PartOutcome,
    /// Its version afterwards.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// A service as it was, or would be, stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstalledService {
    /// Whether this was a check alone, which has written nothing.
    pub is_check: bool,
    /// The parts, in the order of the document's lists.
    #[schema(max_items = 300)]
    pub parts: Vec<ServicePart>,
}
