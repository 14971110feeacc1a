//! Merges two entries of one person, and undoes it.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::authority::Action;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use super::affected_tasks::{self, Destination, move_to};
use super::case::{self, Case};
use super::end::{reopen, revive};
use super::model::{AffectedTask, ChangedBeneficiary, MOST_NAMED};
use super::unify::{self, Side};
use crate::beneficiary::EndCause;
use crate::beneficiary::answers::{self, JoinedAnswer};
use crate::beneficiary::ends::{self, Contacted, Effects, MergeEffects};
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::{visitors, write};
use crate::case::exchange as cases;
use crate::db::DbError;
use crate::goods::exchange;
use crate::http::IfMatch;
use crate::http::problem::{Problem, ProblemCode};
use crate::task::of_beneficiary;
use crate::task::row::TaskRow;

const OTHER_ID: &str = "/other_id";

/// The two entries, if the principal may merge them.
///
/// # Errors
/// 403; 404; 422 if the duplicate is the same entry, or none in the principal's area.
pub(super) fn both(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    other: BeneficiaryId,
) -> Result<(BeneficiaryRow, BeneficiaryRow), Problem> {
    let kept = case.row(id, Action::ManageEntitlements)?;
    if id == other {
        return Err(Problem::invalid(OTHER_ID, "must be another beneficiary"));
    }
    match case.row(other, Action::ManageEntitlements) {
        Ok(other) => Ok((kept, other)),
        Err(problem) if problem.kind() == Some(ProblemCode::NotFound) => {
            Err(Problem::invalid(OTHER_ID, "no beneficiary in your area has this id"))
        }
        Err(problem) => Err(problem),
    }
}

fn side(row: &BeneficiaryRow, tasks: &[TaskRow]) -> Side {
    Side {
        contacted: row.contacted(),
        successor: row.successor,
        tags: row.tags.members().clone(),
        plaque: row.plaque.clone(),
        tasks: tasks.iter().map(|task| task.id).collect(),
    }
}

/// The row with the tags and the plaque of the side.
fn with(row: &BeneficiaryRow, side: &Side) -> BeneficiaryRow {
    BeneficiaryRow { tags: side.tags.clone().into(), plaque: side.plaque.clone(), ..row.clone() }
}

/// Merges the beneficiary `other` into `id`: all its tasks, with their history and reports, its cases, its
/// hand-outs and its tags belong to `id`, which gets its answers to fields for audiences and the state of the
/// plaque that its hand-outs give; `other` ends with `id` as its successor. The same merge again gets the
/// same answer.
///
/// # Errors
/// 403; 404; 409 if one of them has ended; 412 or 428 if the command is not based on the current
/// version; 422.
pub(super) fn merge(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    other: BeneficiaryId,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let (kept, other) = both(case, id, other)?;
    let conn = case.tx.read()?;
    let own = of_beneficiary::all(conn, kept.district, id)?;
    if other.successor == Some(id) {
        let end = ends::last(case.tx.read_unbatched(), kept.district, other.id)?;
        let joined = end.and_then(|end| end.effects.merge).map(|merge| merge.tasks);
        let joined = joined.unwrap_or_default();
        let (joined, own) = own.into_iter().partition(|task| joined.contains(&task.id));
        return answer(case, &kept, own, joined);
    }
    case.is_current(&kept)?;
    case.is_current(&other)?;
    case.based_on(&kept, base)?;
    let theirs = of_beneficiary::all(case.tx.read()?, kept.district, other.id)?;
    let conn = case.tx.read_unbatched();
    let plaque = exchange::plaque_of_merge(conn, kept.district, (id, other.id))?;
    let merged = unify::merge(id, &side(&kept, &own), &side(&other, &theirs), plaque);
    let today = case.today();
    let ended = BeneficiaryRow {
        valid_to: Some(today),
        ended_because: Some(EndCause::Merged),
        successor: merged.other.successor,
        ..other.clone()
    };
    let ended = case.replace(&other, ended, None)?;
    let next = case.replace(&kept, with(&kept, &merged.kept), None)?;
    let next = contacted(case, next, merged.kept.contacted)?;
    go_over(case, &theirs, &next, "beneficiary_merged")?;
    join_choices(case, &kept, &other)?;
    let by = case.principal.person;
    let cases = cases::exchange(case.tx, by, (other.id, other.grid), id, None)?;
    let handouts = exchange::merge(case.tx, Some(by), (id, kept.grid), other.id)?;
    let answers = join_answers(case, &kept, &other)?;
    let effects = MergeEffects { cases, handouts, answers, ..merged.effects };
    let effects = Effects { merge: Some(effects), ..Effects::default() };
    let now = case.tx.now.naive_utc();
    ends::record(case.tx.write_unbatched(), kept.district, other.id, now, &effects)?;
    let body = json!({ "because": EndCause::Merged, "valid_to": today, "successor": id });
    case::record(case.tx, case.actor(), "beneficiary.end", (&other, &ended), body)?;
    let body = json!({ "other": other.id });
    case::record(case.tx, case.actor(), "beneficiary.merge", (&kept, &next), body)?;
    let all = of_beneficiary::all(case.tx.read()?, kept.district, id)?;
    let (joined, own) = all.into_iter().partition(|task| theirs.iter().any(|it| it.id == task.id));
    answer(case, &next, own, joined)
}

/// Gives the entry that stays the choice of visitors of both. It keeps it when the merge is undone:
/// a person may still not be welcome.
fn join_choices(
    case: &mut Case<'_, '_>,
    kept: &BeneficiaryRow,
    other: &BeneficiaryRow,
) -> Result<(), DbError> {
    let conn = case.tx.write_unbatched();
    let theirs = visitors::one(conn, other.district, other.id)?;
    let own = visitors::one(conn, kept.district, kept.id)?;
    let both = own.clone().merged(theirs);
    if both != own {
        visitors::replace(conn, kept.district, kept.id, &both)?;
    }
    Ok(())
}

/// Gives the entry that stays the answers of its duplicate, by which audiences select it.
fn join_answers(
    case: &mut Case<'_, '_>,
    kept: &BeneficiaryRow,
    other: &BeneficiaryRow,
) -> Result<Vec<JoinedAnswer>, DbError> {
    let conn = case.tx.write_unbatched();
    let own = answers::of(conn, (kept.district, kept.id))?;
    let theirs = answers::of(conn, (other.district, other.id))?;
    let is_later = other.last_contact > kept.last_contact;
    let joined = answers::joined(&own, &theirs, is_later);
    for one in &joined {
        let words = BTreeMap::from([(one.field.clone(), one.after.clone())]);
        answers::replace(conn, (kept.district, kept.id), &one.kind, &words)?;
    }
    Ok(joined)
}

/// Takes the answers back that the entry got by the merge and still has.
fn part_answers(
    case: &mut Case<'_, '_>,
    kept: &BeneficiaryRow,
    joined: &[JoinedAnswer],
) -> Result<(), DbError> {
    let conn = case.tx.write_unbatched();
    let now = answers::of(conn, (kept.district, kept.id))?;
    for one in answers::unchanged(&now, joined) {
        let words = BTreeMap::from([(one.field.clone(), one.before.clone())]);
        answers::replace(conn, (kept.district, kept.id), &one.kind, &words)?;
    }
    Ok(())
}

/// Gives tasks to the entry: the unfinished ones go to its place.
fn go_over(
    case: &mut Case<'_, '_>,
    tasks: &[TaskRow],
    to: &BeneficiaryRow,
    because: &'static str,
) -> Result<Vec<AffectedTask>, DbError> {
    let destination = Destination::of(to, &to.particulars(case.key)?)?;
    let is_unfinished = |task: &&TaskRow| Phase::UNFINISHED.contains(&task.state);
    let (unfinished, finished): (Vec<&TaskRow>, Vec<&TaskRow>) =
        tasks.iter().partition(is_unfinished);
    let unfinished: Vec<TaskRow> = unfinished.into_iter().cloned().collect();
    let affected = move_to(case.tx, case.actor(), &unfinished, &destination, because)?;
    for task in finished {
        affected_tasks::hand_over(case.tx, case.actor(), task, to.id, because)?;
    }
    Ok(affected)
}

/// The row with this last contact.
///
/// # Errors
/// [`DbError`]; a collision if a report has recorded a contact meanwhile.
fn contacted(
    case: &mut Case<'_, '_>,
    row: BeneficiaryRow,
    contacted: Contacted,
) -> Result<BeneficiaryRow, DbError> {
    write::set_contact(case.tx.write_unbatched(), &row, contacted)?;
    let Contacted { day, visitor, visit } = contacted;
    Ok(BeneficiaryRow { last_contact: day, last_visitor: visitor, last_visit: visit, ..row })
}

/// The answer to a merge: the unfinished tasks of both, and those at the same hour.
fn answer(
    case: &mut Case<'_, '_>,
    kept: &BeneficiaryRow,
    own: Vec<TaskRow>,
    joined: Vec<TaskRow>,
) -> Result<ChangedBeneficiary, Problem> {
    let unfinished = |rows: Vec<TaskRow>| -> Vec<TaskRow> {
        rows.into_iter().filter(|task| Phase::UNFINISHED.contains(&task.state)).collect()
    };
    let (own, joined) = (unfinished(own), unfinished(joined));
    let slots =
        |rows: &[TaskRow]| rows.iter().map(affected_tasks::slot).collect::<Result<Vec<_>, _>>();
    let mut clashes = unify::clashes(&slots(&own)?, &slots(&joined)?);
    clashes.truncate(MOST_NAMED);
    let to = Destination::of(kept, &kept.particulars(case.key)?)?;
    let all: Vec<TaskRow> = own.into_iter().chain(joined).collect();
    // All are there already: this names them.
    let tasks = move_to(case.tx, case.actor(), &all, &to, "beneficiary_merged")?;
    Ok(ChangedBeneficiary { clashes, ..case.changed(kept, tasks)? })
}

/// The effects of the merge of `other` into `id`, and whether it is undone already.
fn last_merge(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    other: &BeneficiaryRow,
) -> Result<(MergeEffects, bool), Problem> {
    let end = ends::last(case.tx.read_unbatched(), other.district, other.id)?;
    let never = || Problem::invalid(OTHER_ID, "was not merged into this beneficiary");
    let end = end.ok_or_else(never)?;
    let effects = end.effects.merge.filter(|merge| merge.into == id).ok_or_else(never)?;
    let is_undone = end.undone_at.is_some();
    if !is_undone && !unify::is_undoable(end.ended_at.and_utc(), case.tx.now) {
        return Err(ProblemCode::MergeFinal.into());
    }
    Ok((effects, is_undone))
}

/// The tasks that the end of the kept entry has cancelled, if it has ended: that end is none of the
/// other entry's.
fn stopped(case: &mut Case<'_, '_>, kept: &BeneficiaryRow) -> Result<BTreeSet<TaskId>, DbError> {
    if kept.is_current() {
        return Ok(BTreeSet::new());
    }
    let end = ends::last(case.tx.read_unbatched(), kept.district, kept.id)?;
    let end = end.filter(|end| end.undone_at.is_none());
    Ok(end.map(|end| end.effects.cancelled.into_iter().collect()).unwrap_or_default())
}

/// Undoes the merge of `other` into `id`: both are current again, each with its own tasks, and those
/// that an end of `id` has cancelled since are open again. If `id` has ended, it stays so. Tasks
/// and contacts after the merge stay with `id`. The same undo again gets the same answer.
///
/// # Errors
/// 403; 404; 409 after 30 days, after `id` was merged itself, or if another beneficiary has the ID
/// number; 412 or 428 if the command is not based on the current version; 422.
pub(super) fn undo(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    other: BeneficiaryId,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let (kept, other) = both(case, id, other)?;
    let (effects, is_undone) = last_merge(case, id, &other)?;
    let all = of_beneficiary::all(case.tx.read()?, kept.district, id)?;
    if is_undone {
        return answer(case, &kept, all, Vec::new());
    }
    case.is_unmerged(&kept)?;
    case.based_on(&kept, base)?;
    let (own, restored) = unify::undo(&side(&kept, &all), &side(&other, &[]), &effects);
    let revived = revive(case, &other)?;
    let next = case.replace(&kept, with(&kept, &own), None)?;
    let next = contacted(case, next, own.contacted)?;
    let (back, own): (Vec<TaskRow>, Vec<TaskRow>) =
        all.into_iter().partition(|task| restored.tasks.contains(&task.id));
    let stopped = stopped(case, &kept)?;
    let is_stopped = |task: &TaskRow| task.state == Phase::Cancelled && stopped.contains(&task.id);
    let (stopped, others): (Vec<TaskRow>, Vec<TaskRow>) = back.into_iter().partition(is_stopped);
    go_over(case, &others, &revived, "merge_undone")?;
    let by = case.principal.person;
    cases::exchange(case.tx, by, (id, kept.grid), other.id, Some(&effects.cases))?;
    let entries = ((id, kept.grid), (other.id, revived.grid));
    exchange::undo(case.tx, case.principal.person, entries, &effects.handouts)?;
    part_answers(case, &kept, &effects.answers)?;
    let to = Destination::of(&revived, &revived.particulars(case.key)?)?;
    reopen(case, &stopped, &to, "merge_undone")?;
    let body = json!({ "other": other.id });
    case::record(case.tx, case.actor(), "beneficiary.merge_undo", (&kept, &next), body)?;
    let body = json!({ "because": "merge_undone" });
    case::record(case.tx, case.actor(), "beneficiary.reinstate", (&other, &revived), body)?;
    answer(case, &next, own, Vec::new())
}
