//! Enters movements of goods: received, allotted to a station below, counted.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::LotCode;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{EntryAction, MovementAction, StockChange, StockError, stock};
use gridward_domain::id::MovementId;
use gridward_domain::range::{Pieces, StockPieces};
use serde_json::{Value, json};
use uuid::Uuid;

use super::lots;
use super::model::{GoodsMovement, NewGoodsMovement};
use super::store::{self, ItemRow, MovementRow, StockRow};
use crate::area;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

impl Effect for NewGoodsMovement {
    type Made = GoodsMovement;

    fn action(&self) -> &'static str {
        match self.action {
            EntryAction::Received => "goods.receive",
            EntryAction::Allotted => "goods.allot",
            EntryAction::Counted => "goods.count",
        }
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::ManageGoods)?;
        check_area(tx, principal, ("/area", self.area))
    }
}

/// Enters the movement.
///
/// # Errors
/// 403; 409 if more is allotted than there is; 422.
pub fn enter(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &NewGoodsMovement,
) -> Result<GoodsMovement, Problem> {
    principal.may(Action::ManageGoods)?;
    check_area(tx, principal, ("/area", new.area))?;
    item_in_use(tx, &new.item)?;
    let pieces = || -> Result<Pieces, Problem> {
        Pieces::try_from(i64::from(new.quantity.get()))
            .map_err(|error| Problem::invalid("/quantity", error.to_string()))
    };
    if new.action != EntryAction::Allotted && new.to_area.is_some() {
        return Err(Problem::invalid("/to_area", "is for an allotment only"));
    }
    if new.expires_on.is_some() && (new.lot.is_none() || new.action != EntryAction::Received) {
        return Err(Problem::invalid("/expires_on", "is for a lot that is received"));
    }
    let difference = match new.action {
        EntryAction::Received => change(tx, new.area, &new.item, StockChange::Add(pieces()?))?,
        EntryAction::Counted => counted(tx, new)?,
        EntryAction::Allotted => {
            let to = allotted_to(tx, principal, new)?;
            let pieces = pieces()?;
            let of = (&new.item, new.lot.as_ref());
            lots::check(tx.read_unbatched(), new.area, of, new.quantity.get().into())?;
            let difference = change(tx, new.area, &new.item, StockChange::Take(pieces))?;
            change(tx, to, &new.item, StockChange::Add(pieces))?;
            difference
        }
    };
    let id = MovementId(Uuid::now_v7());
    let row = MovementRow {
        district: principal.district(),
        id,
        action: new.action.into(),
        item: new.item.clone(),
        area: new.area,
        to_area: new.to_area,
        quantity: new.quantity,
        difference,
        handout: None,
        lot: new.lot.clone(),
        expires_on: new.expires_on,
        person: principal.person,
        at: tx.now.naive_utc(),
        sealed: MovementRow::seal(key, (principal.district(), id), new.note.as_ref())?,
    };
    store::add_movement(tx.write_unbatched(), &row)?;
    let event = Event::new(new.action(), Subject::GoodsMovement, id, new.area, 1);
    let body = json!({
        "item": new.item, "quantity": new.quantity, "to": new.to_area, "difference": difference,
        "lot": new.lot
    });
    tx.record(event.by(principal.person).with(body));
    Ok(row.movement(key)?)
}

/// Corrects the stock by a count of all pieces, or of those of a lot; answers the difference.
fn counted(tx: &mut Tx<'_>, new: &NewGoodsMovement) -> Result<i32, Problem> {
    let stock = store::stock(tx.read_unbatched(), new.area, &new.item)?;
    let stock = stock.map_or(StockPieces::MIN, |row| row.quantity);
    let (had, by) = match &new.lot {
        None => (stock.get().into(), StockChange::Set(new.quantity)),
        Some(lot) => {
            let had = lots::pieces(tx.read_unbatched(), new.area, (&new.item, lot))?;
            let next = i64::from(stock.get()) + i64::from(new.quantity.get()) - had;
            let next = StockPieces::try_from(next.max(0))
                .map_err(|error| Problem::invalid("/quantity", error.to_string()))?;
            (had, StockChange::Set(next))
        }
    };
    let difference = i64::from(new.quantity.get()) - had;
    if difference != 0 && new.note.is_none() {
        return Err(Problem::invalid("/note", "is required for a count that differs"));
    }
    change(tx, new.area, &new.item, by)?;
    i32::try_from(difference).map_err(|_| Problem::invalid("/quantity", "is out of range"))
}

/// The station below that gets what is allotted.
fn allotted_to(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewGoodsMovement,
) -> Result<AreaCode, Problem> {
    let to = new.to_area.ok_or_else(|| Problem::invalid("/to_area", "is missing"))?;
    if !stock::allots(&new.area, &to) {
        return Err(Problem::invalid("/to_area", "must be a town or village below area"));
    }
    check_area(tx, principal, ("/to_area", to))?;
    Ok(to)
}

/// Checks that the area is the principal's, and has a station.
fn check_area(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (pointer, of): (&str, AreaCode),
) -> Result<(), Problem> {
    let known =
        principal.area.contains(&of) && area::store::current(tx.read_unbatched(), &of)?.is_some();
    if known && stock::has_station(&of) {
        return Ok(());
    }
    Err(Problem::invalid(pointer, "must be the district, a town or a village in your area"))
}

/// The item, if it is in use.
pub(super) fn item_in_use(tx: &mut Tx<'_>, code: &ItemCode) -> Result<ItemRow, Problem> {
    let district = tx.district;
    match store::item(tx.read_unbatched(), district, code)? {
        Some(item) if item.active => Ok(item),
        Some(_) => Err(Problem::invalid("/item", "is archived")),
        None => Err(Problem::invalid("/item", "is no item of the district")),
    }
}

/// Changes the stock of the item at the station of `area`; answers the difference.
///
/// # Errors
/// 409 if more is taken than there is; 422 for more than a stock may hold.
pub(super) fn change(
    tx: &mut Tx<'_>,
    area: AreaCode,
    item: &ItemCode,
    by: StockChange,
) -> Result<i32, Problem> {
    let old = store::stock(tx.read_unbatched(), area, item)?;
    let had = old.as_ref().map_or(StockPieces::MIN, |row| row.quantity);
    let quantity = stock::apply(had, by).map_err(|error| match error {
        StockError::Short(_) => Problem::from(ProblemCode::GoodsShort)
            .with(FieldError::new("/quantity", error.to_string())),
        StockError::Full => Problem::invalid("/quantity", error.to_string()),
    })?;
    if quantity == had && old.is_some() {
        return Ok(0);
    }
    let version = old.as_ref().map_or(1, |row| row.version + 1);
    let next = StockRow { district: area.district(), area, item: item.clone(), quantity, version };
    store::put_stock(tx.write_unbatched(), old.as_ref(), &next)?;
    Ok(quantity.get() - had.get())
}

/// A movement of a hand-out.
pub(super) fn of_handout(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &super::handout_store::HandoutRow,
    (action, difference): (MovementAction, i32),
    lot: Option<LotCode>,
) -> Result<(), Problem> {
    let quantity = StockPieces::try_from(i64::from(row.quantity.get()))
        .map_err(|error| Problem::invalid("/quantity", error.to_string()))?;
    let movement = MovementRow {
        district: row.district,
        id: MovementId(Uuid::now_v7()),
        action,
        item: row.item.clone(),
        area: row.station,
        to_area: None,
        quantity,
        difference,
        handout: Some(row.id),
        lot,
        expires_on: None,
        person: principal.person,
        at: tx.now.naive_utc(),
        sealed: None,
    };
    Ok(store::add_movement(tx.write_unbatched(), &movement)?)
}
