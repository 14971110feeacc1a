//! Takes goods back that a beneficiary does not have, and reads receipts.

use gridward_domain::area::{AreaRange, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::goods::{
    HandoutRejection, HandoutState, HandoutStep, LotShare, MovementAction, Returning, StockChange,
    handout,
};
use gridward_domain::id::HandoutId;
use serde_json::{Value, json};

use super::Handout;
use super::hand_out::record;
use super::handout_model::{HandoutDetail, ReturnHandout};
use super::handout_store::{self as handouts, HandoutRow, HandoutSealed};
use super::{deciding_case, lots, move_stock, plaque, reach, store};
use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::task::commands::origin::Origin;
use crate::task::reveals::reveal_budget::RevealBudget;
use crate::tx::Tx;

/// The action of a return.
pub const ACTION: &str = "handout.return";

/// A return.
#[derive(Clone, Debug)]
pub struct GivingBack {
    /// The hand-out.
    pub handout: HandoutId,
    /// Why.
    pub why: ReturnHandout,
    /// The origin of the command.
    pub origin: Origin,
}

impl Effect for GivingBack {
    type Made = Handout;

    fn action(&self) -> &'static str {
        ACTION
    }

    fn request(&self) -> Value {
        json!({ "handout_id": self.handout, "why": self.why })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.found(tx, principal).map(drop)
    }
}

impl GivingBack {
    /// The hand-out. A visitor from outside the area, as each volunteer, takes back what they have handed out, and what
    /// is planned; of what another person has handed out or taken back no answer tells them.
    fn found(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<HandoutRow, Problem> {
        principal.may(Action::HandOut)?;
        let (row, home) = find(tx, &principal.district().range(), self.handout)?;
        let is_own = row.state == HandoutState::Planned || row.person == Some(principal.person);
        let is_known = reach::reads_others(principal, &home.grid) || is_own;
        if is_known && reach::hands_out(tx, principal, &home)? {
            return Ok(row);
        }
        Err(Problem::not_found())
    }

    /// Marks the goods as returned; those that were handed out come back to the stock, unless they are
    /// damaged: these are written off. What was returned for the same reason already stays as it is.
    ///
    /// # Errors
    /// 403, also for a withdrawal or a restoration outside the district's staff; 404; 409 for goods that
    /// were handed out after the return was made on a phone, or returned for another reason; 422.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Handout, Problem> {
        let row = self.found(tx, principal)?;
        let made = self.origin.made(tx.now).naive_utc();
        let returning = Returning {
            reason: self.why.reason,
            by_district: principal.area.level() == Level::District,
            by_same_person: row.person == Some(principal.person),
            is_overtaken: row.at.is_some_and(|at| made < at),
        };
        let step = handout::give_back(row.state, row.reason, returning);
        let step = step.map_err(|why| refused(why, &row))?;
        if step == HandoutStep::Already {
            return Ok(row.shown());
        }
        let item = store::item(tx.read_unbatched(), row.district, &row.item)?;
        let of = (item.as_ref(), &row);
        let case = deciding_case::of_return(tx, key, principal, of, &self.why)?;
        let pieces = move_stock::pieces(row.quantity.get())?;
        if step == HandoutStep::Restore {
            move_stock::change(tx, row.station, &row.item, StockChange::Add(pieces))?;
        }
        let before = row.opened(key)?;
        let (note, case) = (self.why.note.clone(), case.or(before.case));
        let content = HandoutSealed { note, case, ..before };
        let next = HandoutRow {
            state: HandoutState::Returned,
            // The piece is free for another beneficiary.
            serial: None,
            reason: Some(self.why.reason),
            person: Some(principal.person),
            at: Some(made),
            sealed: HandoutRow::seal(key, (row.district, row.id), &content)?,
            version: row.version + 1,
            ..row.clone()
        };
        // The entry first, as merges and ends do.
        if let Some(item) = &item {
            let was = HandoutRow { serial: row.serial.clone(), ..next.clone() };
            plaque::update_entry(tx, key, principal, (item, &was), step)?;
        }
        handouts::put(tx.write_unbatched(), Some(&row), &next)?;
        // What comes back belongs to its lots; what was planned has left none.
        let shares = match step {
            HandoutStep::Restore | HandoutStep::WriteOff => {
                lots::of_handout(tx.read_unbatched(), row.district, (row.id, row.quantity))?
            }
            _ => vec![LotShare { lot: None, pieces }],
        };
        let change = match step {
            HandoutStep::Restore => (MovementAction::Returned, 1),
            HandoutStep::WriteOff => (MovementAction::WrittenOff, 0),
            _ => (MovementAction::Returned, 0),
        };
        move_stock::of_handout(tx, principal, &next, change, &shares)?;
        record(tx, principal, (self.action(), &self.origin), &next)?;
        Ok(next.shown())
    }
}

/// The hand-out with its beneficiary, who lives in the range now.
fn find(
    tx: &mut Tx<'_>,
    homes: &AreaRange,
    id: HandoutId,
) -> Result<(HandoutRow, BeneficiaryRow), Problem> {
    let conn = tx.read_unbatched();
    let row = handouts::row(conn, &homes.area().district().range(), id)?;
    let row = row.ok_or_else(Problem::not_found)?;
    let home = beneficiary::store::row(conn, homes, row.beneficiary)?;
    Ok((row, home.ok_or_else(Problem::not_found)?))
}

/// The problem of a refused return.
fn refused(why: HandoutRejection, row: &HandoutRow) -> Problem {
    let error = FieldError::new("/reason", why.to_string());
    match why {
        HandoutRejection::OtherLevel | HandoutRejection::SamePerson => {
            Problem::from(ProblemCode::Forbidden).with(error)
        }
        HandoutRejection::Done | HandoutRejection::Returned => {
            Problem::from(ProblemCode::HandoutDone).showing(&row.shown())
        }
        HandoutRejection::Withdrawn => {
            Problem::from(ProblemCode::HandoutWithdrawn).showing(&row.shown())
        }
        HandoutRejection::NotWithdrawn => Problem::from(ProblemCode::Invalid).with(error),
    }
}

/// The hand-out with its receipt; the log records the access. Answers also whether it has spent the budget of
/// reveals: the name of the person who signed is one, but for who was there.
///
/// # Errors
/// 403; 404; 429 when the budget is spent.
pub(super) fn read(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    (principal, budget): (&Principal, RevealBudget),
    id: HandoutId,
) -> Result<(HandoutDetail, bool), Problem> {
    principal.may(Action::ReadHandouts)?;
    let (row, _) = find(tx, &principal.scope(), id)?;
    let HandoutSealed { receipt, note, case } = row.opened(key)?;
    let is_reveal = receipt.is_some() && row.person != Some(principal.person);
    let is_spent = is_reveal && budget.spend(tx, key, principal)?;
    let event = Event::new("handout.read", Subject::Reading, id, row.grid, row.version);
    tx.record(event.by(principal.person).with(json!({ "beneficiary": row.beneficiary })));
    Ok((HandoutDetail { handout: row.shown(), receipt, note, case_id: case }, is_spent))
}
