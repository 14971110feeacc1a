//! The visits that satisfy those of a regime, by beneficiary.

use std::collections::HashMap;

use chrono::NaiveDate;
use gridward_domain::channel::Channel;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::regime::SatisfiedBy;

use super::store::RegimeRow;
use crate::catalogue;
use crate::db::{Conn, DbError};
use crate::task::beneficiary::last_visits;

/// The visits that satisfy one of a regime.
pub(super) enum KnownVisits {
    /// Contacts that reach as far as the channel.
    Contacts(Channel),
    /// The day of the last completed visit of the kind, by beneficiary.
    OfKind(HashMap<BeneficiaryId, NaiveDate>),
}

impl KnownVisits {
    /// Those of these beneficiaries; `None`: of all.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        regime: &RegimeRow,
        of: Option<&[BeneficiaryId]>,
    ) -> Result<Self, DbError> {
        if regime.satisfied_by == SatisfiedBy::Contact {
            let kind = catalogue::store::one(conn, regime.district, regime.kind.as_str())?;
            return Ok(Self::Contacts(kind.map(|kind| kind.channel).unwrap_or_default()));
        }
        Ok(Self::OfKind(last_visits::of_kind(conn, regime.district, &regime.kind, of)?))
    }

    /// The last one of a beneficiary with this last contact and visit.
    pub(super) fn last(
        &self,
        id: BeneficiaryId,
        contact: Option<NaiveDate>,
        visit: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        match self {
            Self::Contacts(channel) => channel.satisfied_by(contact, visit),
            Self::OfKind(days) => days.get(&id).copied(),
        }
    }
}
