//! The day of a beneficiary that the visits of some regimes follow. The day of birth is part of the ID
//! number, a stay in hospital is about the person's health, and needs are those of a report: all are encrypted,
//! are opened by each run, and are stored nowhere else.

use std::collections::HashMap;

use chrono::NaiveDate;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::id_number::IdNumber;
use gridward_domain::regime::Cadence;

use super::store::RegimeRow;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::found_needs;

/// The days that the visits of a regime follow.
pub(super) enum Anchors {
    /// Those of birth.
    Births,
    /// The last ones in hospital.
    Stays,
    /// The last ones on which a need was found.
    Needs(HashMap<BeneficiaryId, NaiveDate>),
}

impl Anchors {
    /// The days on `today`; `None` if the cadence follows none.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        key: &SealingKey,
        regime: &RegimeRow,
        today: NaiveDate,
    ) -> Result<Option<Self>, DbError> {
        let rule = regime.rule()?;
        Ok(match &rule.cadence {
            Cadence::EveryDays { .. } | Cadence::Feast { .. } => None,
            Cadence::Birthday {} => Some(Self::Births),
            Cadence::AfterHospital { .. } => Some(Self::Stays),
            Cadence::AfterNeed { needs, .. } => {
                let since = rule.found_since(today);
                let found = found_needs::last(conn, key, regime.district, (needs, since))?;
                Some(Self::Needs(found))
            }
        })
    }

    /// That of the entry on `today`.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn of(
        &self,
        row: &BeneficiaryRow,
        key: &SealingKey,
        today: NaiveDate,
    ) -> Result<Option<NaiveDate>, DbError> {
        Ok(match self {
            Self::Needs(found) => found.get(&row.id).copied(),
            Self::Births => {
                let number = row.particulars(key)?.id_number.parse::<IdNumber>();
                number.ok().and_then(|number| number.born())
            }
            Self::Stays => row.in_hospital_until(&row.particulars(key)?, today),
        })
    }
}
