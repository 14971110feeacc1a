//! Opening a beneficiary's sealed particulars: for a purpose, and on record.

use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Role};
use gridward_domain::id::BeneficiaryId;
use serde_json::json;

use super::model::{Particulars, Purpose, Revealed};
use super::store;
use crate::auth::Caller;
use crate::db::{Tx, parsed};
use crate::event::{Event, Subject};
use crate::problem::{Kind, Problem};
use crate::seal::SealingKey;
use crate::task;

/// How many characters of an ID number are shown below the district.
const SHOWN: usize = 4;

/// The particulars of `id`, for `purpose`; that they were shown goes on the log.
///
/// # Errors
/// 404 outside the caller's area; 403 for a volunteer without an open task
/// at this beneficiary's.
pub fn reveal(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    caller: &Caller,
    id: BeneficiaryId,
    purpose: Purpose,
) -> Result<Revealed, Problem> {
    caller.may(Action::RevealBeneficiary)?;
    let visits = task::store::holds_at(tx.read()?, &caller.district, caller.actor.person, id)?;
    // A visitor sent across grids sees whom the task is for, and nobody else there.
    let scope = if visits { caller.actor.area.district().range() } else { caller.scope() };
    let row = store::row(tx.read_other(), &scope, id)?.ok_or_else(Problem::not_found)?;
    if caller.actor.role == Role::Volunteer && !visits {
        return Err(Kind::Forbidden.into());
    }
    let Particulars { name, phone, id_number, address, hardships } = row.particulars(key)?;
    let grid = parsed("beneficiaries", &row.grid)?;
    tx.record(
        Event::new("beneficiary.reveal", Subject::Reading, &row.id, grid, row.version)
            .by(caller.actor.person)
            .with(json!({ "purpose": purpose.word() })),
    );
    let whole = caller.actor.area.level() == Level::District;
    let id_number = if whole { id_number } else { hide(&id_number) };
    Ok(Revealed { id, name, phone, address, hardships, id_number })
}

fn hide(id_number: &str) -> String {
    let hidden = id_number.chars().count().saturating_sub(SHOWN);
    let shown = id_number.chars().skip(hidden);
    std::iter::repeat_n('*', hidden).chain(shown).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn below_the_district_only_the_last_four_of_an_id_number_are_seen() {
        assert_eq!(super::hide("999999198108240175"), "**************0175");
        assert_eq!(super::hide("12"), "12");
    }
}
