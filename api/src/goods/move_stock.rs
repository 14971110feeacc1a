//! Enters movements of goods: received, allotted to a station below or above, counted.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::LotCode;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{
    EntryAction, LotShare, MovementAction, StockChange, StockError, lot, stock,
};
use gridward_domain::id::MovementId;
use gridward_domain::range::{Pieces, StockPieces};
use serde_json::{Value, json};
use uuid::Uuid;

use super::lots;
use super::model::{GoodsMovement, NewGoodsMovement};
use super::movement_store::{self, MovementRow};
use super::store::{self, ItemRow, StockRow};
use crate::area;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{DbError, dialect};
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

/// The pieces of a movement.
pub(super) fn pieces(quantity: impl Into<i64>) -> Result<Pieces, Problem> {
    Pieces::try_from(quantity.into())
        .map_err(|error| Problem::invalid("/quantity", error.to_string()))
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
    lock_areas(tx, new)?;
    check_area(tx, principal, ("/area", new.area))?;
    item_in_use(tx, &new.item)?;
    if new.action != EntryAction::Allotted && new.to_area.is_some() {
        return Err(Problem::invalid("/to_area", "is for an allotment only"));
    }
    if new.expires_on.is_some() && (new.lot.is_none() || new.action != EntryAction::Received) {
        return Err(Problem::invalid("/expires_on", "is for a lot that is received"));
    }
    let (quantity, lot) = (new.quantity, new.lot.clone());
    let parts = match new.action {
        EntryAction::Received => {
            let received = StockChange::Add(pieces(quantity.get())?);
            let difference = change(tx, new.area, &new.item, received)?;
            let lot_difference = lot.as_ref().map(|_| difference);
            vec![Part { quantity, difference, lot, lot_difference }]
        }
        EntryAction::Counted => {
            let (difference, lot_difference) = counted(tx, new)?;
            vec![Part { quantity, difference, lot, lot_difference }]
        }
        EntryAction::Allotted => {
            let to = allotted_to(tx, principal, new)?;
            let pieces = pieces(quantity.get())?;
            // What goes down is to be handed out.
            let on = new.area.contains(&to).then(|| clock::day(tx.now));
            let shares = take(tx, new.area, (&new.item, lot.as_ref()), (pieces, on))?;
            change(tx, to, &new.item, StockChange::Add(pieces))?;
            shares.iter().map(|share| Part::of(share, -1)).collect::<Result<_, _>>()?
        }
    };
    let rows = record(tx, key, principal, (new, &parts))?;
    whole(key, &rows)
}

/// The part of a movement that is of one lot, or without a lot.
struct Part {
    quantity: StockPieces,
    difference: i32,
    lot: Option<LotCode>,
    lot_difference: Option<i32>,
}

impl Part {
    /// The part of a share that leaves the stock (`direction` -1), comes back to it (1), or has no part in it (0).
    fn of(LotShare { lot, pieces }: &LotShare, direction: i32) -> Result<Self, Problem> {
        let quantity = StockPieces::try_from(i64::from(pieces.get()))
            .map_err(|error| Problem::invalid("/quantity", error.to_string()))?;
        let difference = direction * pieces.get();
        let (lot, lot_difference) = (lot.clone(), lot.as_ref().map(|_| difference));
        Ok(Self { quantity, difference, lot, lot_difference })
    }
}

/// Records the parts, each as a movement with its event.
fn record(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (new, parts): (&NewGoodsMovement, &[Part]),
) -> Result<Vec<MovementRow>, Problem> {
    let mut rows = Vec::with_capacity(parts.len());
    for Part { quantity, difference, lot, lot_difference } in parts {
        let id = MovementId(Uuid::now_v7());
        let row = MovementRow {
            district: principal.district(),
            id,
            action: new.action.into(),
            item: new.item.clone(),
            area: new.area,
            to_area: new.to_area,
            quantity: *quantity,
            difference: *difference,
            handout: None,
            lot: lot.clone(),
            lot_difference: *lot_difference,
            expires_on: new.expires_on,
            person: principal.person,
            at: tx.now.naive_utc(),
            sealed: MovementRow::seal(key, (principal.district(), id), new.note.as_ref())?,
        };
        movement_store::add_movement(tx.write_unbatched(), &row)?;
        let event = Event::new(new.action(), Subject::GoodsMovement, id, new.area, 1);
        let body = json!({
            "item": new.item, "quantity": quantity, "to": new.to_area, "difference": difference,
            "lot": lot, "lot_difference": lot_difference
        });
        tx.record(event.by(principal.person).with(body));
        rows.push(row);
    }
    Ok(rows)
}

/// The movement that was entered: of several lots their sum, under the id of the first part.
fn whole(key: &SealingKey, rows: &[MovementRow]) -> Result<GoodsMovement, Problem> {
    let missing = || DbError::corrupt(movement_store::MOVEMENTS, "an entry without a movement");
    let (first, others) = rows.split_first().ok_or_else(missing)?;
    let movement = first.movement(key)?;
    if others.is_empty() {
        return Ok(movement);
    }
    let sum: i64 = rows.iter().map(|row| i64::from(row.quantity.get())).sum();
    let quantity = StockPieces::try_from(sum)
        .map_err(|error| Problem::invalid("/quantity", error.to_string()))?;
    let difference: i32 = rows.iter().map(|row| row.difference).sum();
    Ok(GoodsMovement { quantity, difference, lot: None, lot_difference: None, ..movement })
}

/// Corrects the stock by a count of all pieces, or of those of a lot; answers the differences of the stock and
/// of the lot. The stock is read once: its change fails if another server changed it since, so that the
/// pieces of the lots are those beside this stock. A count of all pieces does not say which lot lacks some, so that it
/// finds no fewer than the lots have.
fn counted(tx: &mut Tx<'_>, new: &NewGoodsMovement) -> Result<(i32, Option<i32>), Problem> {
    let old = store::stock(tx.read_unbatched(), new.area, &new.item)?;
    let out_of_range = || Problem::invalid("/quantity", "is out of range");
    let (next, lot_difference) = match &new.lot {
        None => {
            let held = lots::held(tx.read_unbatched(), new.area, &new.item)?;
            let in_lots = lot::in_lots(&held);
            if i64::from(new.quantity.get()) < in_lots {
                let detail = format!("the lots have {in_lots}: count each lot that lacks some");
                return Err(Problem::invalid("/quantity", detail));
            }
            (new.quantity, None)
        }
        Some(lot) => {
            let (had, others) = lots::pieces(tx.read_unbatched(), new.area, (&new.item, lot))?;
            let stock = old.as_ref().map_or(StockPieces::MIN, |row| row.quantity);
            let next = stock::after_lot_count(stock, (had, new.quantity), others)
                .map_err(|error| Problem::invalid("/quantity", error.to_string()))?;
            let difference = i32::try_from(i64::from(new.quantity.get()) - had);
            (next, Some(difference.map_err(|_| out_of_range())?))
        }
    };
    let difference = change_from(tx, old, (new.area, &new.item), StockChange::Set(next))?;
    if (difference != 0 || lot_difference.is_some_and(|of| of != 0)) && new.note.is_none() {
        return Err(Problem::invalid("/note", "is required for a count that differs"));
    }
    Ok((difference, lot_difference))
}

/// The station that gets what is allotted: one below in the caller's area, or one above, also outside of it. What is
/// left over goes back to where it came from.
fn allotted_to(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewGoodsMovement,
) -> Result<AreaCode, Problem> {
    let to = new.to_area.ok_or_else(|| Problem::invalid("/to_area", "is missing"))?;
    if !stock::allots(&new.area, &to) {
        let detail = "must be the district, a town or a village above or below area";
        return Err(Problem::invalid("/to_area", detail));
    }
    if !to.contains(&new.area) {
        check_area(tx, principal, ("/to_area", to))?;
    }
    Ok(to)
}

/// Locks the areas of the movement: a change of areas that ends one of them waits for the goods and moves them with the
/// others, and the check after this sees a change that was first. In the order in which areas are ended, so that
/// neither waits for the other.
fn lock_areas(tx: &mut Tx<'_>, new: &NewGoodsMovement) -> Result<(), DbError> {
    let (areas, district) =
        (BTreeSet::from([new.area, new.to_area.unwrap_or(new.area)]), tx.district);
    for area in areas {
        dialect::lock_area(tx.read_unbatched(), district, area)?;
    }
    Ok(())
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
    change_from(tx, old, (area, item), by)
}

/// Changes the stock that was read; the row is written also if it keeps its pieces, so that no other server
/// changes it at once.
///
/// # Errors
/// As [`change`].
pub(super) fn change_from(
    tx: &mut Tx<'_>,
    old: Option<StockRow>,
    (area, item): (AreaCode, &ItemCode),
    by: StockChange,
) -> Result<i32, Problem> {
    let had = old.as_ref().map_or(StockPieces::MIN, |row| row.quantity);
    let quantity = stock::apply(had, by).map_err(|error| match error {
        StockError::Short(_) => Problem::from(ProblemCode::GoodsShort)
            .with(FieldError::new("/quantity", error.to_string())),
        StockError::Full => Problem::invalid("/quantity", error.to_string()),
    })?;
    let version = old.as_ref().map_or(1, |row| row.version + 1);
    let next = StockRow { district: area.district(), area, item: item.clone(), quantity, version };
    store::put_stock(tx.write_unbatched(), old.as_ref(), &next)?;
    Ok(quantity.get() - had.get())
}

/// Takes pieces of the item from the stock of the station: of the named lot, or of those that expire first, none of which
/// has expired on the day `on`; with `None`, also of expired ones.
///
/// # Errors
/// 409 if more is taken than there is; 422 for a named lot that has expired.
pub(super) fn take(
    tx: &mut Tx<'_>,
    area: AreaCode,
    (item, named): (&ItemCode, Option<&LotCode>),
    (pieces, on): (Pieces, Option<NaiveDate>),
) -> Result<Vec<LotShare>, Problem> {
    // The change of the stock fails if another server has changed it, and with it its lots, since.
    let old = store::stock(tx.read_unbatched(), area, item)?;
    let had = old.as_ref().map_or(StockPieces::MIN, |row| row.quantity);
    let held = lots::held(tx.read_unbatched(), area, item)?;
    change_from(tx, old, (area, item), StockChange::Take(pieces))?;
    let shares = match named {
        Some(lot) => lot::take_of(&held, lot, pieces, on).map(|share| vec![share]),
        None => lot::take(had, &held, pieces, on),
    };
    shares.map_err(lots::refused)
}

/// Records the movements of a hand-out, one of each share, which leaves the stock (`direction` -1), comes back to it
/// (1), or has no part in it (0).
pub(super) fn of_handout(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &super::handout_store::HandoutRow,
    (action, direction): (MovementAction, i32),
    shares: &[LotShare],
) -> Result<(), Problem> {
    for share in shares {
        let Part { quantity, difference, lot, lot_difference } = Part::of(share, direction)?;
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
            lot_difference,
            expires_on: None,
            person: principal.person,
            at: tx.now.naive_utc(),
            sealed: None,
        };
        movement_store::add_movement(tx.write_unbatched(), &movement)?;
    }
    Ok(())
}
