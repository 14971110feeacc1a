//! Reports of visits: who may send them, and what they change.

use chrono::TimeDelta;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::TaskId;
use gridward_domain::task::{self as life, Command, Outcome, Rejection, Transition, Verb};
use gridward_domain::visibility::View;

use super::new_report::NewReport;
use super::report_content::ReportContent;
use super::{on_behalf, report_consequences};
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::catalogue::{self, ServiceKind};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::{Problem, ProblemCode};
use crate::limits::DailyQuota;
use crate::log::{self, Event, Subject};
use crate::task::assignment::freed;
use crate::task::beneficiary::beneficiary_change;
use crate::task::commands::command::{NewTimes, TaskCommand};
use crate::task::commands::origin::Origin;
use crate::task::commands::perform::{self, Performed, Sent};
use crate::task::commands::refusal;
use crate::task::commands::transition::{self, Step};
use crate::task::row::TaskRow;
use crate::task::view::seen;
use crate::tx::Tx;
use crate::vocabulary::{self, Vocabularies};

/// Ends the task with the reported outcome and stores the report. A report from an outbox by a
/// present or former assignee is evidence and is always stored: if the task has changed or the
/// outcome is unreadable, the report is marked as recorded and does not change the task. A report on
/// behalf of another person is decided as if that person had sent it.
///
/// # Errors
/// As [`perform::perform`].
pub(in crate::task) fn report(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    sent: &Sent<'_>,
    content: &ReportContent,
) -> Result<Performed, Problem> {
    let row = authorize(tx, principal, sent)?;
    perform::decided_on(&row, sent)?;
    let (before, origin) = (row.life()?, sent.origin);
    let assignee = before.state.assignee();
    let authors = on_behalf::authors(tx, principal, content)?;
    let visitor = &authors.visitor;
    let is_involved = is_or_was_assignee(tx, visitor, &row)?;
    let conn = tx.read_unbatched();
    let kind = catalogue::store::at(conn, row.district, &row.kind, row.kind_version)?;
    let words = words(tx, row.district, kind.as_ref(), content)?;
    let new = NewReport { task: &row, authors: &authors, kind, words, content, origin };
    let is_handed_on = is_involved && assignee.is_some_and(|other| other != visitor.person);
    let mut plaques = PlaqueRules::of(row.district);
    let flags = new.flags(tx, is_handed_on, &mut plaques)?;
    let applied = if Verb::Report.is_for(visitor.role) {
        apply_outcome(tx, key, visitor, &row, &before, origin, content.outcome)?
    } else {
        let not_assignee = Rejection::NotAssignee { assignee };
        let rejection = if is_involved { Rejection::Forbidden } else { not_assignee };
        Err(refusal::refused(tx.read_unbatched(), key, &row, rejection)?)
    };
    let (after, because) = match applied {
        Ok(after) => (after, None),
        Err(problem) if origin.from_outbox && is_involved => (None, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let Some(id) = new.id(tx)? else {
        return Ok(Performed::recorded(row.task(View::Pool)?, because.as_ref()));
    };
    DailyQuota::Reports.take(tx, principal)?;
    new.store(tx, key, id, after.is_none(), flags)?;
    let step = Step { row: &row, before, after: after.unwrap_or(before), verb: Verb::Report };
    let event = new.event(&step, id, after.is_none());
    let Some(after) = after else {
        tx.record(event);
        attempted(tx, visitor, &row)?;
        return Ok(Performed::recorded(row.task(View::Pool)?, because.as_ref()));
    };
    let next = transition::write(tx, &step, NewTimes::default(), event)?;
    if after.state.phase() == life::Phase::Done {
        let made = (new.kind.as_ref(), &new.words);
        report_consequences::apply(tx, key, &authors, &row, made, (id, content), &mut plaques)?;
    } else {
        attempted(tx, visitor, &row)?;
        if after.state.phase() == life::Phase::Open {
            freed::freed(tx, &row)?;
        }
    }
    Ok(Performed::done(next.task(View::Pool)?))
}

/// Records a visit that was no contact for the phones that show it.
pub(in crate::task) fn attempted(
    tx: &mut Tx<'_>,
    visitor: &Principal,
    row: &TaskRow,
) -> Result<(), DbError> {
    let Some(id) = row.beneficiary else { return Ok(()) };
    beneficiary_change::record_attempt(tx, visitor.person, row, id)
}

/// The district's words, read only if the report or its form names some.
pub(in crate::task) fn words(
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

/// The task, if the principal may report it: the own visit, or that of another person in the
/// principal's area. A visit may still be reported from an outbox after the reporter's role has
/// changed.
///
/// # Errors
/// 404; 403.
pub(in crate::task) fn authorize(
    tx: &mut Tx<'_>,
    principal: &Principal,
    sent: &Sent<'_>,
) -> Result<TaskRow, Problem> {
    if let TaskCommand::Report(content) = sent.command
        && on_behalf::visitor(principal, content).is_some()
    {
        let row = seen::visible_now(tx, principal, sent.task)?;
        principal.authorize(Action::DirectTask, &row.grid)?;
        return Ok(row);
    }
    let row = reportable(tx, principal, sent.task)?;
    let may = principal.may(Action::ReportVisit).is_ok();
    if may || (sent.origin.from_outbox && is_or_was_assignee(tx, principal, &row)?) {
        Ok(row)
    } else {
        Err(ProblemCode::Forbidden.into())
    }
}

/// The task, if the principal sees it, or is or was its assignee: a visit must be reportable
/// even after the task was reassigned.
fn reportable(tx: &mut Tx<'_>, principal: &Principal, id: TaskId) -> Result<TaskRow, Problem> {
    match seen::visible_now(tx, principal, id) {
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
        Err(rejection) => Err(refusal::refused(tx.read_unbatched(), key, row, rejection)?),
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
