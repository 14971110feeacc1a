//! Raises a need of a beneficiary for the manager of the grid: a call or a command of an outbox.

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::visibility;
use serde_json::{Value, json};

use super::model::{Sealed, written};
use super::propose::{new_row, propose};
use super::store::{self, Placed, ProposalRow};
use super::{NeedProposal, Proposal, ProposalSubject};
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::task;
use crate::task::commands::origin::Origin;
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};
use crate::{beneficiary, catalogue, clock};

/// The action in the log and in an outbox.
pub const ACTION: &str = "need.raise";

/// The most needs of a beneficiary that wait for a decision.
const MOST_OPEN: usize = 20;

/// How long before its arrival a need in an outbox may have been raised; its author must have been
/// near the home then.
const BACKDATED: TimeDelta = TimeDelta::days(30);

/// A need to be raised.
#[derive(Clone, Debug)]
pub struct RaiseNeed {
    /// What is proposed.
    pub new: NeedProposal,
    /// Where it comes from.
    pub origin: Origin,
}

impl Effect for RaiseNeed {
    type Made = Proposal;

    fn action(&self) -> &'static str {
        ACTION
    }

    fn request(&self) -> Value {
        json!(self.new)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.visible(tx, principal).map(drop)
    }
}

impl RaiseNeed {
    /// The beneficiary, if the principal may know of it: in the own area, or by a visit, which may
    /// have been a while ago if the need waited in an outbox.
    fn visible(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<BeneficiaryRow, Problem> {
        principal.may(Action::MakeProposal)?;
        let (district, id) = (principal.district(), self.new.beneficiary_id);
        let unknown =
            || Problem::invalid("/beneficiary_id", "no beneficiary known to you has this id");
        let row = beneficiary::store::row(tx.read_unbatched(), &district.range(), id)?;
        let row = row.ok_or_else(unknown)?;
        if principal.area.contains(&row.grid) {
            return Ok(row);
        }
        let tasks = task::store::facts_at(tx.read()?, district, &[id])?;
        let tasks = tasks.into_iter().map(|(_, task)| task);
        let seen = visibility::of_beneficiary(principal, &row.grid, tasks, self.made(tx.now));
        seen.map(|_| row).ok_or_else(unknown)
    }

    /// When the need was raised, as far as that is believed.
    fn made(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let Self { origin, .. } = self;
        if origin.from_outbox { origin.made(now).max(now - BACKDATED) } else { now }
    }

    /// Stores the need for a decision.
    ///
    /// # Errors
    /// 403; 422, also for a beneficiary out of sight; 409 for an ended beneficiary, and for a need
    /// that waits already.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Proposal, Problem> {
        let home = self.visible(tx, principal)?;
        home.check_current(key).map_err(Problem::without_current)?;
        self.check(tx, principal)?;
        self.refuse_repeated(tx, key, principal, &home)?;
        let new = &self.new;
        let note = written(new.note.as_ref());
        let content = Sealed { need: Some(new.need.clone()), note, reason: None };
        let by = (ProposalSubject::Need, principal.person);
        let row = ProposalRow {
            beneficiary: Some(home.id),
            kind: new.kind.clone(),
            due_on: new.due_on,
            ..new_row(tx, key, &self.origin, by, &content)?
        };
        let about = json!({ "beneficiary": home.id });
        Ok(propose(tx, row, (home.grid, None), (ACTION, about, &self.origin))?)
    }

    /// Checks the words of the district and the day.
    fn check(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        let (conn, district) = (tx.read_unbatched(), principal.district());
        let mut errors = Vec::new();
        let needs = vocabulary::store::one(conn, district, VocabularyName::Needs)?;
        if let Err(error) = needs.usable(self.new.need.as_str()) {
            errors.push(FieldError::new("/need", error.to_string()));
        }
        if let Some(kind) = &self.new.kind {
            let known = catalogue::store::one(conn, district, kind.as_str())?;
            match known {
                None => errors.push(FieldError::new("/kind", "is not in the catalogue")),
                Some(kind) if !kind.active => errors.push(FieldError::new("/kind", "is archived")),
                Some(_) => {}
            }
        }
        if self.new.due_on.is_some_and(|day| day < clock::day(self.made(tx.now))) {
            errors.push(FieldError::new("/due_on", "is in the past"));
        }
        Problem::refuse(errors)
    }

    /// Refuses a need that its author has raised already, and too many for one beneficiary.
    fn refuse_repeated(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
        home: &BeneficiaryRow,
    ) -> Result<(), Problem> {
        let open = store::open_needs(tx.read_unbatched(), home.district, home.id)?;
        for other in open.iter().filter(|other| other.proposed_by == principal.person) {
            if other.content(key)?.need.as_ref() == Some(&self.new.need) {
                let current = Placed::made(other.clone(), home.grid, None).proposal(tx.now);
                return Err(Problem::from(ProblemCode::ProposalPending).showing(&current));
            }
        }
        if open.len() >= MOST_OPEN {
            let error = FieldError::new("", format!("{MOST_OPEN} proposals wait already"));
            return Err(Problem::from(ProblemCode::ProposalPending).with(error));
        }
        Ok(())
    }
}
