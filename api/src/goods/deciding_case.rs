//! The case that decides whether an item is withdrawn from a beneficiary, or the right to it restored, where the
//! item says so.

use gridward_domain::authority::Principal;
use gridward_domain::case::CaseResult;
use gridward_domain::goods::DecidingCase;
use gridward_domain::id::CaseId;

use super::handout_model::ReturnHandout;
use super::handout_store::HandoutRow;
use super::store::ItemRow;
use crate::case::scope::{self, VisibleCase};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::tx::Tx;

/// The case of the return `why` of the hand-out; `None` if none decides it.
///
/// # Errors
/// 422 without the case that the item requires, for another one, and for a case that decides nothing.
pub(super) fn of_return(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (item, row): (Option<&ItemRow>, &HandoutRow),
    why: &ReturnHandout,
) -> Result<Option<CaseId>, Problem> {
    let invalid = |detail: &str| Problem::invalid("/case_id", detail);
    let rule = item.and_then(|item| item.plaque.as_ref()?.value().decided_by(why.reason));
    let (rule, id) = match (rule, why.case_id) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(invalid("is for a return that a case decides")),
        (Some(_), None) => return Err(invalid("is required: a case decides this")),
        (Some(rule), Some(id)) => (rule, id),
    };
    let case = scope::shown(tx.read_unbatched(), principal, id)?;
    match case {
        Some(case) if decides(key, &case, rule, row)? => Ok(Some(id)),
        _ => Err(invalid("no case of the beneficiary that decides this was granted since")),
    }
}

/// Whether the case is one of the rule, about the beneficiary, and was granted since what was done last.
fn decides(
    key: &SealingKey,
    VisibleCase { placed, .. }: &VisibleCase,
    rule: &DecidingCase,
    row: &HandoutRow,
) -> Result<bool, DbError> {
    let case = &placed.row;
    let is_of_class = match &rule.class {
        None => true,
        class => case.class == *class || case.content(key)?.class == *class,
    };
    Ok(is_of_class
        && case.kind == rule.kind
        && case.beneficiary == Some(row.beneficiary)
        && case.result == Some(CaseResult::Granted)
        && row.at.is_none_or(|at| case.begun_at >= at))
}
