//! Proposes a correction, by a call or from the outbox of a phone.

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BeneficiaryId, CorrectionId};
use gridward_domain::visibility::{self, View};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::Sealed;
use super::store::{self, CorrectionRow};
use super::{Correction, CorrectionState, ProposedCorrection};
use crate::beneficiary;
use crate::beneficiary::entry::EntryChanges;
use crate::beneficiary::model::Particulars;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::{CommandId, Effect};
use crate::log::{Event, Subject};
use crate::task;
use crate::task::commands::origin::Origin;
use crate::tx::Tx;
use crate::vocabulary;

/// The action in the log and in an outbox.
pub const ACTION: &str = "beneficiary.correct";

/// The most corrections of a beneficiary that wait for a decision.
const MOST_PENDING: usize = 20;

/// How long before its arrival a correction in an outbox may have been made; its author must have
/// seen the home then.
const BACKDATED: TimeDelta = TimeDelta::days(30);

/// A correction to be proposed.
#[derive(Clone, Debug)]
pub struct NewCorrection {
    /// The beneficiary.
    pub beneficiary: BeneficiaryId,
    /// What is proposed.
    pub proposal: ProposedCorrection,
    /// Where it comes from.
    pub origin: Origin,
}

impl Effect for NewCorrection {
    type Made = Correction;

    fn action(&self) -> &'static str {
        ACTION
    }

    fn request(&self) -> Value {
        json!({ "beneficiary_id": self.beneficiary, "payload": self.proposal })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        visible(tx, principal, self).map(drop)
    }
}

/// The beneficiary, if the principal may correct the entry: sees it as staff, or visits it. What
/// was written on a visit may arrive later.
///
/// # Errors
/// 404; 403.
fn visible(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewCorrection,
) -> Result<BeneficiaryRow, Problem> {
    principal.may(Action::ProposeCorrection)?;
    let (district, id) = (principal.district(), new.beneficiary);
    let row = beneficiary::store::row(tx.read_unbatched(), &district.range(), id)?;
    let row = row.ok_or_else(Problem::not_found)?;
    let tasks = task::store::facts_at(tx.read()?, district, &[id])?;
    let tasks = tasks.into_iter().map(|(_, task)| task);
    let made = made(&new.origin, tx.now);
    let seen = visibility::of_beneficiary(principal, &row.grid, tasks, made);
    if seen.is_some_and(|view| view >= View::Staff) {
        Ok(row)
    } else if seen.is_some() || principal.area.contains(&row.grid) {
        Err(ProblemCode::Forbidden.into())
    } else {
        Err(Problem::not_found())
    }
}

/// When the correction was made, as far as that is believed.
fn made(origin: &Origin, now: DateTime<Utc>) -> DateTime<Utc> {
    if origin.from_outbox { origin.made(now).max(now - BACKDATED) } else { now }
}

/// Stores the correction for a decision.
///
/// # Errors
/// 404; 403; 422; 409 for an ended beneficiary, and for a correction that waits already.
pub fn propose(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &NewCorrection,
) -> Result<Correction, Problem> {
    let row = visible(tx, principal, new)?;
    row.check_current(key)?;
    let opened = row.particulars(key)?;
    let proposal = checked(tx, (&row, &opened), &new.proposal)?;
    refuse_repeated(tx, key, &row, &proposal)?;
    let command = new.origin.id.as_ref().and_then(CommandId::uuid).map(CorrectionId);
    let id = match command {
        // Two phones generated the same id.
        Some(id) if store::exists(tx.read_unbatched(), row.district, id)? => None,
        id => id,
    };
    let id = id.unwrap_or_else(|| CorrectionId(Uuid::now_v7()));
    let fields = proposal.changes.fields();
    let before = EntryChanges::of(&row, &opened, &fields);
    let content = Sealed { proposal, before, reason: None };
    let correction = CorrectionRow {
        district: row.district,
        id,
        beneficiary: row.id,
        proposed_by: principal.person,
        created_at: tx.now.naive_utc(),
        fields: fields.clone().into(),
        state: CorrectionState::Pending,
        decided_by: None,
        decided_at: None,
        sealed: CorrectionRow::sealed(key, row.district, id, &content)?,
        version: 1,
    };
    store::put(tx.write_unbatched(), None, &correction)?;
    let event = Event::new(ACTION, Subject::Correction, id, row.grid, 1)
        .by(principal.person)
        .assignees(None, Some(principal.person))
        .with(json!({ "beneficiary": row.id, "fields": fields }));
    tx.record(event.on(new.origin.device()));
    Ok(correction.correction(row.grid))
}

/// The proposal with valid values, some of which differ from the entry's.
fn checked(
    tx: &mut Tx<'_>,
    (row, opened): (&BeneficiaryRow, &Particulars),
    proposal: &ProposedCorrection,
) -> Result<ProposedCorrection, Problem> {
    let ProposedCorrection { changes, note } = proposal.clone();
    let note = note.filter(|note| !note.as_str().trim().is_empty());
    if changes.fields().is_empty() && note.is_none() {
        return Err(Problem::invalid("/changes", "must name a field, unless there is a note"));
    }
    let words = vocabulary::store::all(tx.read_unbatched(), row.district)?;
    let invalid = |errors: Vec<FieldError>| {
        Problem::from(ProblemCode::Invalid).with_all(errors).under("/changes")
    };
    let before = EntryChanges::of(row, opened, &changes.fields());
    let changes = changes.checked(&before, &words).map_err(invalid)?;
    // Not those that are encrypted: the answer would confirm a guess.
    let same = [
        ("/household", changes.household.is_some() && changes.household == row.household),
        ("/lives_alone", changes.lives_alone == Some(row.lives_alone)),
        ("/mobility", changes.mobility == Some(row.mobility)),
        ("/contact", changes.contact == Some(row.contact)),
        ("/plaque", changes.plaque.as_ref() == Some(&row.plaque)),
    ];
    let same = same.into_iter().filter(|(_, same)| *same);
    let errors: Vec<FieldError> = same
        .map(|(pointer, _)| FieldError::new(pointer, "is the value of the entry already"))
        .collect();
    if errors.is_empty() { Ok(ProposedCorrection { changes, note }) } else { Err(invalid(errors)) }
}

/// Refuses a correction that waits already, by whoever, and too many for one beneficiary.
fn refuse_repeated(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    row: &BeneficiaryRow,
    proposal: &ProposedCorrection,
) -> Result<(), Problem> {
    let pending = store::pending(tx.read_unbatched(), row.district, row.id)?;
    for other in &pending {
        let there = other.opened(key)?.proposal;
        let says_more = proposal.note.is_some() && proposal.note != there.note;
        if there.changes == proposal.changes && !says_more {
            let current = other.correction(row.grid);
            return Err(Problem::from(ProblemCode::CorrectionPending).showing(&current));
        }
    }
    if pending.len() >= MOST_PENDING {
        let error = FieldError::new("", format!("{MOST_PENDING} corrections wait already"));
        return Err(Problem::from(ProblemCode::CorrectionPending).with(error));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_believed_to_be_at_most_thirty_days_old() {
        let now: DateTime<Utc> = "2026-08-31T09:00:00Z".parse().expect("a time");
        let at = |text: &str| {
            let made_at = Some(text.parse().expect("a time"));
            Origin { made_at, from_outbox: true, ..Origin::default() }
        };
        assert_eq!(
            made(&at("2026-08-20T09:00:00Z"), now).to_rfc3339(),
            "2026-08-20T09:00:00+00:00"
        );
        assert_eq!(made(&at("2019-01-01T09:00:00Z"), now), now - BACKDATED);
        assert_eq!(made(&at("2030-01-01T09:00:00Z"), now), now);
        let call = Origin { from_outbox: false, ..at("2026-08-20T09:00:00Z") };
        assert_eq!(made(&call, now), now);
    }
}
