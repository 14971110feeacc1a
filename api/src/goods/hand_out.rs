//! Hands goods out to a beneficiary, once for an occasion.

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::{Occasion, SerialNumber};
use gridward_domain::goods::{
    HandoutRejection, HandoutState, HandoutStep, MovementAction, handout, stock,
};
use gridward_domain::id::HandoutId;
use gridward_domain::range::GoodsQuantity;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Handout;
use super::choice;
use super::handout_model::NewHandout;
use super::handout_store::{self as handouts, HandoutRow, HandoutSealed};
use super::move_stock;
use super::occasion;
use super::plaque;
use super::reach;
use super::store::ItemRow;
use super::visitors;
use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::{CommandId, Effect};
use crate::log::{Event, Subject};
use crate::task::commands::origin::{Origin, TRUSTED};
use crate::tx::Tx;

/// The action of a hand-out.
pub const ACTION: &str = "handout.hand_out";
/// How long ago goods may have been handed out, as for other commands of phones.
pub const BACKDATED: TimeDelta = TimeDelta::days(30);

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
    /// The beneficiary, who lives in the area of the principal or is visited by the principal; a volunteer visits them.
    fn home(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<BeneficiaryRow, Problem> {
        principal.may(Action::HandOut)?;
        let (conn, id) = (tx.read_unbatched(), self.new.beneficiary_id);
        if let Some(row) = beneficiary::store::row(conn, &principal.district().range(), id)?
            && reach::hands_out(tx, principal, &row)?
        {
            return Ok(row);
        }
        let detail = match principal.role {
            Role::Volunteer => "you visit no beneficiary with this id",
            Role::Manager => "no beneficiary in your area or of your visits has this id",
            _ => "no beneficiary in your area has this id",
        };
        Err(Problem::invalid("/beneficiary_id", detail))
    }

    /// Hands the goods out: takes them from the stock and records the receipt.
    ///
    /// # Errors
    /// 403; 409 if the beneficiary has them already, is not entitled to them or has ended, if the household has its
    /// plaque or its item of a campaign, if the district has withdrawn them, or if the stock is short, also of pieces
    /// that have not expired; 422.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Handout, Problem> {
        let home = self.home(tx, principal)?;
        home.check_current(key).map_err(|problem| {
            let is_shown = principal.authorize(Action::ReadBeneficiaries, &home.grid).is_ok();
            if is_shown { problem } else { problem.without_current() }
        })?;
        let item = move_stock::item_in_use(tx, &self.new.item)?;
        let (old, occasion) = self.planned(tx, principal, (&home, &item))?;
        let step = step(old.as_ref(), principal, &home)?;
        if !item.is_for(home.categories.members()) {
            let problem = Problem::from(ProblemCode::HandoutNotEntitled);
            return Err(problem
                .with(FieldError::new("/beneficiary_id", "has no category that the item names")));
        }
        if old.as_ref().is_none_or(|row| row.state != HandoutState::Planned) {
            choice::check_household(tx.read_unbatched(), (&home, &item), &occasion)?;
        }
        let row = self.row(tx, key, principal, (&home, &item), (old.as_ref(), occasion))?;
        let pieces = move_stock::pieces(row.quantity.get())?;
        let on = clock::day(row.at.map_or(tx.now, |at| at.and_utc()));
        let of = (&item.code, self.new.lot.as_ref());
        let shares = move_stock::take(tx, row.station, of, (pieces, Some(on)))?;
        // The entry first, as merges and ends do.
        plaque::update_entry(tx, key, principal, (&item, &row), step)?;
        handouts::put(tx.write_unbatched(), old.as_ref(), &row)?;
        move_stock::of_handout(tx, principal, &row, (MovementAction::HandedOut, -1), &shares)?;
        record(tx, principal, (self.action(), &self.origin), &row)?;
        Ok(row.shown())
    }

    /// The hand-out as it was planned, if it was, and its occasion.
    fn planned(
        &self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        (home, item): (&BeneficiaryRow, &ItemRow),
    ) -> Result<(Option<HandoutRow>, Occasion), Problem> {
        let (conn, district) = (tx.read_unbatched(), principal.district());
        let sent = self.new.occasion.as_ref();
        let occasion = occasion::of(item, sent.map(occasion::normal).transpose()?.as_ref())?;
        let of = |occasion| (home.id, &item.code, occasion);
        let mut old = handouts::of(conn, district, of(&occasion))?;
        // Earlier versions stored occasions as they were sent.
        if let (None, Some(sent), false) = (&old, sent, item.once) {
            old = handouts::of(conn, district, of(sent))?;
        }
        let occasion = old.as_ref().map_or(occasion, |row| row.occasion.clone());
        // Who does not manage goods invents no occasion.
        if principal.may(Action::ManageGoods).is_err() && !item.once && old.is_none() {
            occasion::check(conn, district, &occasion)?;
        }
        Ok((old, occasion))
    }

    /// The row of the hand-out.
    fn row(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
        (home, item): (&BeneficiaryRow, &ItemRow),
        (old, occasion): (Option<&HandoutRow>, Occasion),
    ) -> Result<HandoutRow, Problem> {
        let (new, district) = (&self.new, principal.district());
        let at = self.at(tx.now)?;
        let is_visitor = !reach::reads_others(principal, &home.grid);
        let quantity = self.checked(tx, (item, old), is_visitor)?;
        let station = station(new.station, home, old, is_visitor)?;
        let id = match old {
            Some(row) => row.id,
            None => self.new_id(tx, principal)?,
        };
        let known = old.map(|row| row.opened(key)).transpose()?.unwrap_or_default();
        let content = HandoutSealed { receipt: new.receipt.clone(), note: None, ..known };
        Ok(HandoutRow {
            district,
            id,
            beneficiary: home.id,
            item: item.code.clone(),
            campaign: old.and_then(|row| row.campaign),
            state: HandoutState::HandedOut,
            grid: home.grid,
            station,
            quantity,
            serial: new.serial.as_ref().map(SerialNumber::upper),
            reason: None,
            person: Some(principal.person),
            at: Some(at.naive_utc()),
            sealed: HandoutRow::seal(key, (district, id), &content)?,
            version: old.map_or(1, |row| row.version + 1),
            occasion,
        })
    }

    /// When the goods were handed out, by the server's clock; never later than now, and refused if a call names a
    /// later time. A command of a phone that was long without a network has its own time.
    fn at(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
        let Some(at) = self.new.at else { return Ok(self.origin.made(now)) };
        let at = self.origin.by_server(at);
        if !self.origin.from_outbox && at > now + TRUSTED {
            return Err(Problem::invalid("/at", "must not be in the future"));
        }
        if at >= now - BACKDATED {
            return Ok(at.min(now));
        }
        let detail = format!("must be at most {} days ago", BACKDATED.num_days());
        Err(Problem::invalid("/at", detail))
    }

    /// The pieces, if number and receipt are as the item needs them.
    fn checked(
        &self,
        tx: &mut Tx<'_>,
        (item, old): (&ItemRow, Option<&HandoutRow>),
        is_visitor: bool,
    ) -> Result<GoodsQuantity, Problem> {
        let new = &self.new;
        let planned = old.map(|row| row.quantity);
        let quantity = new.quantity.or(planned).unwrap_or(GoodsQuantity::of::<1>());
        let mut errors = Vec::new();
        if item.needs_receipt && new.receipt.is_none() {
            errors.push(FieldError::new("/receipt", "is required for this item"));
        }
        // A volunteer, or a visitor from elsewhere, hands out what is planned, or one piece.
        let most = planned.map_or(1, GoodsQuantity::get);
        if is_visitor && quantity.get() > most {
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

/// The step by which the goods are handed out.
fn step(
    old: Option<&HandoutRow>,
    principal: &Principal,
    home: &BeneficiaryRow,
) -> Result<HandoutStep, Problem> {
    let reason = old.and_then(|row| row.reason);
    handout::hand_out(old.map(|row| row.state), reason).map_err(|why| {
        let is_withdrawn = why == HandoutRejection::Withdrawn;
        let code =
            if is_withdrawn { ProblemCode::HandoutWithdrawn } else { ProblemCode::HandoutDone };
        match old {
            Some(row) if reach::reads_others(principal, &home.grid) => {
                Problem::from(code).showing(&row.shown())
            }
            _ => code.into(),
        }
    })
}

/// The station that has the goods: the one that was sent, planned, or that of the village. A visitor names no other than
/// the planned one and that of the village.
fn station(
    sent: Option<AreaCode>,
    home: &BeneficiaryRow,
    old: Option<&HandoutRow>,
    is_visitor: bool,
) -> Result<AreaCode, Problem> {
    let planned = old.map(|row| row.station).filter(|at| stock::serves(at, &home.grid));
    let village = home.grid.ancestor(Level::Village).unwrap_or_else(|| home.grid.district());
    let station = sent.or(planned).unwrap_or(village);
    if is_visitor && planned != Some(station) && station != village {
        let detail = "must be the planned one or the village of the beneficiary for you";
        return Err(Problem::invalid("/station", detail));
    }
    if stock::serves(&station, &home.grid) {
        return Ok(station);
    }
    let detail = "must be the district, the town or the village of the beneficiary";
    Err(Problem::invalid("/station", detail))
}

/// Records what was done with the goods, without the receipt.
///
/// # Errors
/// [`DbError`].
pub(super) fn record(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (action, origin): (&'static str, &Origin),
    row: &HandoutRow,
) -> Result<(), DbError> {
    let event = event(action, row).by(principal.person).on(origin.device());
    visitors::record(tx, vec![(row.beneficiary, event)])
}

/// What was done with the goods.
pub(super) fn event(action: &'static str, row: &HandoutRow) -> Event {
    let body = json!({
        "item": row.item, "quantity": row.quantity, "station": row.station,
        "occasion": row.occasion, "beneficiary": row.beneficiary, "reason": row.reason
    });
    Event::new(action, Subject::Handout, row.id, row.grid, row.version).with(body)
}
