//! Approves and rejects corrections.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::CorrectionId;
use serde_json::{Map, Value, json};

use super::model::Sealed;
use super::store::{self, CorrectionRow};
use super::{Correction, CorrectionState};
use crate::beneficiary::entry::EntryChanges;
use crate::beneficiary::{self, plaque};
use crate::crypto::SealingKey;
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::task::beneficiary::beneficiary_change::amend;
use crate::tx::Tx;

/// A decision about a correction.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The correction.
    pub correction: CorrectionId,
    /// The versions that the decision may be based on.
    pub base: IfMatch,
    /// Why it is rejected; `None` approves it.
    pub rejected_since: Option<CommandReason>,
}

impl Effect for Decision {
    type Made = Correction;

    fn action(&self) -> &'static str {
        if self.rejected_since.is_none() { "correction.approve" } else { "correction.reject" }
    }

    fn request(&self) -> Value {
        json!({ "correction_id": self.correction, "reason": self.rejected_since })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        decidable(tx, principal, self.correction).map(drop)
    }
}

/// The correction and its grid, if the principal may decide it.
fn decidable(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: CorrectionId,
) -> Result<(CorrectionRow, AreaCode), Problem> {
    let found = store::one(tx.read()?, principal.district(), id)?;
    let (row, grid) = found.ok_or_else(Problem::not_found)?;
    principal.authorize(Action::DecideCorrection, &grid)?;
    if row.proposed_by == principal.person {
        return Err(ProblemCode::Forbidden.into());
    }
    Ok((row, grid))
}

/// Decides the correction; an approval changes the entry.
///
/// # Errors
/// 404; 403, also for the own correction; 412 or 428 for the version of the correction; 409 if it
/// was decided, if the beneficiary has ended, if a corrected field has changed since, or if the household has its plaque.
pub fn decide(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    decision: &Decision,
) -> Result<Correction, Problem> {
    let (row, grid) = decidable(tx, principal, decision.correction)?;
    let current = row.correction(grid);
    decision.base.check(row.version, &current)?;
    if row.state != CorrectionState::Pending {
        return Err(Problem::from(ProblemCode::CorrectionDecided).showing(&current));
    }
    let content = row.opened(key)?;
    let (state, sealed) = match &decision.rejected_since {
        None => {
            apply(tx, key, principal, &row, &content)?;
            (CorrectionState::Approved, row.sealed.clone())
        }
        Some(reason) => {
            let content = Sealed { reason: Some(reason.clone()), ..content };
            let sealed = CorrectionRow::sealed(key, row.district, row.id, &content)?;
            (CorrectionState::Rejected, sealed)
        }
    };
    let next = CorrectionRow {
        state,
        decided_by: Some(principal.person),
        decided_at: Some(tx.now.naive_utc()),
        sealed,
        version: row.version + 1,
        ..row.clone()
    };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    let event = Event::new(decision.action(), Subject::Correction, row.id, grid, next.version)
        .by(principal.person)
        .assignees(Some(row.proposed_by), Some(row.proposed_by));
    tx.record(event.with(json!({ "beneficiary": row.beneficiary })));
    Ok(next.correction(grid))
}

/// Changes the entry, unless a corrected field has changed since the correction was proposed.
fn apply(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &CorrectionRow,
    content: &Sealed,
) -> Result<(), Problem> {
    let scope = row.district.range();
    let entry = beneficiary::store::row(tx.read_unbatched(), &scope, row.beneficiary)?;
    let entry = entry.ok_or_else(Problem::not_found)?;
    entry.check_current(key)?;
    let changes = &content.proposal.changes;
    let opened = entry.particulars(key)?;
    let current = EntryChanges::of(&entry, &opened, &changes.fields());
    let outdated = content.outdated(&current);
    if !outdated.is_empty() {
        let errors = outdated.iter().map(|field| {
            FieldError::new(format!("/changes/{field}"), "has changed since it was proposed")
        });
        return Err(Problem::from(ProblemCode::CorrectionOutdated).with_all(errors));
    }
    let (next, _) = changes.applied(&entry, opened);
    let pointers = ("/changes/plaque", "/changes");
    plaque::check(tx.read_unbatched(), principal, (Some(&entry), &next), pointers)?;
    let mut cause = Map::new();
    cause.insert("correction".to_owned(), json!(row.id));
    amend(tx, key, principal.person, &entry, changes, cause)?;
    Ok(())
}
