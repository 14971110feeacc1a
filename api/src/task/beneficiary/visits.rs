//! The visits of beneficiaries, by their reports.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId, TaskId};
use gridward_domain::task::Outcome;
use gridward_domain::word::{VariantArray as _, Word};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::crypto::SealingKey;
use crate::db::schema::{reports, tasks};
use crate::db::{Conn, DbError};
use crate::person;
use crate::task::commands::origin::Origin;
use crate::task::reports::report_sealed::Sealed;

/// The number of visits that a phone shows of a beneficiary.
const SHOWN: i64 = 3;

/// A visit of a beneficiary, for those who come next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Visit {
    /// The day of the visit.
    pub day: NaiveDate,
    /// The kind of service.
    pub kind: KindCode,
    /// The outcome.
    pub outcome: Outcome,
    /// The name of the visitor; absent if there is no such person any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    pub by: Option<String>,
}

/// A report of a visit of a beneficiary.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = reports)]
struct ReportOfVisit {
    id: ReportId,
    task: TaskId,
    person: PersonId,
    outcome: String,
    sealed: Vec<u8>,
    created_at: NaiveDateTime,
}

/// A report about a beneficiary.
#[derive(Clone, Debug)]
pub struct Reported {
    /// Identifies the report.
    pub id: ReportId,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// The day of the visit.
    pub day: NaiveDate,
    /// The task.
    pub task: TaskId,
    /// The kind of service.
    pub kind: KindCode,
    /// The author.
    pub person: PersonId,
    /// The outcome; absent if it was unreadable.
    pub outcome: Option<Outcome>,
}

impl Reported {
    fn of(
        key: &SealingKey,
        district: AreaCode,
        row: &ReportOfVisit,
        kind: KindCode,
    ) -> Result<Self, DbError> {
        let opened = Sealed::open(key, (district, row.id), &row.sealed)?;
        let received_at = row.created_at.and_utc();
        Ok(Self {
            id: row.id,
            received_at,
            day: clock::day(visited_at(&opened, received_at)),
            task: row.task,
            kind,
            person: row.person,
            outcome: row.outcome.parse().ok(),
        })
    }
}

/// When the visit took place: the phone's times corrected by its clock, or else the arrival.
pub fn visited_at(report: &Sealed, received: DateTime<Utc>) -> DateTime<Utc> {
    let clock_behind = chrono::TimeDelta::try_seconds(report.clock_behind_s).unwrap_or_default();
    let at = report.content.ended_at.or(report.content.started_at).or(report.made_at);
    Origin { made_at: at, clock_behind, ..Origin::default() }.made(received)
}

/// The position of a report among those of a beneficiary.
pub type Before = (DateTime<Utc>, Option<ReportId>);

/// Up to `limit` reports about the beneficiary, newest first: those that arrived before a moment,
/// or at that moment with a lower id; `None` as the id excludes the moment.
///
/// # Errors
/// [`DbError`].
pub fn reported(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    beneficiary: BeneficiaryId,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<Reported>, DbError> {
    let rows = rows(conn, district, beneficiary, before, Outcomes::All, limit)?;
    rows.into_iter().map(|(row, kind)| Reported::of(key, district, &row, kind)).collect()
}

/// The reports that are read, by their outcomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcomes {
    All,
    /// Not those whose outcome was unreadable.
    Readable,
}

fn rows(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
    before: Option<Before>,
    outcomes: Outcomes,
    limit: i64,
) -> Result<Vec<(ReportOfVisit, KindCode)>, DbError> {
    let mut query = reports::table
        .inner_join(
            tasks::table.on(tasks::district.eq(reports::district).and(tasks::id.eq(reports::task))),
        )
        .filter(tasks::district.eq(district))
        .filter(reports::district.eq(district))
        // Repeats the condition of the index of tasks by beneficiary.
        .filter(tasks::beneficiary.is_not_null())
        .filter(tasks::beneficiary.eq(beneficiary))
        .select((ReportOfVisit::as_select(), tasks::kind))
        .into_boxed();
    if let Some((moment, id)) = before {
        let at = moment.naive_utc();
        query = match id {
            Some(id) => {
                let beside = reports::created_at.eq(at).and(reports::id.lt(id));
                query.filter(reports::created_at.lt(at).or(beside))
            }
            None => query.filter(reports::created_at.lt(at)),
        };
    }
    if outcomes == Outcomes::Readable {
        let words = Outcome::VARIANTS.iter().copied().map(Word::as_str);
        query = query.filter(reports::outcome.eq_any(words));
    }
    Ok(query.order((reports::created_at.desc(), reports::id.desc())).limit(limit).load(conn)?)
}

/// The last visits of these beneficiaries, newest first.
///
/// # Errors
/// [`DbError`].
pub fn last(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    beneficiaries: &[BeneficiaryId],
) -> Result<HashMap<BeneficiaryId, Vec<Visit>>, DbError> {
    let mut last: HashMap<BeneficiaryId, Vec<Reported>> = HashMap::new();
    // One statement for each, since a person visits few of them and each may have years of reports.
    for id in beneficiaries {
        let rows = rows(conn, district, *id, None, Outcomes::Readable, SHOWN)?;
        let visits = rows.iter().map(|(row, kind)| Reported::of(key, district, row, kind.clone()));
        last.insert(*id, visits.collect::<Result<_, DbError>>()?);
    }
    let visitors: BTreeSet<PersonId> = last.values().flatten().map(|one| one.person).collect();
    let names = person::store::names(conn, key, &district.range(), visitors)?;
    let shown = |one: Reported| {
        let by = names.get(&one.person).cloned();
        Some(Visit { day: one.day, kind: one.kind, outcome: one.outcome?, by })
    };
    let shown = |(id, visits): (BeneficiaryId, Vec<Reported>)| {
        (id, visits.into_iter().filter_map(shown).collect())
    };
    Ok(last.into_iter().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::reports::report_content::ReportContent;

    #[test]
    fn a_visit_is_dated_by_the_phone_whose_clock_is_corrected() {
        let received = "2026-08-03T02:00:00Z".parse().expect("a time");
        let report = |made_at: Option<&str>, ended_at: Option<&str>, clock_behind_s| {
            let time = |text: &str| text.parse().expect("a time");
            let content =
                ReportContent { ended_at: ended_at.map(time), ..ReportContent::default() };
            Sealed { content, made_at: made_at.map(time), clock_behind_s }
        };
        let day = |report: &Sealed| clock::day(visited_at(report, received)).to_string();
        let made = Some("2026-08-01T23:30:00+08:00");
        assert_eq!(day(&report(made, None, 0)), "2026-08-01");
        assert_eq!(day(&report(made, None, 3600)), "2026-08-02");
        assert_eq!(day(&report(made, Some("2026-07-31T09:00:00+08:00"), 0)), "2026-07-31");
        assert_eq!(day(&report(None, None, 0)), "2026-08-03");
        assert_eq!(day(&report(Some("2030-01-01T00:00:00Z"), None, 0)), "2026-08-03", "not later");
    }
}
