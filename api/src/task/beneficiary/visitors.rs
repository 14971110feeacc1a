//! Who holds a visit to which beneficiary, that is one that is assigned and not finished.

use std::collections::BTreeSet;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::Phase;

use crate::db::schema::tasks;
use crate::db::{Conn, DbError};

/// The held visits of the district.
macro_rules! held {
    ($district:expr) => {
        tasks::table
            .filter(tasks::district.eq($district))
            .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
            // SQLite uses a partial index only if the query repeats the index's condition.
            .filter(tasks::assignee.is_not_null())
            .filter(tasks::beneficiary.is_not_null())
    };
}

/// The people who hold a visit to each of these beneficiaries, wherever these live and they work.
///
/// # Errors
/// [`DbError`].
pub fn holders(
    conn: &mut Conn,
    district: AreaCode,
    beneficiaries: &[BeneficiaryId],
) -> Result<BTreeSet<(BeneficiaryId, PersonId)>, DbError> {
    if beneficiaries.is_empty() {
        return Ok(BTreeSet::new());
    }
    let held: Vec<(BeneficiaryId, PersonId)> = held!(district)
        .filter(tasks::beneficiary.eq_any(beneficiaries))
        .select((tasks::beneficiary.assume_not_null(), tasks::assignee.assume_not_null()))
        .load(conn)?;
    Ok(held.into_iter().collect())
}

/// The beneficiaries to whom the person holds a visit, wherever they live.
///
/// # Errors
/// [`DbError`].
pub fn visited_by(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<BTreeSet<BeneficiaryId>, DbError> {
    let homes: Vec<BeneficiaryId> = held!(district)
        .filter(tasks::assignee.eq(person))
        .select(tasks::beneficiary.assume_not_null())
        .load(conn)?;
    Ok(homes.into_iter().collect())
}
