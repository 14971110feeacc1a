//! The state of the plaque in the entry of a beneficiary, which follows the hand-outs of an item
//! ([`PlaqueRule`]).
//!
//! [`PlaqueRule`]: gridward_domain::goods::PlaqueRule

use gridward_domain::goods::{HandoutStep, ReturnReason};
use gridward_domain::id::PersonId;
use serde_json::{Map, json};

use super::handout_store::HandoutRow;
use super::store::ItemRow;
use crate::beneficiary::entry::EntryChanges;
use crate::beneficiary::{self, EndCause};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::task::beneficiary_change;
use crate::tx::Tx;

/// Gives the entry of the beneficiary the state of the plaque that follows the step of the hand-out `row`, by the
/// rule of its item; the log names the hand-out, its day and the number of the piece. The duplicate of a
/// merge keeps its state, and so does an entry that has ended unless the right itself is withdrawn or restored.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the entry has changed since it was read.
pub(super) fn update_entry(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    actor: PersonId,
    (item, row): (&ItemRow, &HandoutRow),
    step: HandoutStep,
) -> Result<(), DbError> {
    let rule = item.plaque.as_ref();
    let Some(state) = rule.and_then(|rule| rule.value().after(step, row.reason)) else {
        return Ok(());
    };
    let scope = row.district.range();
    let home = beneficiary::store::row(tx.read_unbatched(), &scope, row.beneficiary)?;
    let is_of_right = matches!(row.reason, Some(ReturnReason::Withdrawn | ReturnReason::Restored));
    let home = home.filter(|home| match home.ended_because {
        None => true,
        Some(EndCause::Merged) => false,
        Some(_) => is_of_right,
    });
    let Some(home) = home else { return Ok(()) };
    let changes = EntryChanges { plaque: Some(state.clone()), ..EntryChanges::default() };
    let mut cause = Map::new();
    cause.insert("handout".to_owned(), json!(row.id));
    cause.insert("on".to_owned(), json!(row.at.map(|at| clock::day(at.and_utc()))));
    if let Some(serial) = &row.serial {
        cause.insert("serial".to_owned(), json!(serial));
    }
    beneficiary_change::amend(tx, key, actor, &home, &changes, cause)?;
    Ok(())
}
