//! Ends a beneficiary, by a death or another reason, and takes an end back.

use chrono::{Datelike as _, NaiveDate};
use gridward_domain::authority::Action;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::{AutomaticCommand, Phase};
use serde_json::json;

use super::affected_tasks::{self, Destination, apply};
use super::answer::{AffectedTask, ChangedBeneficiary, TaskFate};
use super::case::{self, Case};
use super::checks;
use super::closing::{Closing, closing};
use super::model::{Death, EntitlementEnd, NewEnd, Reinstatement};
use crate::area::successors;
use crate::beneficiary::ends::{self, Effects};
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::{EndCause, household};
use crate::db::DbError;
use crate::goods;
use crate::http::IfMatch;
use crate::http::problem::{Problem, ProblemCode};
use crate::task::beneficiary::of_beneficiary;
use crate::task::row::TaskRow;
use crate::task::store;

/// Why and since when a beneficiary is no longer one.
struct Ending<'a> {
    because: EndCause,
    day: NaiveDate,
    reason: Option<&'a CommandReason>,
}

/// Records the death of a beneficiary.
///
/// # Errors
/// As [`end`].
pub(super) fn deceased(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    death: &Death,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let row = case.row(id, Action::EditBeneficiaries)?;
    let reason = death.reason.as_ref();
    finish(case, &row, &Ending { because: EndCause::Deceased, day: death.day, reason }, base)
}

/// Ends an entitlement.
///
/// # Errors
/// 403; 404; 409 if it has ended otherwise; 412 or 428 if the command is not based on the current
/// version; 422.
pub(super) fn end(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    end: &NewEnd,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let row = case.row(id, Action::ManageEntitlements)?;
    let because = match end.because {
        EntitlementEnd::MovedAway => EndCause::MovedAway,
        EntitlementEnd::NotEntitled => EndCause::NotEntitled,
    };
    finish(case, &row, &Ending { because, day: end.day, reason: Some(&end.reason) }, base)
}

/// Ends the beneficiary and closes its tasks; a visit under way stays until it is reported. The same
/// end again gets the same answer.
fn finish(
    case: &mut Case<'_, '_>,
    row: &BeneficiaryRow,
    ending: &Ending<'_>,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let Ending { because, day, reason } = *ending;
    if row.ended_because == Some(because) && row.valid_to == Some(day) {
        let end = ends::last(case.tx.read_unbatched(), row.district, row.id)?;
        let effects = end.map(|end| end.effects).unwrap_or_default();
        let tasks = named(case, row.id, &effects, TaskFate::Cancelled)?;
        return Ok(case.changed(row, tasks)?);
    }
    row.check_current(case.key)?;
    case.based_on(row, base)?;
    if day > case.today() {
        return Err(Problem::invalid("/day", "must not be after today"));
    }
    if day.year() < row.birth_year.get() {
        return Err(Problem::invalid("/day", "must not be before the birth"));
    }
    let (mut effects, tasks) = close_tasks(case, row, because)?;
    let (actor, of) = (case.actor(), (row.district, row.id));
    effects.handouts = goods::of_ended::give_back(case.tx, Some(actor), of, because)?;
    let ended = BeneficiaryRow { valid_to: Some(day), ended_because: Some(because), ..row.clone() };
    let next = case.replace(row, ended, None)?;
    let now = case.tx.now.naive_utc();
    ends::record(case.tx.write_unbatched(), row.district, row.id, now, &effects)?;
    let mut body = json!({ "because": because, "valid_to": day });
    if let Some(reason) = case.sealed_reason(row.id, reason)? {
        body["reason"] = json!(reason);
    }
    case::record(case.tx, case.actor(), "beneficiary.end", (row, &next), body)?;
    Ok(case.changed(&next, tasks)?)
}

/// Closes the unfinished tasks, as [`closing`] decides.
fn close_tasks(
    case: &mut Case<'_, '_>,
    row: &BeneficiaryRow,
    because: EndCause,
) -> Result<(Effects, Vec<AffectedTask>), Problem> {
    let because = because.closes_tasks();
    let (mut effects, mut tasks) = (Effects::default(), Vec::new());
    for task in of_beneficiary::unfinished(case.tx.read()?, row.district, row.id)? {
        match closing(&task.life()?.state) {
            Some(Closing::Cancel) => {
                let (actor, command) = (case.actor(), AutomaticCommand::Cancel);
                let next = apply(case.tx, actor, &task, &command, because)?;
                effects.cancelled.push(task.id);
                tasks.push(affected_tasks::task(&next, TaskFate::Cancelled, true));
            }
            Some(Closing::AwaitReport) => {
                effects.started.push(task.id);
                tasks.push(affected_tasks::task(&task, TaskFate::Started, true));
            }
            None => {}
        }
    }
    Ok((effects, tasks))
}

/// Those of these tasks that the entry has: the undo of a merge may have given some back.
fn own(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    tasks: &[TaskId],
) -> Result<Vec<TaskRow>, Problem> {
    let mut rows = store::rows(case.tx.read()?, case.principal.district(), tasks)?;
    rows.retain(|row| row.beneficiary == Some(id));
    Ok(rows)
}

/// The tasks of an end as an answer names them; those that it cancelled with this fate.
fn named(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    effects: &Effects,
    fate: TaskFate,
) -> Result<Vec<AffectedTask>, Problem> {
    let cancelled = own(case, id, &effects.cancelled)?;
    let started = own(case, id, &effects.started)?;
    let tasks = cancelled.iter().map(|row| affected_tasks::task(row, fate, true));
    Ok(tasks
        .chain(started.iter().map(|row| affected_tasks::task(row, TaskFate::Started, true)))
        .collect())
}

/// Takes the last end back: the beneficiary is current again, and the tasks that the end cancelled
/// are open again. A current beneficiary stays as it is.
///
/// # Errors
/// 403; 404; 409 for a merged duplicate, or if another beneficiary has the ID number, another one of the household its
/// plaque, or the grid has no successor; 412 or 428 if the command is not based on the current version.
pub(super) fn reinstate(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    reinstatement: &Reinstatement,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let row = case.row(id, Action::ManageEntitlements)?;
    // The row is current exactly if its last end was taken back; otherwise the end is not the last,
    // and its effects are none of this command.
    let end = ends::last(case.tx.read_unbatched(), row.district, id)?;
    let end = end.filter(|end| end.undone_at.is_some() == row.is_current());
    let effects = end.map(|end| end.effects).unwrap_or_default();
    if row.is_current() {
        let reopened = Effects { started: Vec::new(), ..effects };
        let tasks = named(case, id, &reopened, TaskFate::Reopened)?;
        return Ok(case.changed(&row, tasks)?);
    }
    row.check_unmerged(case.key)?;
    case.based_on(&row, base)?;
    let next = revive(case, &row)?;
    let rules = &mut PlaqueRules::of(row.district);
    household::check(case.tx.read_unbatched(), rules, case.principal, (Some(&row), &next), "")?;
    let to = Destination::of(&next, &next.particulars(case.key)?)?;
    let cancelled = own(case, id, &effects.cancelled)?;
    let tasks = reopen(case, &cancelled, &to, "beneficiary_reinstated")?;
    let (actor, at) = (case.actor(), (next.grid, id));
    goods::of_ended::plan_again(case.tx, actor, at, &effects.handouts)?;
    let mut body = json!({});
    if let Some(reason) = case.sealed_reason(id, Some(&reinstatement.reason))? {
        body["reason"] = json!(reason);
    }
    case::record(case.tx, case.actor(), "beneficiary.reinstate", (&row, &next), body)?;
    Ok(case.changed(&next, tasks)?)
}

/// Opens those of these tasks again that are cancelled, where the beneficiary is now.
///
/// # Errors
/// [`DbError`].
pub(super) fn reopen(
    case: &mut Case<'_, '_>,
    tasks: &[TaskRow],
    to: &Destination,
    because: &'static str,
) -> Result<Vec<AffectedTask>, DbError> {
    let mut reopened = Vec::new();
    for task in tasks.iter().filter(|task| task.state == Phase::Cancelled) {
        let (actor, command) = (case.actor(), AutomaticCommand::Reopen);
        let open = apply(case.tx, actor, task, &command, because)?;
        // It may have moved meanwhile, or stay elsewhere.
        let placed = affected_tasks::move_to(case.tx, actor, &[open], to, because)?;
        let fate = TaskFate::Reopened;
        reopened.extend(placed.into_iter().map(|task| AffectedTask { fate, ..task }));
    }
    Ok(reopened)
}

/// Makes an ended beneficiary current again, in its grid or the one that took over.
///
/// # Errors
/// 409.
pub(super) fn revive(
    case: &mut Case<'_, '_>,
    row: &BeneficiaryRow,
) -> Result<BeneficiaryRow, Problem> {
    let number = row.particulars(case.key)?.id_number;
    let conn = case.tx.read_unbatched();
    checks::id_number_is_free(conn, case.key, case.principal, row.id, &number)?;
    let grid = successors::current(conn, row.grid, row.home()?)?;
    let grid = grid.ok_or_else(|| Problem::from(ProblemCode::SubjectEnded))?;
    let current = BeneficiaryRow {
        grid,
        id_index: case.key.index(&number),
        valid_to: None,
        ended_because: None,
        successor: None,
        ..row.clone()
    };
    let next = case.replace(row, current, None)?;
    let now = case.tx.now.naive_utc();
    ends::undone(case.tx.write_unbatched(), row.district, row.id, now)?;
    Ok(next)
}
