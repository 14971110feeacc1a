//! The standing duties of the demo: regimes that run.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, TimeDelta, Utc};
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, RegimeId};
use gridward_domain::range::{CadenceDays, LeadDays};
use gridward_domain::regime::{Cadence, CadenceParts, RegimeSubject, SatisfiedBy};

use super::draw::Draw;
use super::identity;
use super::staff::Staff;
use crate::audience::store as audiences;
use crate::clock;
use crate::db::DbError;
use crate::load::record::DistrictRecords;
use crate::regime::store::RegimeRow;
use crate::service::model::{ServiceDocument, ServiceRegime};

/// A regime: Chinese and English name, filter, kind, cadence, and the days since it began.
type Duty = (&'static str, &'static str, &'static str, &'static str, Cadence, u64);

const DUTIES: [Duty; 3] = [
    (
        "独居对象每月走访",
        "Monthly visits to those who live alone",
        r#"{"lives_alone":true}"#,
        "home_visit",
        Cadence::EveryDays { days: CadenceDays::of::<30>() },
        7,
    ),
    (
        "烈士遗属每季度联系",
        "Quarterly contact with families of martyrs",
        r#"{"category":["martyr_family"]}"#,
        "phone_call",
        Cadence::EveryDays { days: CadenceDays::of::<90>() },
        30,
    ),
    (
        "高龄独居对象生日问候",
        "Birthday calls to the old who live alone",
        r#"{"all":[{"lives_alone":true},{"age":{"from":80}}]}"#,
        "phone_call",
        Cadence::Birthday {},
        30,
    ),
];

/// The days since a regime of a document began: a quarter of its cycle. One with a long cycle, which has many members,
/// begins today, so that the demo needs not make what it has had.
fn days_ago(cadence: &Cadence) -> u64 {
    match cadence {
        Cadence::EveryDays { days } if days.get() > 100 => 0,
        Cadence::EveryDays { days } => u64::from(days.get().unsigned_abs()) / 4,
        _ => 30,
    }
}

/// A regime of the demo, before it has an id.
struct Content {
    name: [String; 2],
    filter: String,
    kind: String,
    subject: RegimeSubject,
    cadence: Cadence,
    satisfied_by: SatisfiedBy,
    lead_days: LeadDays,
    ago: u64,
    /// The person to whom its visits are assigned, if they are to one.
    assignee: Option<PersonId>,
}

impl Content {
    fn of(duty: Duty) -> Self {
        let (name, name_en, filter, kind, cadence, ago) = duty;
        Self {
            name: [name, name_en].map(str::to_owned),
            filter: filter.to_owned(),
            kind: kind.to_owned(),
            subject: RegimeSubject::Beneficiaries,
            cadence,
            satisfied_by: SatisfiedBy::Contact,
            lead_days: LeadDays::of::<7>(),
            ago,
            assignee: None,
        }
    }

    fn of_document(regime: &ServiceRegime, named: Option<PersonId>) -> Result<Self, DbError> {
        Ok(Self {
            name: [&regime.name, &regime.name_en].map(|name| name.as_str().to_owned()),
            filter: audiences::text(&regime.filter)?,
            kind: regime.kind.to_string(),
            subject: regime.subject,
            cadence: regime.cadence.clone(),
            satisfied_by: regime.satisfied_by,
            lead_days: regime.lead_days,
            ago: days_ago(&regime.cadence),
            assignee: named.filter(|_| regime.assign_responsible == Some(true)),
        })
    }
}

/// The regimes, whose visits of today are prepared: those of tomorrow come in the night. The retired officers
/// have one named member of staff, the first manager.
pub(super) fn regime_rows(
    (records, staff): (&DistrictRecords, &Staff),
    documents: &[ServiceDocument],
    now: DateTime<Utc>,
) -> Result<Vec<RegimeRow>, DbError> {
    let mut draw = Draw::new(7, "regimes");
    let manager = records.people.iter().find(|person| person.role == Role::Manager);
    let named = manager.map(|person| person.id);
    let of_documents = documents.iter().flat_map(|document| &document.regimes);
    let of_documents = of_documents.map(|regime| Content::of_document(regime, named));
    // Visits of the first ones find the levels of need by which documents select.
    let contents = DUTIES.into_iter().map(Content::of).map(Ok).chain(of_documents);
    let contents = contents.collect::<Result<Vec<_>, DbError>>()?;
    let today = clock::day(now);
    let rows = contents.into_iter().enumerate().filter_map(|(number, content)| {
        let CadenceParts { cadence, days: cadence_days, feast, needs } = content.cadence.parts();
        let [name, name_en] = content.name;
        Some(RegimeRow {
            district: staff.district,
            id: RegimeId(identity::id(number, &mut draw)),
            area: staff.district,
            created_by: staff.admin,
            created_at: (now - TimeDelta::days(31)).naive_utc(),
            name: name.parse().ok()?,
            name_en: name_en.parse().ok()?,
            filter: content.filter,
            kind: content.kind.parse().ok()?,
            cadence,
            cadence_days,
            feast,
            needs: needs.into(),
            subject: content.subject,
            satisfied_by: content.satisfied_by,
            lead_days: content.lead_days,
            starts_on: today.checked_sub_days(Days::new(content.ago))?,
            responsible: Some(content.assignee.unwrap_or(staff.supervisor)),
            assign_responsible: content.assignee.is_some(),
            active: true,
            ran_on: Some(today),
            edited_by: Some(staff.admin),
            activated_by: Some(staff.supervisor),
            authors: BTreeSet::from([staff.admin]).into(),
            version: 1,
        })
    });
    Ok(rows.collect())
}
