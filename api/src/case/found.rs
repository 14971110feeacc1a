//! Opens the case for a need or an answer of a visit, or for a need that a person raised, by the rule of the
//! service kind.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Note;
use gridward_domain::code::{CaseClass, CaseKindCode};
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ReportId};
use uuid::Uuid;

use super::entry_store::{self, EntrySealed, NewEntry};
use super::event::event;
use super::open::{Matter, open};
use super::{CaseEntryAction, CaseKind, CaseSource, kind_store, store};
use crate::beneficiary;
use crate::catalogue::form::OpenedCase;
use crate::crypto::SealingKey;
use crate::db::schema::cases;
use crate::db::{Conn, DbError, dialect};
use crate::http::problem::Problem;
use crate::tx::Tx;

/// A need that was found, or an answer that opens a case.
#[derive(Clone, Debug)]
pub struct FoundNeed {
    /// The case that it opens.
    pub opens: OpenedCase,
    /// Where it was found.
    pub at: FoundAt,
    /// The reports of the visits of that site, if it was found at one.
    pub of_site: Vec<ReportId>,
    /// The report of the visit that found it; `None` if it was raised without one.
    pub report: Option<ReportId>,
    /// The visitor, or who raised it.
    pub finder: PersonId,
    /// The note of the report or of the proposal.
    pub note: Option<Note>,
}

/// Where a need was found.
#[derive(Clone, Copy, Debug)]
pub enum FoundAt {
    /// With a beneficiary.
    Home(BeneficiaryId),
    /// At a place in this grid, such as a memorial.
    Site(AreaCode),
}

/// Whether a need that was found there opens a case of the kind.
pub fn is_opened(kind: &CaseKind, at: FoundAt) -> bool {
    kind.active && (matches!(at, FoundAt::Home(_)) || kind.beneficiary.is_optional())
}

/// Opens the case, unless the beneficiary, or the site, has an open case of the kind; returns the one or the other.
/// What was found at a site opens a case in its grid. A report opens one case of a kind, also if it names several needs
/// or is amended. The history of a case that is open notes who has found its need
/// again. `None` if [`is_opened`] denies it.
///
/// # Errors
/// [`Problem`] of the database.
pub fn open_found(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    found: FoundNeed,
) -> Result<Option<CaseId>, Problem> {
    let district = tx.district;
    let OpenedCase { kind: code, class } = &found.opens;
    let kind = kind_store::one(tx.read_unbatched(), district, code)?;
    let Some(kind) = kind.filter(|kind| is_opened(kind, found.at)) else { return Ok(None) };
    if let Some(report) = found.report
        && let Some(case) = opened_by(tx.read_unbatched(), district, (report, code))?
    {
        return Ok(Some(case));
    }
    let (beneficiary, area) = match found.at {
        FoundAt::Home(id) => {
            let Some((grid, open)) = home(tx, id, code)? else { return Ok(None) };
            if let Some(case) = open
                && link(tx, key, case, &found)?
            {
                return Ok(Some(case));
            }
            (Some(id), grid)
        }
        FoundAt::Site(grid) => {
            let open = open_of(tx.read_unbatched(), district, (found.of_site.as_slice(), code))?;
            if let Some(case) = open
                && link(tx, key, case, &found)?
            {
                return Ok(Some(case));
            }
            (None, grid)
        }
    };
    let matter = Matter {
        class: class_of(&kind, class.as_ref()),
        beneficiary,
        area,
        source: if found.report.is_some() { CaseSource::Report } else { CaseSource::Proposal },
        report: found.report,
        station: None,
        urgent: false,
        detail: found.note.filter(|note| !note.as_str().trim().is_empty()),
    };
    let placed = open(tx, key, &kind, (CaseId(Uuid::now_v7()), found.finder), matter)?;
    Ok(Some(placed.row.id))
}

/// The case of the kind that the report has opened.
fn opened_by(
    conn: &mut Conn,
    district: AreaCode,
    (report, kind): (ReportId, &CaseKindCode),
) -> Result<Option<CaseId>, DbError> {
    Ok(cases::table
        .filter(cases::district.eq(district))
        .filter(cases::report.eq(report))
        .filter(cases::kind.eq(kind))
        .order(cases::id)
        .select(cases::id)
        .first(conn)
        .optional()?)
}

/// The open case of the kind that one of the reports has opened.
fn open_of(
    conn: &mut Conn,
    district: AreaCode,
    (reports, kind): (&[ReportId], &CaseKindCode),
) -> Result<Option<CaseId>, DbError> {
    Ok(cases::table
        .filter(cases::district.eq(district))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(cases::report.is_not_null())
        .filter(cases::report.eq_any(reports))
        .filter(cases::kind.eq(kind))
        .filter(cases::result.is_null())
        .order(cases::id)
        .select(cases::id)
        .first(conn)
        .optional()?)
}

/// The grid of the beneficiary, and the open case of the kind; `None` without such a beneficiary.
fn home(
    tx: &mut Tx<'_>,
    id: BeneficiaryId,
    kind: &CaseKindCode,
) -> Result<Option<(AreaCode, Option<CaseId>)>, DbError> {
    let district = tx.district;
    // Reports of two visitors, to two servers, find the need once.
    dialect::lock_row(tx.write_unbatched(), "beneficiaries", district, id)?;
    let Some(home) = beneficiary::store::row(tx.read()?, &district.range(), id)? else {
        return Ok(None);
    };
    let open = store::open_case(tx.read_unbatched(), district, (id, kind))?;
    Ok(Some((home.grid, open)))
}

/// Notes in the history of the open case who has found its need again, once for each person. Returns whether the
/// case is still open: another server may have ended it meanwhile.
fn link(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    case: CaseId,
    found: &FoundNeed,
) -> Result<bool, DbError> {
    let district = tx.district;
    // Entries have numbers: no other is added meanwhile.
    dialect::lock_row(tx.write_unbatched(), "cases", district, case)?;
    let conn = tx.read_unbatched();
    let placed = store::one(conn, district, case)?;
    let Some(placed) = placed.filter(|placed| placed.row.result.is_none()) else {
        return Ok(false);
    };
    if entry_store::finders(conn, district, case)?.contains(&found.finder) {
        return Ok(true);
    }
    let is_confidential = kind_store::of_case(conn, &placed.row)?.is_confidential();
    let entry = NewEntry {
        action: CaseEntryAction::Found,
        at: tx.now.naive_utc(),
        person: Some(found.finder),
        from: None,
        to: placed.row.step.clone(),
        taken: None,
        waits_for: placed.row.waits_for,
    };
    let content =
        EntrySealed { note: found.note.clone(), report: found.report, ..EntrySealed::default() };
    entry_store::add(tx.write_unbatched(), key, (district, case), entry, &content)?;
    tx.record(event("case.find", is_confidential, &placed, []).by(found.finder));
    Ok(true)
}

/// The class of the kind that is wanted, or the first one.
fn class_of(kind: &CaseKind, wanted: Option<&CaseClass>) -> Option<CaseClass> {
    let named = kind.classes.iter().find(|class| Some(&class.code) == wanted);
    named.or_else(|| kind.classes.first()).map(|class| class.code.clone())
}
