//! The types that describe regimes.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::RegimeName;
use gridward_domain::code::KindCode;
use gridward_domain::id::{PersonId, RegimeId};
use gridward_domain::range::{CadenceDays, LeadDays, Version};
use gridward_domain::regime::{Cadence, RegimeSubject, SatisfiedBy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A standing duty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Regime {
    /// Identifies the regime.
    pub id: RegimeId,
    /// What the duty is.
    #[serde(flatten)]
    pub content: RegimeContent,
    /// Only beneficiaries of this area are visited.
    pub area: AreaCode,
    /// Whom it visits, in Chinese: its audience, and after needs those alone of whom a report finds one.
    #[schema(max_length = 20_000, example = "江津区内独居的服务对象")]
    pub sentence_zh: String,
    /// The same in English.
    #[schema(max_length = 20_000, example = "Beneficiaries in 江津区 who live alone")]
    pub sentence_en: String,
    /// The name of the responsible person, if the caller reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub responsible_name: Option<String>,
    /// Whether the responsible person has left the service or is suspended.
    pub is_responsible_gone: bool,
    /// Who created it; another person may have written its present content.
    pub created_by: PersonId,
    /// When it was created.
    pub created_at: DateTime<FixedOffset>,
    /// The last author of the present content, also by a service document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<PersonId>,
    /// The person who activated it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<PersonId>,
    /// The last day on which its visits were prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepared_on: Option<NaiveDate>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The content of a regime as it is sent. Earlier versions had the length of a cycle alone, so their clients
/// and stored answers still do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentContent {
    name: RegimeName,
    name_en: RegimeName,
    #[serde(default)]
    subject: RegimeSubject,
    filter: Filter,
    kind: KindCode,
    cadence: Option<Cadence>,
    cadence_days: Option<CadenceDays>,
    #[serde(default)]
    satisfied_by: SatisfiedBy,
    lead_days: LeadDays,
    #[serde(deserialize_with = "crate::http::day::stored")]
    starts_on: NaiveDate,
    #[serde(default)]
    responsible_id: Option<PersonId>,
    #[serde(default)]
    assign_responsible: bool,
    active: bool,
}

impl TryFrom<SentContent> for RegimeContent {
    type Error = &'static str;

    fn try_from(sent: SentContent) -> Result<Self, &'static str> {
        let SentContent { name, name_en, subject, filter, kind, cadence, cadence_days, .. } = sent;
        let days = cadence_days.map(|days| Cadence::EveryDays { days });
        if cadence.is_some() && days.is_some() {
            return Err("field `cadence_days` is not sent with cadence");
        }
        Ok(Self {
            name,
            name_en,
            subject,
            filter,
            kind,
            cadence: cadence.or(days).ok_or("missing field `cadence`")?,
            satisfied_by: sent.satisfied_by,
            lead_days: sent.lead_days,
            starts_on: sent.starts_on,
            responsible_id: sent.responsible_id,
            assign_responsible: sent.assign_responsible,
            active: sent.active,
        })
    }
}

/// The content of a regime.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, try_from = "SentContent")]
#[schema(examples(
    json!({
        "name": "独居对象每月走访", "name_en": "Monthly visits to those who live alone",
        "filter": { "lives_alone": true }, "kind": "home_visit", "lead_days": 7,
        "cadence": { "type": "every_days", "days": 30 },
        "starts_on": "2026-12-01", "responsible_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8",
        "active": true
    }),
    json!({
        "name": "有事必访", "name_en": "Visits when needed", "filter": { "all": [] },
        "kind": "home_visit", "lead_days": 2, "starts_on": "2026-12-01", "active": false,
        "cadence": { "type": "after_need", "needs": ["bereavement", "disaster"], "days": 2 }
    }),
    json!({
        "name": "清明节前烈士纪念设施巡查", "name_en": "Rounds of memorial sites before Qingming",
        "subject": "memorials", "filter": { "all": [] }, "kind": "memorial_round", "lead_days": 14,
        "starts_on": "2026-12-01", "active": false,
        "cadence": { "type": "feast", "feast": "qingming" }
    }),
))]
pub struct RegimeContent {
    /// The Chinese name.
    pub name: RegimeName,
    /// The English name.
    #[schema(example = "Monthly visits to those who live alone")]
    pub name_en: RegimeName,
    /// What the duty is about. Default: beneficiaries.
    #[serde(default, skip_serializing_if = "RegimeSubject::is_usual")]
    #[schema(required = false)]
    pub subject: RegimeSubject,
    /// Which beneficiaries of the area are visited; `{"all": []}` for memorial sites.
    pub filter: Filter,
    /// The kind of the visits.
    pub kind: KindCode,
    /// When the visits of a member recur. A contact in the last quarter of a cycle before the visit, in
    /// the week before a birthday or an occasion, since the stay in hospital or since the day of the need satisfies
    /// it; a phone call satisfies no visit to the home, a visit a phone call.
    pub cadence: Cadence,
    /// Which visits satisfy a visit of the regime: any contact as described at `cadence`, or only completed
    /// visits of `kind`, as for a record that its form checks. Default: any contact.
    #[serde(default, skip_serializing_if = "SatisfiedBy::is_usual")]
    #[schema(required = false)]
    pub satisfied_by: SatisfiedBy,
    /// How many days before its day a visit becomes a task.
    pub lead_days: LeadDays,
    /// The first day of the first cycle; no visit is due before.
    pub starts_on: NaiveDate,
    /// Who is responsible; required for an active regime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible_id: Option<PersonId>,
    /// Whether the visits are assigned to the responsible person, a manager or a volunteer of any grid of the area, when
    /// they become tasks: supervisors and admins make no visits. A visit stays open if the person is not active or works outside the regime's area, or
    /// if the assignment would break a rule (409 `assignment_breaks` of a reassignment).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub assign_responsible: bool,
    /// Whether visits are prepared. A new regime, and one with other content, is not active until
    /// another person activates it.
    pub active: bool,
}

impl RegimeContent {
    /// Whether both mean the same visits. The responsible person may differ.
    pub fn has_same_visits(&self, other: &Self) -> bool {
        let Self { responsible_id, active, .. } = other;
        let same = Self { responsible_id: *responsible_id, active: *active, ..self.clone() };
        same == *other
    }
}

/// A regime to create.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "area": "500116001", "content": {
    "name": "独居对象每月走访", "name_en": "Monthly visits to those who live alone",
    "filter": { "lives_alone": true }, "kind": "home_visit", "lead_days": 7,
    "cadence": { "type": "every_days", "days": 30 },
    "starts_on": "2026-12-01", "responsible_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8",
    "active": false
} }))]
pub struct NewRegime {
    /// Only beneficiaries of this area are visited: the caller's, unless given, or one in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// What the duty is.
    pub content: RegimeContent,
}

/// The visits of a regime in the coming weeks, if each is made on its day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RegimeOutlook {
    /// The number of members.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_314)]
    pub members: i64,
    /// The last visits of members that are open although the regime assigns its visits: the rules or the minutes of the
    /// responsible person left no room for them, or the person gave them back. Absent for other regimes, and as `weeks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 3)]
    pub unassigned_visits: Option<i64>,
    /// Whether the visits follow an occasion of which the calendar of the district has no day from today on: none come
    /// until an admin enters one. Default: false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub is_occasion_over: bool,
    /// The number of visits in each of the coming weeks, the present day first; none for birthdays,
    /// stays in hospital and needs, whose days it would tell.
    #[schema(max_items = 104)]
    pub weeks: Vec<RegimeWeek>,
}

/// The visits of a regime in a week.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RegimeWeek {
    /// The first day.
    pub first_day: NaiveDate,
    /// The number of visits.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 540)]
    pub visits: i64,
}
