//! Opens the case for a need that a visit found, by the rule of the service kind.

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Note;
use gridward_domain::code::{CaseClass, CaseKindCode, Need};
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ReportId};
use uuid::Uuid;

use super::open::{Matter, open};
use super::{CaseKind, CaseSource, kind_store, store};
use crate::beneficiary;
use crate::crypto::SealingKey;
use crate::db::dialect;
use crate::http::problem::Problem;
use crate::tx::Tx;

/// A need that a visit found.
#[derive(Clone, Debug)]
pub struct FoundNeed {
    /// The need.
    pub need: Need,
    /// The kind of case that it opens.
    pub kind: CaseKindCode,
    /// The beneficiary, or none for what was found at a place.
    pub beneficiary: Option<BeneficiaryId>,
    /// The grid of the visit.
    pub grid: AreaCode,
    /// The report.
    pub report: ReportId,
    /// The visitor.
    pub finder: PersonId,
    /// The note of the report.
    pub note: Option<Note>,
}

/// Opens the case, unless the kind is archived or the beneficiary has an open case of it. What was found
/// at a place opens a case in its grid each time.
///
/// # Errors
/// [`Problem`] of the database.
pub fn open_found(tx: &mut Tx<'_>, key: &SealingKey, found: FoundNeed) -> Result<(), Problem> {
    let district = tx.district;
    let kind = kind_store::one(tx.read_unbatched(), district, &found.kind)?;
    let Some(kind) = kind.filter(|kind| kind.active) else { return Ok(()) };
    let area = match found.beneficiary {
        Some(id) => match home_of_new(tx, id, &found.kind)? {
            Some(grid) => grid,
            None => return Ok(()),
        },
        None => found.grid,
    };
    let matter = Matter {
        class: class(&kind, &found.need),
        beneficiary: found.beneficiary,
        area,
        source: CaseSource::Report,
        report: Some(found.report),
        urgent: false,
        detail: found.note.filter(|note| !note.as_str().trim().is_empty()),
    };
    open(tx, key, &kind, (CaseId(Uuid::now_v7()), found.finder), matter)?;
    Ok(())
}

/// The grid of the beneficiary, unless there is none or it has an open case of the kind.
fn home_of_new(
    tx: &mut Tx<'_>,
    id: BeneficiaryId,
    kind: &CaseKindCode,
) -> Result<Option<AreaCode>, Problem> {
    let district = tx.district;
    // Reports of two visitors, to two servers, find the need once.
    dialect::lock_row(tx.write_unbatched(), "beneficiaries", district, id)?;
    let Some(home) = beneficiary::store::row(tx.read()?, &district.range(), id)? else {
        return Ok(None);
    };
    let is_open = store::is_open(tx.read_unbatched(), district, id, kind)?;
    Ok((!is_open).then_some(home.grid))
}

/// The class that is named like the need, or the first one.
fn class(kind: &CaseKind, need: &Need) -> Option<CaseClass> {
    let named = kind.classes.iter().find(|class| class.code.as_str() == need.as_str());
    named.or_else(|| kind.classes.first()).map(|class| class.code.clone())
}
