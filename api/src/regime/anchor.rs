//! The day of a beneficiary's entry that the visits of some regimes follow. The day of birth is part of
//! the ID number, and a stay in hospital is about the person's health: both are encrypted, are opened by
//! each run, and are stored nowhere else.

use chrono::NaiveDate;
use gridward_domain::id_number::IdNumber;
use gridward_domain::regime::Cadence;

use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::db::DbError;

/// The day on `today`; `None` if the cadence or the entry has none.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(super) fn of(
    cadence: Cadence,
    row: &BeneficiaryRow,
    key: &SealingKey,
    today: NaiveDate,
) -> Result<Option<NaiveDate>, DbError> {
    let particulars = row.particulars(key)?;
    Ok(match cadence {
        Cadence::EveryDays { .. } | Cadence::Feast { .. } => None,
        Cadence::Birthday {} => {
            let number = particulars.id_number.parse::<IdNumber>();
            number.ok().and_then(|number| number.born())
        }
        Cadence::AfterHospital { .. } => row.in_hospital_until(&particulars, today),
    })
}
