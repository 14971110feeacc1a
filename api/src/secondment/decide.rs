//! Agrees to, declines and withdraws a secondment.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::SecondmentId;
use gridward_domain::secondment::{self as life, SecondmentCommand};
use serde_json::{Value, json};

use super::Secondment;
use super::notices;
use super::store::{self, SecondmentRow};
use crate::clock;
use crate::crypto::SealingKey;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// A command to a secondment.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// The secondment.
    pub secondment: SecondmentId,
    /// What is done.
    pub command: SecondmentCommand,
}

impl Effect for Decision {
    type Made = Secondment;

    fn action(&self) -> &'static str {
        match self.command {
            SecondmentCommand::Agree => "secondment.agree",
            SecondmentCommand::Decline => "secondment.decline",
            SecondmentCommand::Withdraw => "secondment.withdraw",
        }
    }

    fn request(&self) -> Value {
        json!({ "secondment_id": self.secondment })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.found(tx, principal).map(drop)
    }
}

impl Decision {
    /// Applies the command; a repeated one changes nothing. Visits that are planned already stay.
    ///
    /// # Errors
    /// 403; 404; 409 `secondment_state` if the state or the day does not allow it.
    pub fn apply(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Secondment, Problem> {
        let row = self.found(tx, principal)?;
        let state = life::apply(row.state, row.span(), self.command, clock::day(tx.now));
        let Ok(state) = state else {
            let row = shown(tx, key, row)?;
            return Err(Problem::from(ProblemCode::SecondmentState).showing(&row));
        };
        if state == row.state {
            return shown(tx, key, row);
        }
        let next = SecondmentRow {
            state,
            decided_by: Some(principal.person),
            decided_at: Some(tx.now.naive_utc()),
            version: row.version + 1,
            ..row.clone()
        };
        store::put(tx.write_unbatched(), Some(&row), &next)?;
        record(tx, principal, self.action(), &next);
        notices::decided(tx, principal, &next)?;
        shown(tx, key, next)
    }

    /// The secondment, if the principal may decide it: the manager of the volunteer's grid alone
    /// agrees or declines.
    fn found(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<SecondmentRow, Problem> {
        let row = store::row(tx.read_unbatched(), principal, self.secondment)?;
        let row = row.ok_or_else(Problem::not_found)?;
        if self.command == SecondmentCommand::Withdraw {
            principal.may(Action::RequestSecondment)?;
        } else {
            principal.may(Action::DecideSecondment)?;
            if row.home != principal.area {
                return Err(ProblemCode::Forbidden.into());
            }
        }
        Ok(row)
    }
}

/// The public representation of a row.
pub(super) fn shown(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    row: SecondmentRow,
) -> Result<Secondment, Problem> {
    let district = row.district;
    let shown = store::shown(tx.read_unbatched(), key, district, vec![row])?;
    shown.into_iter().next().ok_or_else(Problem::not_found)
}

/// Records what was done to the secondment.
pub(super) fn record(
    tx: &mut Tx<'_>,
    principal: &Principal,
    action: &'static str,
    row: &SecondmentRow,
) {
    let event = Event::new(action, Subject::Secondment, row.id, row.home, row.version);
    let about = json!({ "person": row.person, "area": row.area });
    tx.record(event.by(principal.person).with(about));
}
