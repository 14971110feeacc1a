//! Amends a report: its writer corrects what was reported wrongly. The content before stays readable.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::Note;
use gridward_domain::code::Need;
use gridward_domain::id::ReportId;
use gridward_domain::range::Version;
use gridward_domain::task::{self as life, Command, Outcome, Phase, Rejection, Transition, Verb};
use gridward_domain::visibility::View;
use gridward_domain::word::Word as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::report_authors::Authors;
use super::report_content::ReportContent;
use super::report_flag::{self, ReportFlag};
use super::report_row::ReportRow;
use super::report_sealed::Sealed;
use super::{report, report_consequences, report_row, report_versions};
use crate::beneficiary;
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::catalogue::{self, ServiceKind};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::deserialize;
use crate::http::problem::{Problem, ProblemCode};
use crate::limits::DailyQuota;
use crate::log::Event;
use crate::task::Task;
use crate::task::commands::command::NewTimes;
use crate::task::commands::origin::Origin;
use crate::task::commands::refusal;
use crate::task::commands::transition::{self, Step};
use crate::task::row::TaskRow;
use crate::tx::Tx;
use crate::vocabulary::Vocabularies;

/// The action in the log and in an outbox.
pub const ACTION: &str = "report.amend";

/// The whole content of a report after an amendment: absent fields are removed. The position stays,
/// since it was measured at the visit.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "outcome": "needs_follow_up", "note": "屋顶漏雨，已拍照。", "needs": ["housing"],
    "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00"
}))]
pub struct ReportAmendment {
    /// The outcome.
    pub outcome: Outcome,
    /// Free text by the visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The answers to the form of the kind of service. The fields that it requires are required of a visit that took
    /// place (`done`, `needs_follow_up`). Answers to fields that it lacks are stored with the others: the form of an
    /// app may be older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// The beneficiary's needs found during the visit, words of the vocabulary `needs`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 200, value_type = Vec<Need>)]
    pub needs: BTreeSet<Need>,
    /// The start of the visit, by the visitor's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::optional_time")]
    pub started_at: Option<DateTime<FixedOffset>>,
    /// The end of the visit, by the visitor's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::optional_time")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// Photos, signatures and voice recordings of the report; they may be uploaded later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub attachments: Vec<Uuid>,
}

impl ReportAmendment {
    /// The content after the amendment of `before`.
    fn content(&self, before: &ReportContent) -> ReportContent {
        let Self { outcome, note, answers, needs, started_at, ended_at, attachments } =
            self.clone();
        ReportContent {
            outcome: Some(outcome),
            note: note.map(String::from),
            answers,
            needs,
            started_at,
            ended_at,
            attachments,
            ..before.clone()
        }
    }
}

/// The result of an amendment, without the content of the report.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AmendedReport {
    /// Identifies the report.
    pub id: ReportId,
    /// The version of the report: incremented with every amendment.
    #[schema(value_type = Version)]
    pub version: i64,
    /// The task.
    pub task: Task,
}

/// The report and its task, if the principal wrote the report.
///
/// # Errors
/// 404; 403 for the report of another person.
pub fn authorize(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: ReportId,
) -> Result<(ReportRow, TaskRow), Problem> {
    principal.may(Action::ReadReports)?;
    let row = tx.find::<ReportRow>(id)?.ok_or_else(Problem::not_found)?;
    let task = tx.find::<TaskRow>(row.task)?.ok_or_else(Problem::not_found)?;
    if row.writer() == principal.person {
        return Ok((row, task));
    }
    principal.authorize(Action::ReadReports, &task.grid)?;
    Err(ProblemCode::Forbidden.into())
}

/// What an amendment is decided on.
struct Amending<'a> {
    row: &'a ReportRow,
    task: &'a TaskRow,
    before: &'a ReportContent,
    content: &'a ReportContent,
    kind: Option<ServiceKind>,
    words: Vocabularies,
    authors: Authors,
}

/// Amends the report. The same content again changes nothing.
///
/// The task changes only if the new outcome has another effect, and the report changed the task
/// before: it is applied by the rules of a report.
///
/// # Errors
/// 404; 403; 422; 409 with the current task, if its state does not allow the new outcome.
pub fn amend(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    id: ReportId,
    amendment: &ReportAmendment,
    origin: &Origin,
) -> Result<AmendedReport, Problem> {
    let (row, task) = authorize(tx, principal, id)?;
    let sealed = Sealed::of(key, &row)?;
    let content = amendment.content(&sealed.content);
    if content == sealed.content {
        return Ok(AmendedReport { id, version: row.version, task: task.task(View::Pool)? });
    }
    let kind =
        catalogue::store::at(tx.read_unbatched(), task.district, &task.kind, task.kind_version)?;
    let words = report::words(tx, task.district, kind.as_ref(), &content)?;
    let created = task.created_at.and_utc();
    let mut flags = report_flag::flags(&content, kind.as_ref(), &words, origin, created, tx.now)?;
    let mut plaques = PlaqueRules::of(task.district);
    if report_consequences::leaves_a_need(tx, &task, kind.as_ref(), &content, &mut plaques)? {
        flags.insert(ReportFlag::NoCase);
    }
    // These are about the first arrival.
    let first = [ReportFlag::HandedOn, ReportFlag::Clock].into_iter();
    flags.extend(first.filter(|flag| row.flags.members().contains(flag)));
    DailyQuota::Reports.take(tx, principal)?;
    let (before, authors) = (&sealed.content, authors(&row, &task));
    let amending =
        Amending { row: &row, task: &task, before, content: &content, kind, words, authors };
    let after = life_after(tx, key, &amending, amendment.outcome)?;
    report_versions::keep(tx.write_unbatched(), key, &row, &sealed)?;
    let sealed = Sealed { content: content.clone(), ..sealed };
    let next = ReportRow {
        outcome: amendment.outcome.as_str().to_owned(),
        sealed: sealed.seal(key, (row.district, id))?,
        flags: flags.into(),
        version: row.version + 1,
        amended_at: Some(tx.now.naive_utc()),
        ..row.clone()
    };
    let version = next.version;
    tx.replace(&row, next);
    let task = write(tx, key, principal, &amending, (after, version), origin, &mut plaques)?;
    Ok(AmendedReport { id, version, task: task.task(View::Pool)? })
}

/// The authors of a stored report.
fn authors(row: &ReportRow, task: &TaskRow) -> Authors {
    // The rules ask whether the person had the task; the role was checked when the report arrived.
    let visitor = Principal { person: row.person, role: Role::Volunteer, area: task.grid };
    Authors { visitor, writer: row.writer() }
}

/// Whether the task waits for the attempt after that of the report: neither was it reported again nor
/// has it begun anew.
fn is_last_attempt(tx: &mut Tx<'_>, row: &ReportRow, task: &TaskRow) -> Result<bool, DbError> {
    let is_next = task.attempt.get() == row.attempt.get() + 1;
    Ok(is_next && !report_row::has_later(tx.read()?, row)?)
}

/// The life of the task after the amendment; `None` if it is unchanged.
fn life_after(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    amending: &Amending<'_>,
    outcome: Outcome,
) -> Result<Option<life::Task>, Problem> {
    let Amending { row, task, before, authors, .. } = amending;
    let both_complete = before.outcome.is_some_and(Outcome::completes) && outcome.completes();
    if row.recorded || before.outcome == Some(outcome) || both_complete {
        return Ok(None);
    }
    if !is_last_attempt(tx, row, task)? {
        let rejection = Rejection::WrongPhase { phase: task.state };
        return Err(refusal::refused(tx.read_unbatched(), key, task, rejection)?);
    }
    let command = Command::Report { outcome, assigned_at_report: true };
    let today = clock::day(tx.now);
    match life::apply(&task.life()?, &command, &authors.visitor, today) {
        Ok(Transition::Changed(after)) => Ok(Some(after)),
        Ok(Transition::Already) => Ok(None),
        Err(rejection) => Err(refusal::refused(tx.read_unbatched(), key, task, rejection)?),
    }
}

/// Writes the event, the task if it changes, and what follows; returns the task.
fn write(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    amending: &Amending<'_>,
    (after, version): (Option<life::Task>, i64),
    origin: &Origin,
    plaques: &mut PlaqueRules,
) -> Result<TaskRow, Problem> {
    let Amending { row, task, content, kind, words, authors, .. } = amending;
    let before = task.life()?;
    let body = json!({ "report": row.id, "version": version, "outcome": content.outcome });
    let step = Step { row: task, before, after: after.unwrap_or(before), verb: Verb::Report };
    let event = Event { action: ACTION, ..step.event() }.on(origin.device());
    let event = event.by(principal.person).with(body);
    let Some(after) = after else {
        tx.record(event);
        // Other visitors see the last visits.
        report::attempted(tx, &authors.visitor, task)?;
        if !row.recorded && content.outcome.is_some_and(Outcome::completes) {
            complete(tx, key, amending, plaques)?;
        }
        return Ok((*task).clone());
    };
    let next = transition::write(tx, &step, NewTimes::default(), event)?;
    if after.state.phase() == Phase::Done {
        let made = (kind.as_ref(), words);
        report_consequences::apply(tx, key, authors, task, made, (row.id, *content), plaques)?;
    } else {
        report::attempted(tx, &authors.visitor, task)?;
    }
    Ok(next)
}

/// Applies what the new content of a completed visit has and the one before had not: changes of the
/// entry, and follow-ups. Follow-ups of before stay.
fn complete(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    amending: &Amending<'_>,
    plaques: &mut PlaqueRules,
) -> Result<(), Problem> {
    let Amending { row, task, before, content, kind, words, authors } = amending;
    let Some(kind) = kind else { return Ok(()) };
    let sent = (row.id, *content);
    if let Some(id) = task.beneficiary {
        let entry = beneficiary::store::row(tx.read_unbatched(), &task.district.range(), id)?;
        if !entry.is_some_and(|entry| entry.is_current()) {
            return Ok(());
        }
        if before.answers != content.answers {
            let (writer, made) = (authors.writer, (Some(kind), words));
            report_consequences::update_entry(tx, key, writer, id, made, sent, plaques)?;
        }
    }
    let had = report_consequences::follow_ups(tx, key, task, kind, before)?;
    let mut wanted = report_consequences::follow_ups(tx, key, task, kind, content)?;
    wanted.retain(|code| !had.contains(code));
    report_consequences::create_follow_ups(tx, authors, task, wanted, row.id)?;
    let had = report_consequences::opened_cases(tx, task, kind, before, plaques)?;
    let mut wanted = report_consequences::opened_cases(tx, task, kind, content, plaques)?;
    wanted.retain(|case| !had.contains(case));
    report_consequences::open_cases(tx, key, authors, task, wanted, sent)
}
