//! The day of a beneficiary that the visits of some regimes follow. The day of birth is part of the ID
//! number, a stay in hospital is about the person's health, and needs are those of a report: all are encrypted,
//! are opened by each run, and are stored nowhere else.
//!
//! Needs and the contacts that answer them are read of the same reports, so that both have the days of these.

use std::collections::HashMap;

use chrono::NaiveDate;
use gridward_domain::channel::Channel;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::id_number::IdNumber;
use gridward_domain::regime::{Cadence, SatisfiedBy, followed};

use super::store::RegimeRow;
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::reports::found_needs::{self, Found};

/// The days that the visits of a regime follow.
pub(super) enum Anchors {
    /// Those of birth.
    Births,
    /// The last ones in hospital.
    Stays,
    /// Those on which needs were found.
    Needs(HashMap<BeneficiaryId, Found>),
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
                let since = (regime.district, rule.found_since(today));
                let calls = catalogue::store::calls(conn, regime.district)?;
                let channel = |kind: &str| {
                    let is_call = calls.iter().any(|call| call.as_str() == kind);
                    if is_call { Channel::Call } else { Channel::Visit }
                };
                let own = regime.kind.as_str();
                let counts = |kind: &str| match regime.satisfied_by {
                    SatisfiedBy::Contact => channel(kind).satisfies(channel(own)),
                    SatisfiedBy::Kind => kind == own,
                };
                Some(Self::Needs(found_needs::since(conn, key, since, needs, counts)?))
            }
        })
    }

    /// The last contact that satisfies a visit of the regime: that of the entry, or, after needs, that of the reports
    /// that have found them.
    pub(super) fn contact(
        &self,
        row: &BeneficiaryRow,
        of_entry: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        match self {
            Self::Births | Self::Stays => of_entry,
            Self::Needs(found) => found.get(&row.id).and_then(|found| found.contact),
        }
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
            Self::Needs(found) => {
                found.get(&row.id).and_then(|found| followed(&found.needs, found.contact))
            }
            Self::Births => {
                let number = row.particulars(key)?.id_number.parse::<IdNumber>();
                number.ok().and_then(|number| number.born())
            }
            Self::Stays => row.in_hospital_until(&row.particulars(key)?, today),
        })
    }
}
