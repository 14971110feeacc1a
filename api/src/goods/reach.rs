//! Whose goods a person hands out and takes back.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};

use crate::beneficiary::store::BeneficiaryRow;
use crate::case::visit;
use crate::db::DbError;
use crate::tx::Tx;

/// Whether the principal reads the hand-outs of others to homes of the grid: staff of its area does, a visitor
/// knows only their own.
pub(super) fn reads_others(principal: &Principal, grid: &AreaCode) -> bool {
    principal.authorize(Action::ReadHandouts, grid).is_ok()
}

/// Whether the principal hands goods out to a beneficiary of the district: as staff of its area, or at a visit, also
/// outside of the own area, while it is theirs, and for as long after it as they see the home in clear.
///
/// # Errors
/// [`DbError`].
pub(super) fn hands_out(
    tx: &mut Tx<'_>,
    principal: &Principal,
    home: &BeneficiaryRow,
) -> Result<bool, DbError> {
    if reads_others(principal, &home.grid) {
        return Ok(true);
    }
    let now = tx.now;
    visit::is_visitor(tx.read()?, principal, home.id, now)
}
