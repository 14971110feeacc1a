//! The standing duties of the demo: regimes that run.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, TimeDelta, Utc};
use gridward_domain::id::RegimeId;
use gridward_domain::range::{CadenceDays, LeadDays};
use gridward_domain::regime::{Cadence, CadenceParts, RegimeSubject, SatisfiedBy};

use super::draw::Draw;
use super::identity;
use super::staff::Staff;
use crate::clock;
use crate::regime::store::RegimeRow;

/// A regime: Chinese and English name, filter, kind and cadence.
type Duty = (&'static str, &'static str, &'static str, &'static str, Cadence);

const DUTIES: [Duty; 4] = [
    (
        "独居对象每月走访",
        "Monthly visits to those who live alone",
        r#"{"lives_alone":true}"#,
        "home_visit",
        Cadence::EveryDays { days: CadenceDays::of::<30>() },
    ),
    (
        "烈士遗属每季度联系",
        "Quarterly contact with families of martyrs",
        r#"{"category":["martyr_family"]}"#,
        "phone_call",
        Cadence::EveryDays { days: CadenceDays::of::<90>() },
    ),
    (
        "全体对象每年走访",
        "A visit to each in a year",
        r#"{"age":{"from":0}}"#,
        "home_visit",
        Cadence::EveryDays { days: CadenceDays::of::<365>() },
    ),
    (
        "高龄独居对象生日问候",
        "Birthday calls to the old who live alone",
        r#"{"all":[{"lives_alone":true},{"age":{"from":80}}]}"#,
        "phone_call",
        Cadence::Birthday {},
    ),
];

/// The regimes, whose visits of today are prepared: those of tomorrow come in the night.
pub(super) fn regime_rows(staff: &Staff, now: DateTime<Utc>) -> Vec<RegimeRow> {
    let mut draw = Draw::new(7, "regimes");
    let today = clock::day(now);
    let rows = DUTIES.into_iter().enumerate().filter_map(|(number, duty)| {
        let (name, name_en, filter, kind, cadence) = duty;
        let CadenceParts { cadence, days: cadence_days, feast } = cadence.parts();
        Some(RegimeRow {
            district: staff.district,
            id: RegimeId(identity::id(number, &mut draw)),
            area: staff.district,
            created_by: staff.admin,
            created_at: (now - TimeDelta::days(30)).naive_utc(),
            name: name.parse().ok()?,
            name_en: name_en.parse().ok()?,
            filter: filter.to_owned(),
            kind: kind.parse().ok()?,
            cadence,
            cadence_days,
            feast,
            subject: RegimeSubject::Beneficiaries,
            satisfied_by: SatisfiedBy::Contact,
            lead_days: LeadDays::of::<7>(),
            starts_on: today.checked_sub_days(Days::new(30))?,
            responsible: Some(staff.supervisor),
            assign_responsible: false,
            active: true,
            ran_on: Some(today),
            edited_by: Some(staff.admin),
            activated_by: Some(staff.supervisor),
            authors: BTreeSet::from([staff.admin]).into(),
            version: 1,
        })
    });
    rows.collect()
}
