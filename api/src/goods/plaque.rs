//! The state of the plaque in the entry of a beneficiary, which follows the hand-outs of an item
//! ([`PlaqueRule`]).
//!
//! [`PlaqueRule`]: gridward_domain::goods::PlaqueRule

use gridward_domain::authority::Principal;
use gridward_domain::goods::{HandoutStep, ReturnReason};
use serde_json::{Map, json};

use super::handout_store::HandoutRow;
use super::store::ItemRow;
use crate::beneficiary::entry::EntryChanges;
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::{self, EndCause, household};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::column::JsonColumn;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::task::beneficiary::beneficiary_change;
use crate::tx::Tx;

/// Gives the entry of the beneficiary the state of the plaque that follows the step of the hand-out `row`, by the
/// rule of its item; the log names the hand-out, its day and the number of the piece. The duplicate of a
/// merge keeps its state, and so does an entry that has ended unless the right itself is withdrawn or restored.
///
/// # Errors
/// 409 for a second plaque of a household and for one that a case has withdrawn; those of the database.
pub(super) fn update_entry(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (item, row): (&ItemRow, &HandoutRow),
    step: HandoutStep,
) -> Result<(), Problem> {
    let Some(rule) = item.plaque.as_ref().map(JsonColumn::value) else { return Ok(()) };
    let Some(state) = rule.after(step, row.reason) else { return Ok(()) };
    let scope = row.district.range();
    let home = beneficiary::store::row(tx.read_unbatched(), &scope, row.beneficiary)?;
    let is_of_right = matches!(row.reason, Some(ReturnReason::Withdrawn | ReturnReason::Restored));
    let home = home.filter(|home| match home.ended_because {
        None => true,
        Some(EndCause::Merged) => false,
        Some(_) => is_of_right,
    });
    let Some(home) = home else { return Ok(()) };
    // A withdrawal may be in the register alone, by an import. One whose restoration has no state ends as it hangs again.
    if !is_of_right && rule.restored.is_some() && rule.is_of_case(&home.plaque, state) {
        return if step == HandoutStep::Take {
            let error = FieldError::new("/beneficiary_id", "the plaque in the entry is withdrawn");
            Err(Problem::from(ProblemCode::HandoutWithdrawn).with(error))
        } else {
            Ok(())
        };
    }
    let next = household::with_plaque(&home, state);
    let rules = &mut PlaqueRules::of(row.district);
    let change = (Some(&home), &next);
    household::check(tx.read_unbatched(), rules, principal, change, "/beneficiary_id")?;
    let changes = EntryChanges { plaque: Some(state.clone()), ..EntryChanges::default() };
    let mut cause = Map::new();
    cause.insert("handout".to_owned(), json!(row.id));
    cause.insert("on".to_owned(), json!(row.at.map(|at| clock::day(at.and_utc()))));
    if let Some(serial) = &row.serial {
        cause.insert("serial".to_owned(), json!(serial));
    }
    beneficiary_change::amend(tx, key, principal.person, &home, &changes, cause)?;
    Ok(())
}
