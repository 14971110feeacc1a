//! Hands goods out to a beneficiary, once for an occasion.

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::{Occasion, SerialNumber};
use gridward_domain::goods::{
    HandoutRejection, HandoutState, MovementAction, StockChange, handout, stock,
};
use gridward_domain::id::HandoutId;
use gridward_domain::range::{GoodsQuantity, Pieces};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Handout;
use super::handout_model::NewHandout;
use super::handout_store::{self as handouts, HandoutRow, HandoutSealed};
use super::lots;
use super::move_stock;
use super::occasion;
use super::plaque;
use super::reach;
use super::store::ItemRow;
use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::{CommandId, Effect};
use crate::log::{Event, Subject};
use crate::task::origin::Origin;
use crate::tx::Tx;

/// The action of a hand-out.
pub const ACTION: &str = "handout.hand_out";
/// How long ago goods may have been handed out, as for other commands of phones.
const BACKDATED: TimeDelta = TimeDelta::days(30);
/// The occasion of an item that a beneficiary gets a single time.
pub const ONCE: &str = "once";

/// A hand-out with its origin.
#[derive(Clone, Debug)]
pub struct HandingOut {
    /// What is handed out.
    pub new: NewHandout,
    /// The origin of the command.
    pub origin: Origin,
}

impl Effect for HandingOut {
    type Made = Handout;

    fn action(&self) -> &'static str {
        ACTION
    }

    fn request(&self) -> Value {
        json!(self.new)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.home(tx, principal).map(drop)
    }
}

impl HandingOut {
    /// The beneficiary, who lives in the area of the principal; a volunteer visits them.
    fn home(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<BeneficiaryRow, Problem> {
        principal.may(Action::HandOut)?;
        let (conn, id) = (tx.read_unbatched(), self.new.beneficiary_id);
        if let Some(row) = beneficiary::store::row(conn, &principal.scope(), id)?
            && reach::hands_out(tx, principal, &row)?
        {
            return Ok(row);
        }
        let detail = match principal.role {
            Role::Volunteer => "you visit no beneficiary with this id",
            _ => "no beneficiary in your area has this id",
        };
        Err(Problem::invalid("/beneficiary_id", detail))
    }

    /// Hands the goods out: takes them from the stock and records the receipt.
    ///
    /// # Errors
    /// 403; 409 if the beneficiary has them already, is not entitled to them or has ended, if the district has
    /// withdrawn them, or if the stock is short; 422.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Handout, Problem> {
        let home = self.home(tx, principal)?;
        if !home.is_current() {
            let problem = Problem::from(ProblemCode::BeneficiaryEnded);
            let is_shown = principal.may(Action::ReadBeneficiaries).is_ok();
            return Err(if is_shown { problem.showing(&home.masked(key)?) } else { problem });
        }
        let new = &self.new;
        let item = move_stock::item_in_use(tx, &new.item)?;
        let district = principal.district();
        let sent = new.occasion.as_ref().map(occasion::normal).transpose()?;
        let occasion = occasion_of(&item, sent.as_ref())?;
        let of = |occasion| (home.id, &item.code, occasion);
        let mut old = handouts::of(tx.read_unbatched(), district, of(&occasion))?;
        // Earlier versions stored occasions as they were sent.
        if let (None, Some(sent), false) = (&old, &new.occasion, item.once) {
            old = handouts::of(tx.read_unbatched(), district, of(sent))?;
        }
        let occasion = old.as_ref().map_or(occasion, |row| row.occasion.clone());
        // Who does not manage goods invents no occasion.
        let is_own = principal.may(Action::ManageGoods).is_err();
        if is_own && !item.once && old.is_none() {
            occasion::check(tx.read_unbatched(), district, &occasion)?;
        }
        let reason = old.as_ref().and_then(|row| row.reason);
        let step = handout::hand_out(old.as_ref().map(|row| row.state), reason);
        let step = step.map_err(|why| {
            let is_withdrawn = why == HandoutRejection::Withdrawn;
            let code =
                if is_withdrawn { ProblemCode::HandoutWithdrawn } else { ProblemCode::HandoutDone };
            match &old {
                Some(row) if reach::reads_others(principal) => {
                    Problem::from(code).showing(&row.shown())
                }
                _ => code.into(),
            }
        })?;
        if !item.is_for(home.categories.members()) {
            let problem = Problem::from(ProblemCode::HandoutNotEntitled);
            return Err(problem
                .with(FieldError::new("/beneficiary_id", "has no category that the item names")));
        }
        let at = self.at(tx.now)?;
        let quantity = self.checked(tx, (&item, old.as_ref()), principal.role)?;
        let station = station(new.station, &home, old.as_ref())?;
        let id = match &old {
            Some(row) => row.id,
            None => self.new_id(tx, principal)?,
        };
        let known = old.as_ref().map(|row| row.opened(key)).transpose()?.unwrap_or_default();
        let content = HandoutSealed { receipt: new.receipt.clone(), note: None, ..known };
        let row = HandoutRow {
            district,
            id,
            beneficiary: home.id,
            item: item.code.clone(),
            campaign: old.as_ref().and_then(|row| row.campaign),
            state: HandoutState::HandedOut,
            grid: home.grid,
            station,
            quantity,
            serial: new.serial.as_ref().map(SerialNumber::upper),
            reason: None,
            person: Some(principal.person),
            at: Some(at.naive_utc()),
            sealed: HandoutRow::seal(key, (district, id), &content)?,
            version: old.as_ref().map_or(1, |row| row.version + 1),
            occasion,
        };
        let of = (&item.code, new.lot.as_ref());
        let taken = StockChange::Take(pieces(quantity)?);
        let difference = move_stock::change(tx, station, &item.code, taken)?;
        lots::check(tx.read_unbatched(), station, of, quantity.get().into())?;
        // The entry first, as merges and ends do.
        plaque::follow(tx, key, principal.person, (&item, &row), step)?;
        handouts::put(tx.write_unbatched(), old.as_ref(), &row)?;
        let change = (MovementAction::HandedOut, difference);
        move_stock::of_handout(tx, principal, &row, change, new.lot.clone())?;
        record(tx, principal, (self.action(), &self.origin), &row);
        Ok(row.shown())
    }

    /// When the goods were handed out, by the server's clock; never later than now. A command of a phone that
    /// was long without a network has its own time.
    fn at(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
        let Some(at) = self.new.at else { return Ok(self.origin.made(now)) };
        let at = self.origin.by_server(at).min(now);
        if at >= now - BACKDATED {
            return Ok(at);
        }
        let detail = format!("must be at most {} days ago", BACKDATED.num_days());
        Err(Problem::invalid("/at", detail))
    }

    /// The pieces, if number and receipt are as the item needs them.
    fn checked(
        &self,
        tx: &mut Tx<'_>,
        (item, old): (&ItemRow, Option<&HandoutRow>),
        role: Role,
    ) -> Result<GoodsQuantity, Problem> {
        let new = &self.new;
        let planned = old.map(|row| row.quantity);
        let quantity = new.quantity.or(planned).unwrap_or(GoodsQuantity::of::<1>());
        let mut errors = Vec::new();
        if item.needs_receipt && new.receipt.is_none() {
            errors.push(FieldError::new("/receipt", "is required for this item"));
        }
        // A volunteer hands out what is planned, or one piece.
        let most = planned.map_or(1, GoodsQuantity::get);
        if role == Role::Volunteer && quantity.get() > most {
            errors.push(FieldError::new("/quantity", format!("must be at most {most} for you")));
        }
        if item.has_serial && quantity.get() != 1 {
            errors.push(FieldError::new("/quantity", "must be 1 for an item with numbers"));
        }
        let district = tx.district;
        match &new.serial {
            None if item.has_serial => {
                errors.push(FieldError::new("/serial", "is required for this item"));
            }
            Some(_) if !item.has_serial => {
                errors.push(FieldError::new("/serial", "is for items with numbers only"));
            }
            Some(serial) => {
                let of = (&item.code, serial);
                let other = handouts::of_serial(tx.read_unbatched(), district, of)?;
                if other.is_some_and(|id| old.is_none_or(|row| row.id != id)) {
                    errors
                        .push(FieldError::new("/serial", "was handed out to another beneficiary"));
                }
            }
            None => {}
        }
        Problem::refuse(errors)?;
        Ok(quantity)
    }

    fn new_id(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<HandoutId, Problem> {
        let command = self.origin.id.as_ref().and_then(CommandId::uuid).map(HandoutId);
        let taken = match command {
            Some(id) => {
                let scope = principal.district().range();
                handouts::row(tx.read_unbatched(), &scope, id)?.is_some()
            }
            None => true,
        };
        Ok(command.filter(|_| !taken).unwrap_or_else(|| HandoutId(Uuid::now_v7())))
    }
}

/// The occasion under which the item is handed out once.
fn occasion_of(item: &ItemRow, sent: Option<&Occasion>) -> Result<Occasion, Problem> {
    let once = || ONCE.parse::<Occasion>().map_err(|_| Problem::invalid("/occasion", "is invalid"));
    match sent {
        Some(sent) if !item.once && sent.as_str() != ONCE => Ok(sent.clone()),
        Some(sent) if item.once && sent.as_str() != ONCE => Err(Problem::invalid(
            "/occasion",
            "is not for an item that is handed out a single time",
        )),
        _ if item.once => once(),
        _ => Err(Problem::invalid("/occasion", "is required for this item")),
    }
}

/// The station that has the goods: the one that was sent, planned, or that of the village.
fn station(
    sent: Option<AreaCode>,
    home: &BeneficiaryRow,
    old: Option<&HandoutRow>,
) -> Result<AreaCode, Problem> {
    let planned = old.map(|row| row.station).filter(|at| stock::serves(at, &home.grid));
    let village = home.grid.ancestor(Level::Village);
    let station = sent.or(planned).or(village).unwrap_or_else(|| home.grid.district());
    if stock::serves(&station, &home.grid) {
        return Ok(station);
    }
    let detail = "must be the district, the town or the village of the beneficiary";
    Err(Problem::invalid("/station", detail))
}

/// The pieces of a hand-out as those of a stock.
pub(super) fn pieces(quantity: GoodsQuantity) -> Result<Pieces, Problem> {
    Pieces::try_from(i64::from(quantity.get()))
        .map_err(|error| Problem::invalid("/quantity", error.to_string()))
}

/// Records what was done with the goods, without the receipt.
pub(super) fn record(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (action, origin): (&'static str, &Origin),
    row: &HandoutRow,
) {
    let event = event(action, row).by(principal.person);
    tx.record(Event { device: origin.device(), ..event });
}

/// What was done with the goods.
pub(super) fn event(action: &'static str, row: &HandoutRow) -> Event {
    let body = json!({
        "item": row.item, "quantity": row.quantity, "station": row.station,
        "occasion": row.occasion, "beneficiary": row.beneficiary, "reason": row.reason
    });
    Event::new(action, Subject::Handout, row.id, row.grid, row.version).with(body)
}
