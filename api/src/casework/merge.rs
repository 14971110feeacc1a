//! Merges two entries of one person.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::authority::Action;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::Phase;
use serde_json::json;

use super::affected_tasks::{self, Destination, move_to};
use super::answer::{AffectedTask, ChangedBeneficiary, MOST_NAMED};
use super::case::{self, Case};
use super::unify::{self, Side};
use crate::beneficiary::EndCause;
use crate::beneficiary::answers::{self, JoinedAnswer};
use crate::beneficiary::ends::{self, Contacted, Effects, MergeEffects};
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::{household, visitors, write};
use crate::case::exchange as cases;
use crate::db::DbError;
use crate::goods::exchange;
use crate::http::IfMatch;
use crate::http::problem::{Problem, ProblemCode};
use crate::task::beneficiary::of_beneficiary::{self, Audience};
use crate::task::row::TaskRow;

pub(super) const OTHER_ID: &str = "/other_id";

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

pub(super) fn side(row: &BeneficiaryRow, tasks: &[TaskRow]) -> Side {
    Side {
        contacted: row.contacted(),
        successor: row.successor,
        tags: row.tags.members().clone(),
        household: row.household.clone(),
        plaque: row.plaque.clone(),
        tasks: tasks.iter().map(|task| task.id).collect(),
    }
}

/// The row with the tags, the household and the plaque of the side.
pub(super) fn with(row: &BeneficiaryRow, side: &Side) -> BeneficiaryRow {
    BeneficiaryRow {
        tags: side.tags.clone().into(),
        household: side.household.clone(),
        plaque: side.plaque.clone(),
        ..row.clone()
    }
}

/// Merges the beneficiary `other` into `id`: all its tasks, with their history and reports, its cases, its
/// hand-outs and its tags belong to `id`, which gets its answers to fields for audiences, its household if that of
/// `id` is not known, and the state of the plaque that its hand-outs give, or its own if it hangs and `id` has none;
/// `other` ends with `id` as its successor. The same merge again gets the same answer.
///
/// # Errors
/// 403; 404; 409 if one of them has ended, or if a third entry has the plaque of the household; 412 or 428 if the
/// command is not based on the current version; 422.
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
    kept.check_current(case.key)?;
    other.check_current(case.key)?;
    case.based_on(&kept, base)?;
    let theirs = of_beneficiary::all(case.tx.read()?, kept.district, other.id)?;
    let mut rules = PlaqueRules::of(kept.district);
    let conn = case.tx.read_unbatched();
    let plaque = exchange::plaque_of_merge(conn, &mut rules, &kept, &other)?;
    let before = side(&kept, &own);
    let merged = unify::merge(id, &before, &side(&other, &theirs), plaque);
    let today = case.today();
    let ended = BeneficiaryRow {
        valid_to: Some(today),
        ended_because: Some(EndCause::Merged),
        successor: merged.other.successor,
        ..other.clone()
    };
    let ended = case.replace(&other, ended, None)?;
    let next = with(&kept, &merged.kept);
    let change = (Some(&kept), &next);
    household::check(case.tx.read_unbatched(), &mut rules, case.principal, change, OTHER_ID)?;
    let next = case.replace(&kept, next, None)?;
    let next = contacted(case, next, merged.kept.contacted)?;
    let (former, visitors) = before_visits_go(case, &other, id)?;
    go_over(case, &theirs, &next, "beneficiary_merged")?;
    join_choices(case, &kept, &other)?;
    let by = case.principal.person;
    let cases = cases::exchange(case.tx, by, (other.id, other.grid), id, None)?;
    let handouts = exchange::merge(case.tx, Some(by), (id, kept.grid), other.id, &visitors)?;
    let answers = join_answers(case, &kept, &other)?;
    let effects = MergeEffects { cases, handouts, answers, ..merged.effects };
    let effects = Effects { merge: Some(effects), ..Effects::default() };
    let now = case.tx.now.naive_utc();
    ends::record(case.tx.write_unbatched(), kept.district, other.id, now, &effects)?;
    let body = json!({ "because": EndCause::Merged, "valid_to": today, "successor": id });
    let of = (&other, &ended);
    case::record_also_for(case.tx, former, case.actor(), "beneficiary.end", of, body)?;
    let body = json!({ "other": other.id, "fields": before.differing(&merged.kept) });
    case::record(case.tx, case.actor(), "beneficiary.merge", (&kept, &next), body)?;
    let all = of_beneficiary::all(case.tx.read()?, kept.district, id)?;
    let (joined, own) = all.into_iter().partition(|task| theirs.iter().any(|it| it.id == task.id));
    answer(case, &next, own, joined)
}

/// Before the visits of an entry go to another one: whose phones show it because of them, and the visitors of both.
pub(super) fn before_visits_go(
    case: &mut Case<'_, '_>,
    from: &BeneficiaryRow,
    to: BeneficiaryId,
) -> Result<(Audience, BTreeSet<PersonId>), DbError> {
    let now = case.tx.now;
    let shown = of_beneficiary::audience(case.tx.read()?, from.district, from.id, now)?;
    Ok((shown, exchange::visitors(case.tx, [from.id, to])?))
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

/// Gives tasks to the entry: the unfinished ones go to its place.
pub(super) fn go_over(
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
pub(super) fn contacted(
    case: &mut Case<'_, '_>,
    row: BeneficiaryRow,
    contacted: Contacted,
) -> Result<BeneficiaryRow, DbError> {
    write::set_contact(case.tx.write_unbatched(), &row, contacted)?;
    let Contacted { day, visitor, visit } = contacted;
    Ok(BeneficiaryRow { last_contact: day, last_visitor: visitor, last_visit: visit, ..row })
}

/// The answer to a merge: the unfinished tasks of both, and those at the same hour.
pub(super) fn answer(
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
