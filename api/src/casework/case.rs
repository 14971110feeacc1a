//! A command about a beneficiary, in progress.

use chrono::NaiveDate;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::{BeneficiaryId, PersonId};

use super::answer::{AffectedTask, ChangedBeneficiary, MOST_NAMED};
use crate::beneficiary::model::Particulars;
use crate::beneficiary::store::{self, BeneficiaryRow};
use crate::beneficiary::write;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::log::reason;
pub(super) use crate::task::beneficiary::beneficiary_change::{record, record_also_for};
use crate::tx::Tx;

/// What every command works with.
pub(super) struct Case<'a, 'b> {
    pub(super) tx: &'a mut Tx<'b>,
    pub(super) key: &'a SealingKey,
    pub(super) principal: &'a Principal,
}

impl Case<'_, '_> {
    /// The day of the command.
    pub(super) fn today(&self) -> NaiveDate {
        clock::day(self.tx.now)
    }

    /// The person who commands.
    pub(super) const fn actor(&self) -> PersonId {
        self.principal.person
    }

    /// The beneficiary, current or ended, if the principal may perform `action` on it.
    ///
    /// # Errors
    /// 404; 403.
    pub(super) fn row(
        &mut self,
        id: BeneficiaryId,
        action: Action,
    ) -> Result<BeneficiaryRow, Problem> {
        let district = self.principal.district().range();
        let row = store::row(self.tx.read_unbatched(), &district, id)?;
        let row = row.ok_or_else(Problem::not_found)?;
        self.principal.authorize(action, &row.grid)?;
        Ok(row)
    }

    /// Checks that the command is based on the current version.
    ///
    /// # Errors
    /// 412 with the masked row; 428.
    pub(super) fn based_on(&self, row: &BeneficiaryRow, base: &IfMatch) -> Result<(), Problem> {
        base.check(row.version, &row.masked(self.key)?)
    }

    /// Replaces the row by its next version with these particulars, if there are new ones.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn replace(
        &mut self,
        was: &BeneficiaryRow,
        is: BeneficiaryRow,
        particulars: Option<&Particulars>,
    ) -> Result<BeneficiaryRow, DbError> {
        replace(self.tx, self.key, was, is, particulars)
    }

    /// The reason as the log stores it.
    ///
    /// # Errors
    /// [`Problem`], if it cannot be encrypted.
    pub(super) fn sealed_reason(
        &self,
        id: BeneficiaryId,
        reason: Option<&CommandReason>,
    ) -> Result<Option<String>, Problem> {
        let district = self.principal.district();
        let sealed = reason.map(|reason| reason::sealed(self.key, district, id, reason));
        Ok(sealed.transpose()?)
    }

    /// The answer to the command.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn changed(
        &self,
        row: &BeneficiaryRow,
        mut tasks: Vec<AffectedTask>,
    ) -> Result<ChangedBeneficiary, DbError> {
        tasks.truncate(MOST_NAMED);
        Ok(ChangedBeneficiary { beneficiary: row.masked(self.key)?, tasks, clashes: Vec::new() })
    }
}

/// Replaces the row by its next version with these particulars, if there are new ones.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if it has changed since it was read.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    was: &BeneficiaryRow,
    is: BeneficiaryRow,
    particulars: Option<&Particulars>,
) -> Result<BeneficiaryRow, DbError> {
    let mut next = BeneficiaryRow { version: was.version + 1, ..is };
    if let Some(particulars) = particulars {
        next.sealed = write::sealed(key, was.district, was.id, particulars)?;
    }
    write::replace(tx.write_unbatched(), was, &next)?;
    Ok(next)
}
