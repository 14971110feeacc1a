//! Reports: stores the encrypted content and applies the consequences.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::code::KindCode;
use gridward_domain::word::Word as _;
use std::collections::BTreeSet;

use chrono::{DateTime, Days, FixedOffset, TimeDelta};
use gridward_domain::id::{BeneficiaryId, ReportId, TaskId};
use gridward_domain::task::{self as life, Command, Outcome, Transition, Verb};
use gridward_domain::visibility::View;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use uuid::Uuid;

use super::beneficiary_change;
use super::origin::Origin;
use super::perform::{self, Performed, Sent, Step};
use super::report_content::ReportContent;
use super::report_flag::{self, ReportFlag};
use super::report_row::{self, ReportRow};
use super::row::{Draft, TaskRow};
use super::task_origin::TaskOrigin;
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue::{self, ServiceKind};
use crate::crypto::{SealingKey, aad};
use crate::db::DbError;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::CommandId;
use crate::limits::DailyQuota;
use crate::log::{self, Event, Subject};
use crate::tx::Tx;
use crate::vocabulary::{self, Vocabularies};
use crate::{beneficiary, clock};

/// The table value of an unreadable outcome.
const UNREAD: &str = "unread";

/// The encrypted part of a report.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// The content as reported.
    #[serde(flatten)]
    pub content: ReportContent,
    /// When the report was made, by the phone's clock.
    pub made_at: Option<DateTime<FixedOffset>>,
    /// The offset of the phone's clock behind the server's, in seconds.
    pub clock_behind_s: i64,
}

impl Sealed {
    /// The decrypted part of a report.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn of(key: &SealingKey, row: &ReportRow) -> Result<Self, DbError> {
        let opened = key.open_value(&aad(row.district, "reports", row.id), &row.sealed);
        opened.map_err(|error| DbError::corrupt("reports", error))
    }
}

/// Ends the task with the reported outcome and stores the report. A report from an outbox by a
/// present or former assignee is evidence and is always stored: if the task has changed or the
/// outcome is unreadable, the report is marked as recorded and does not change the task.
///
/// # Errors
/// As [`perform::perform`].
pub(super) fn report(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    sent: &Sent<'_>,
    content: &ReportContent,
) -> Result<Performed, Problem> {
    let row = authorize(tx, principal, sent)?;
    perform::decided_on(&row, sent)?;
    let before = row.life()?;
    let assignee = before.state.assignee();
    let is_involved = is_or_was_assignee(tx, principal, &row)?;
    let is_former = is_involved && assignee != Some(principal.person);
    let conn = tx.read_unbatched();
    let kind = catalogue::store::at(conn, row.district, &row.kind, row.kind_version)?;
    let words = words(tx, row.district, kind.as_ref(), content)?;
    let created = row.created_at.and_utc();
    let mut flags =
        report_flag::flags(content, kind.as_ref(), &words, sent.origin, created, tx.now)?;
    if is_former && assignee.is_some() {
        flags.insert(ReportFlag::HandedOn);
    }
    let applied = if Verb::Report.is_for(principal.role) {
        apply_outcome(tx, key, principal, &row, &before, sent.origin, content.outcome)?
    } else {
        Err(ProblemCode::Forbidden.into())
    };
    let (after, because) = match applied {
        Ok(after) => (after, None),
        Err(problem) if sent.origin.from_outbox && is_involved => (None, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let id = sent.origin.id.as_ref().and_then(CommandId::uuid).unwrap_or_else(Uuid::now_v7);
    let id = match tx.find::<ReportRow>(report_row::key(id))? {
        // The command was already forgotten, but the report exists and must not be
        // duplicated.
        Some(there) if there.task == row.id && there.person == principal.person => {
            return Ok(Performed::recorded(row.task(View::Pool)?, because.as_ref()));
        }
        // Two phones generated the same id; both reports are stored.
        Some(_) => ReportId(Uuid::now_v7()),
        None => ReportId(id),
    };
    DailyQuota::Reports.take(tx, principal)?;
    keep(tx, key, principal, &row, id, content, sent.origin, after.is_none(), flags)?;
    let step = Step { row: &row, before, after: after.unwrap_or(before), verb: Verb::Report };
    let mut body = json!({ "report": id });
    if let Some(outcome) = content.outcome {
        body["outcome"] = json!(outcome.as_str());
    }
    if after.is_none() {
        body["recorded"] = json!(true);
    }
    let event = step.event().by(principal.person).with(body);
    let event = Event { device: sent.origin.device(), ..event };
    let Some(after) = after else {
        tx.record(event);
        attempted(tx, principal, &row)?;
        return Ok(Performed::recorded(row.task(View::Pool)?, because.as_ref()));
    };
    let next = perform::write(tx, &step, None, event)?;
    if after.state.phase() == life::Phase::Done {
        apply_consequences(tx, key, principal, &row, (kind.as_ref(), &words), (id, content))?;
    } else {
        attempted(tx, principal, &row)?;
    }
    Ok(Performed::done(next.task(View::Pool)?))
}

/// Records a visit that was no contact for the phones that show it.
fn attempted(tx: &mut Tx<'_>, principal: &Principal, row: &TaskRow) -> Result<(), DbError> {
    let Some(id) = row.beneficiary else { return Ok(()) };
    beneficiary_change::record_attempt(tx, principal.person, row, id)
}

/// The district's words, read only if the report or its form names some.
fn words(
    tx: &mut Tx<'_>,
    district: AreaCode,
    kind: Option<&ServiceKind>,
    content: &ReportContent,
) -> Result<Vocabularies, DbError> {
    let form = kind.and_then(|kind| kind.form.as_ref()).filter(|_| content.answers.is_some());
    let asks = form.is_some_and(|form| catalogue::form::vocabulary_fields(form).next().is_some());
    if content.needs.is_empty() && !asks {
        return Ok(Vocabularies::default());
    }
    vocabulary::store::all(tx.read_unbatched(), district)
}

/// The task, if the principal may report it. A visit may still be reported from an outbox after
/// the reporter's role has changed.
///
/// # Errors
/// 404; 403.
pub(super) fn authorize(
    tx: &mut Tx<'_>,
    principal: &Principal,
    sent: &Sent<'_>,
) -> Result<TaskRow, Problem> {
    let row = reportable(tx, principal, sent.task)?;
    let may = Verb::Report.is_for(principal.role);
    if may || (sent.origin.from_outbox && is_or_was_assignee(tx, principal, &row)?) {
        Ok(row)
    } else {
        Err(ProblemCode::Forbidden.into())
    }
}

/// The task, if the principal sees it, or is or was its assignee: a visit must be reportable
/// even after the task was reassigned.
fn reportable(tx: &mut Tx<'_>, principal: &Principal, id: TaskId) -> Result<TaskRow, Problem> {
    match perform::visible_now(tx, principal, id) {
        Err(problem) if problem.kind() == Some(ProblemCode::NotFound) => {
            let row = tx.find::<TaskRow>(id)?.ok_or(ProblemCode::NotFound)?;
            if is_or_was_assignee(tx, principal, &row)? { Ok(row) } else { Err(problem) }
        }
        seen => seen,
    }
}

/// Applies the outcome: the new task, `None` if it is unchanged, or the rejection.
fn apply_outcome(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &TaskRow,
    before: &life::Task,
    origin: &Origin,
    outcome: Option<Outcome>,
) -> Result<Result<Option<life::Task>, Problem>, DbError> {
    let Some(outcome) = outcome else {
        return Ok(Err(Problem::invalid("/outcome", "is unreadable")));
    };
    let assigned_at_report = assigned_at_report(tx, principal, row, before, origin)?;
    let command = Command::Report { outcome, assigned_at_report };
    Ok(match life::apply(before, &command, principal, clock::day(tx.now)) {
        Ok(Transition::Changed(after)) => Ok(Some(after)),
        Ok(Transition::Already) => Ok(None),
        Err(rejection) => Err(perform::refused(tx.read_unbatched(), key, row, rejection)?),
    })
}

/// Whether the principal is or was the assignee: by the row, the events of this transaction and the
/// log.
///
/// # Errors
/// [`DbError`].
pub fn is_or_was_assignee(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
) -> Result<bool, DbError> {
    let (id, me) = (row.id.to_string(), principal.person);
    if row.assignee == Some(me) {
        return Ok(true);
    }
    let of_task = |event: &Event| event.subject == Subject::Task && event.subject_id == id;
    if tx.events().iter().any(|event| of_task(event) && event.person == Some(me)) {
        return Ok(true);
    }
    log::assignees::was_assignee(tx.read_unbatched(), row.district, row.id, me)
}

/// How long ago a report may have been made that ends a task given back meanwhile: the time is
/// the phone's word.
const BACKDATED: TimeDelta = TimeDelta::hours(72);

/// Whether the principal was the assignee when the report was made, by the log. Only a report
/// from an outbox can refer to an earlier time.
fn assigned_at_report(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    before: &life::Task,
    origin: &Origin,
) -> Result<bool, DbError> {
    let me = principal.person;
    if !origin.from_outbox || before.state.assignee() == Some(me) {
        return Ok(false);
    }
    let moment = origin.made(tx.now);
    if moment < tx.now - BACKDATED {
        return Ok(false);
    }
    let assignee = log::assignees::assignee_at(tx.read_unbatched(), row.district, row.id, moment)?;
    Ok(assignee == Some(me))
}

#[expect(clippy::too_many_arguments, reason = "all that a report is made of, once")]
fn keep(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    task: &TaskRow,
    id: ReportId,
    content: &ReportContent,
    origin: &Origin,
    recorded: bool,
    flags: BTreeSet<ReportFlag>,
) -> Result<(), Problem> {
    let sealed = Sealed {
        content: content.clone(),
        made_at: origin.made_at,
        clock_behind_s: origin.clock_behind.num_seconds(),
    };
    let row = ReportRow {
        sealed: key.seal_value(&aad(principal.district(), "reports", id), &sealed)?,
        district: principal.district(),
        id,
        task: task.id,
        person: principal.person,
        outcome: content.outcome.map_or(UNREAD, Outcome::as_str).to_owned(),
        created_at: tx.now.naive_utc(),
        attempt: task.attempt,
        recorded,
        flags: flags.into(),
        grid: task.grid,
        kind: task.kind.clone(),
        beneficiary: task.beneficiary,
        received_on: clock::day(tx.now),
    };
    tx.insert(row);
    Ok(())
}

/// Applies the consequences of a completed visit: a contact with the beneficiary, the changes of the
/// entry by the rules of the form, and the follow-up tasks from the catalogue for needs and answers.
fn apply_consequences(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &TaskRow,
    (kind, words): (Option<&ServiceKind>, &Vocabularies),
    (report, content): (ReportId, &ReportContent),
) -> Result<(), Problem> {
    let today = clock::day(tx.now);
    let mut has_ended = false;
    if let Some(id) = row.beneficiary {
        let (conn, visitor) = (tx.write_unbatched(), principal.person);
        let home = beneficiary::store::record_contact(conn, row.district, id, visitor, today)?;
        if let Some(home) = home {
            has_ended = home.valid_to.is_some();
            beneficiary_change::record_contact(tx, visitor, row, (id, &home))?;
        }
        update_entry(tx, key, principal, id, (kind, words), (report, content))?;
    }
    let wanted = kind.map(|kind| follow_ups(kind, content)).unwrap_or_default();
    // A visit that was under way when the beneficiary died is reported, and nothing follows.
    for code in wanted.into_iter().filter(|_| !has_ended) {
        let kind = catalogue::store::one(tx.read_unbatched(), row.district, code.as_str())?;
        let Some(kind) = kind.filter(|kind| kind.active) else { continue };
        let days = Days::new(kind.due_days.into());
        let draft = Draft {
            id: TaskId(Uuid::now_v7()),
            grid: row.grid,
            beneficiary: row.beneficiary,
            place: row.place()?,
            not_before: today,
            due_on: today.checked_add_days(days).unwrap_or(today),
            window: None,
            by: Some(principal.person),
            origin: Some(TaskOrigin::report(report, principal.person)),
        };
        let next = TaskRow::open(&draft, &kind, tx.now);
        tx.record(
            Event::new("task.create", Subject::Task, next.id, draft.grid, 1)
                .by(principal.person)
                .with(json!({ "kind": next.kind, "follows": row.id })),
        );
        tx.insert(next);
    }
    Ok(())
}

/// The kinds of the follow-ups for the needs and the answers of a report.
fn follow_ups(kind: &ServiceKind, content: &ReportContent) -> BTreeSet<KindCode> {
    let needs = content.needs.iter().filter_map(|need| kind.follow_ups.get(need)).cloned();
    let answers = kind.form.as_ref().zip(content.answers.as_ref());
    let answers = answers.map(|(form, answers)| catalogue::form::follow_ups(form, answers));
    needs.chain(answers.into_iter().flatten()).collect()
}

/// Changes the entry by the rules of the form; the event names the report.
fn update_entry(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    id: BeneficiaryId,
    (kind, words): (Option<&ServiceKind>, &Vocabularies),
    (report, content): (ReportId, &ReportContent),
) -> Result<(), Problem> {
    let form = kind.and_then(|kind| kind.form.as_ref());
    let Some((form, answers)) = form.zip(content.answers.as_ref()) else { return Ok(()) };
    let changes = catalogue::form::updates(form, answers, words);
    if changes.fields().is_empty() {
        return Ok(());
    }
    let scope = principal.district().range();
    let entry = beneficiary::store::row(tx.read_unbatched(), &scope, id)?;
    let Some(entry) = entry.filter(BeneficiaryRow::is_current) else { return Ok(()) };
    let mut cause = Map::new();
    cause.insert("report".to_owned(), json!(report));
    beneficiary_change::amend(tx, key, principal.person, &entry, &changes, cause)?;
    Ok(())
}
