//! The case that decides whether an item is withdrawn from a beneficiary, or the right to it restored, where the
//! item says so.

use chrono::NaiveDateTime;
use gridward_domain::authority::Principal;
use gridward_domain::case::{CaseResult, is_decided};
use gridward_domain::goods::{DecidingCase, HandoutStep, PlaqueRule};
use gridward_domain::id::{BeneficiaryId, CaseId};

use super::handout_model::ReturnHandout;
use super::handout_store::{self, HandoutRow};
use super::store::{self, ItemRow};
use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::case::scope::{self, VisibleCase};
use crate::case::{self, entry_store};
use crate::crypto::SealingKey;
use crate::db::column::JsonColumn;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::tx::Tx;

/// The case of the return `why` of the hand-out; `None` if none decides it. One that has decided before may decide the
/// return of goods if the entry says so already, as of a duplicate's.
///
/// # Errors
/// 422 without the case that the item requires, for another one, for a case that decides nothing, and for one that has
/// decided another change of the entry.
pub(super) fn of_return(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (item, row): (Option<&ItemRow>, &HandoutRow),
    why: &ReturnHandout,
) -> Result<Option<CaseId>, Problem> {
    let plaque = item.and_then(|item| item.plaque.as_ref()).map(JsonColumn::value);
    let rule = plaque.and_then(|plaque| Some((plaque, plaque.decided_by(why.reason)?)));
    let ((plaque, rule), id) = match (rule, why.case_id) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(invalid("is for a return that a case decides")),
        (Some(_), None) => return Err(invalid("is required: a case decides this")),
        (Some(rule), Some(id)) => (rule, id),
    };
    let case = scope::shown(tx.read_unbatched(), principal, id)?.ok_or_else(undecided)?;
    if !decides(tx.read_unbatched(), key, (&case, rule), (row.beneficiary, row.at))? {
        return Err(undecided());
    }
    if changes_entry(tx, plaque, row, why)? {
        carry_out(tx, id)?;
    }
    Ok(Some(id))
}

/// Whether the entry of the beneficiary has another state of the plaque than after the return.
fn changes_entry(
    tx: &mut Tx<'_>,
    plaque: &PlaqueRule,
    row: &HandoutRow,
    why: &ReturnHandout,
) -> Result<bool, DbError> {
    let Some(state) = plaque.after(HandoutStep::Keep, Some(why.reason)) else { return Ok(false) };
    let (conn, scope) = (tx.read_unbatched(), row.district.range());
    let entry = beneficiary::store::row(conn, &scope, row.beneficiary)?;
    Ok(entry.is_some_and(|entry| entry.plaque != *state))
}

/// Notes that the case decides a change of the entry, which it does once.
fn carry_out(tx: &mut Tx<'_>, id: CaseId) -> Result<(), Problem> {
    let (case, now) = ((tx.district, id), tx.now.naive_utc());
    if case::store::carry_out(tx.write_unbatched(), case, now)? {
        return Ok(());
    }
    Err(invalid("has decided before: another case must be approved"))
}

/// Checks that the case decides the change of the entry from `was` to `is`, where a plaque is withdrawn or restored in
/// the register alone.
///
/// # Errors
/// 422 for another change, for another case, for a case that decides nothing, and for one that has decided before.
pub fn of_change(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (was, is): (&BeneficiaryRow, &BeneficiaryRow),
    id: CaseId,
) -> Result<(), Problem> {
    let case = scope::shown(tx.read_unbatched(), principal, id)?.ok_or_else(undecided)?;
    let conn = tx.read_unbatched();
    let handouts = handout_store::all_of_beneficiary(conn, was.district, was.id)?;
    let by_case = case::store::last_carried_out(conn, (was.district, was.id))?;
    for item in store::items_in_use(conn, was.district)? {
        let rule = item.content.plaque.as_ref();
        let Some(rule) = rule.and_then(|rule| rule.decides(&was.plaque, &is.plaque)) else {
            continue;
        };
        let of_item = handouts.iter().filter(|row| row.item == item.code);
        let since = of_item.filter_map(|row| row.at).chain(by_case).max();
        if decides(tx.read_unbatched(), key, (&case, rule), (was.id, since))? {
            return carry_out(tx, id);
        }
    }
    Err(undecided())
}

fn invalid(detail: &str) -> Problem {
    Problem::invalid("/case_id", detail)
}

fn undecided() -> Problem {
    invalid("no case of the beneficiary that decides this was approved since")
}

/// Whether the case is one of the rule, about the beneficiary, and was approved since what was done last: at its end, or
/// at a step that carries it out.
fn decides(
    conn: &mut Conn,
    key: &SealingKey,
    (case, rule): (&VisibleCase, &DecidingCase),
    (beneficiary, since): (BeneficiaryId, Option<NaiveDateTime>),
) -> Result<bool, DbError> {
    let row = &case.placed.row;
    let is_of_class = match &rule.class {
        None => true,
        class => row.class == *class || row.content(key)?.class == *class,
    };
    if !is_of_class || row.kind != rule.kind || row.beneficiary != Some(beneficiary) {
        return Ok(false);
    }
    let decided = decided_at(conn, case)?;
    Ok(decided.is_some_and(|decided| since.is_none_or(|at| decided >= at)))
}

/// When the case was approved, by the last of its decisions; for one that was granted without any, its end. `None` while
/// it waits for a decision, and for one that was not granted.
fn decided_at(
    conn: &mut Conn,
    VisibleCase { placed, kind, .. }: &VisibleCase,
) -> Result<Option<NaiveDateTime>, DbError> {
    let row = &placed.row;
    if !is_decided(&kind.path(), &row.life(None)) {
        return Ok(None);
    }
    let granted_at = (row.result == Some(CaseResult::Granted)).then_some(row.begun_at);
    Ok(entry_store::approved_at(conn, kind, row)?.or(granted_at))
}
