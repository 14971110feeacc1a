//! Undoes the merge of two entries.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use super::affected_tasks::Destination;
use super::answer::ChangedBeneficiary;
use super::case::{self, Case};
use super::end::{reopen, revive};
use super::merge::{OTHER_ID, answer, before_visits_go, both, contacted, go_over, side, with};
use super::unify;
use crate::beneficiary::answers::{self, JoinedAnswer};
use crate::beneficiary::ends::{self, MergeEffects};
use crate::beneficiary::household;
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::store::BeneficiaryRow;
use crate::case::exchange as cases;
use crate::db::DbError;
use crate::goods::exchange;
use crate::http::IfMatch;
use crate::http::problem::{Problem, ProblemCode};
use crate::task::beneficiary::of_beneficiary;
use crate::task::row::TaskRow;

/// Undoes the merge of `other` into `id`: both are current again, each with its own tasks, and those
/// that an end of `id` has cancelled since are open again. If `id` has ended, it stays so. Tasks
/// and contacts after the merge stay with `id`. The same undo again gets the same answer.
///
/// # Errors
/// 403; 404; 409 after 30 days, after `id` was merged itself, or if another beneficiary has the ID
/// number or the plaque of the household; 412 or 428 if the command is not based on the current version; 422.
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
    kept.check_unmerged(case.key)?;
    case.based_on(&kept, base)?;
    let before = side(&kept, &all);
    let (own, restored) = unify::undo(&before, &side(&other, &[]), &effects);
    let fields = before.differing(&own);
    // The entry that stays first: it may give the plaque back to the other one of the same household.
    let mut rules = PlaqueRules::of(kept.district);
    let next = with(&kept, &own);
    let change = (Some(&kept), &next);
    household::check(case.tx.read_unbatched(), &mut rules, case.principal, change, OTHER_ID)?;
    let next = case.replace(&kept, next, None)?;
    let next = contacted(case, next, own.contacted)?;
    let revived = revive(case, &other)?;
    let change = (Some(&other), &revived);
    household::check(case.tx.read_unbatched(), &mut rules, case.principal, change, OTHER_ID)?;
    let (back, own): (Vec<TaskRow>, Vec<TaskRow>) =
        all.into_iter().partition(|task| restored.tasks.contains(&task.id));
    let stopped = stopped(case, &kept)?;
    let is_stopped = |task: &TaskRow| task.state == Phase::Cancelled && stopped.contains(&task.id);
    let (stopped, others): (Vec<TaskRow>, Vec<TaskRow>) = back.into_iter().partition(is_stopped);
    let (former, visitors) = before_visits_go(case, &kept, other.id)?;
    go_over(case, &others, &revived, "merge_undone")?;
    let by = case.principal.person;
    cases::exchange(case.tx, by, (id, kept.grid), other.id, Some(&effects.cases))?;
    let entries = ((id, kept.grid), (other.id, revived.grid));
    exchange::undo(case.tx, by, entries, &effects.handouts, &visitors)?;
    part_answers(case, &kept, &effects.answers)?;
    let to = Destination::of(&revived, &revived.particulars(case.key)?)?;
    reopen(case, &stopped, &to, "merge_undone")?;
    let body = json!({ "other": other.id, "fields": fields });
    let of = (&kept, &next);
    case::record_also_for(case.tx, former, case.actor(), "beneficiary.merge_undo", of, body)?;
    let body = json!({ "because": "merge_undone" });
    case::record(case.tx, case.actor(), "beneficiary.reinstate", (&other, &revived), body)?;
    answer(case, &next, own, Vec::new())
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
