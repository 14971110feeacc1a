//! Moves the stocks of former areas, with their lots, to the stations of the areas that took over. No piece is lost by
//! a change of areas, and each move is a movement of its own.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::LotCode;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{HandoutState, MovementAction, StockChange, stock};
use gridward_domain::id::MovementId;
use gridward_domain::range::StockPieces;
use serde_json::json;
use uuid::Uuid;

use super::model::{GoodsLot, MovedStock};
use super::movement_store::{self, MovementRow};
use super::store::{self, StockRow};
use super::{lots, move_stock};
use crate::db::schema::handouts;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The action of a stock that goes to the area that took over.
const ACTION: &str = "goods.take_over";

/// The stocks that [`take_over`] moves to the heirs of former areas, ordered by area and item.
///
/// # Errors
/// As [`take_over`].
pub fn to_take_over(
    conn: &mut Conn,
    district: AreaCode,
    heirs: &BTreeMap<AreaCode, AreaCode>,
) -> Result<Vec<MovedStock>, Problem> {
    let stocks = with_heirs(conn, district, heirs)?;
    check_room(conn, district, &stocks)?;
    Ok(moved(&stocks))
}

/// Moves the stocks of former areas to their heirs, and gives these what was handed out there, which may come back.
/// Returns what moved, ordered by area and item.
///
/// # Errors
/// 422 for more than a stock may hold; those of the database.
pub fn take_over(
    tx: &mut Tx<'_>,
    principal: &Principal,
    heirs: &BTreeMap<AreaCode, AreaCode>,
) -> Result<Vec<MovedStock>, Problem> {
    if heirs.is_empty() {
        return Ok(vec![]);
    }
    let district = tx.district;
    let stocks = with_heirs(tx.read_unbatched(), district, heirs)?;
    let areas: BTreeSet<AreaCode> = heirs.keys().copied().collect();
    let items: BTreeSet<ItemCode> = stocks.iter().map(|(row, _)| row.item.clone()).collect();
    let mut lots = lots::of_stocks(tx.read_unbatched(), district, (&areas, &items))?;
    for (row, heir) in &stocks {
        let of_stock = lots.remove(&(row.area, row.item.clone())).unwrap_or_default();
        add(tx, row, *heir)?;
        for part in parts(row.quantity, of_stock) {
            record(tx, principal, (row, *heir), part)?;
        }
        store::delete_stock(tx.write_unbatched(), row)?;
    }
    follow_stations(tx.write_unbatched(), district, heirs)?;
    Ok(moved(&stocks))
}

/// The stocks of former areas, by area and item, each with its heir. Stocks without pieces are among them: they end too.
///
/// # Errors
/// [`DbError`].
fn with_heirs(
    conn: &mut Conn,
    district: AreaCode,
    heirs: &BTreeMap<AreaCode, AreaCode>,
) -> Result<Vec<(StockRow, AreaCode)>, DbError> {
    let former: BTreeSet<AreaCode> = heirs.keys().copied().collect();
    let stocks = store::stocks_of(conn, district, &former)?.into_iter();
    let stocks = stocks.filter_map(|row| heirs.get(&row.area).map(|heir| (row, *heir)));
    Ok(stocks.collect())
}

/// Whether the stocks of the heirs have room for these, as [`take_over`] adds them.
///
/// # Errors
/// 422 if not; those of the database.
fn check_room(
    conn: &mut Conn,
    district: AreaCode,
    stocks: &[(StockRow, AreaCode)],
) -> Result<(), Problem> {
    let current: BTreeSet<AreaCode> = stocks.iter().map(|(_, heir)| *heir).collect();
    let had = store::stocks_of(conn, district, &current)?.into_iter();
    let mut sums: BTreeMap<(AreaCode, ItemCode), StockPieces> =
        had.map(|row| ((row.area, row.item), row.quantity)).collect();
    for (row, heir) in stocks {
        let sum = sums.entry((*heir, row.item.clone())).or_insert(StockPieces::MIN);
        *sum = joined(*sum, row.quantity)?;
    }
    Ok(())
}

/// The stocks that have pieces, as answered.
fn moved(stocks: &[(StockRow, AreaCode)]) -> Vec<MovedStock> {
    let with_pieces = stocks.iter().filter(|(row, _)| row.quantity > StockPieces::MIN);
    let moved = with_pieces.map(|(row, heir)| MovedStock {
        area: row.area,
        to_area: *heir,
        item: row.item.clone(),
        quantity: row.quantity,
    });
    moved.collect()
}

/// The stock of an heir with that of a former area.
fn joined(had: StockPieces, more: StockPieces) -> Result<StockPieces, Problem> {
    stock::joined(had, more).map_err(|error| Problem::invalid("/changes", error.to_string()))
}

/// Adds the pieces to the stock of the heir.
fn add(tx: &mut Tx<'_>, row: &StockRow, heir: AreaCode) -> Result<(), Problem> {
    if row.quantity == StockPieces::MIN {
        return Ok(());
    }
    let old = store::stock(tx.read_unbatched(), heir, &row.item)?;
    let had = old.as_ref().map_or(StockPieces::MIN, |row| row.quantity);
    let all = joined(had, row.quantity)?;
    move_stock::change_from(tx, old, (heir, &row.item), StockChange::Set(all))?;
    Ok(())
}

/// Stores the movement of a part of the stock.
fn record(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (row, heir): (&StockRow, AreaCode),
    (lot, quantity): (Option<LotCode>, StockPieces),
) -> Result<(), Problem> {
    let (id, difference) = (MovementId(Uuid::now_v7()), -quantity.get());
    let movement = MovementRow {
        district: row.district,
        id,
        action: MovementAction::TakenOver,
        item: row.item.clone(),
        area: row.area,
        to_area: Some(heir),
        quantity,
        difference,
        handout: None,
        person: principal.person,
        at: tx.now.naive_utc(),
        sealed: None,
        lot_difference: lot.as_ref().map(|_| difference),
        lot,
        expires_on: None,
    };
    movement_store::add_movement(tx.write_unbatched(), &movement)?;
    let body = json!({
        "item": movement.item, "quantity": quantity, "to": heir, "difference": difference,
        "lot": movement.lot, "lot_difference": movement.lot_difference
    });
    let event = Event::new(ACTION, Subject::GoodsMovement, id, heir, 1).moved_from(row.area);
    tx.record(event.by(principal.person).with(body));
    Ok(())
}

/// Gives what was handed out from stations of former areas to those that took over (`heirs`): it comes back there.
fn follow_stations(
    conn: &mut Conn,
    district: AreaCode,
    heirs: &BTreeMap<AreaCode, AreaCode>,
) -> Result<(), DbError> {
    let handed_out = || {
        handouts::table
            .filter(handouts::district.eq(district))
            .filter(handouts::state.eq(HandoutState::HandedOut))
    };
    let stations: Vec<AreaCode> = handed_out().select(handouts::station).distinct().load(conn)?;
    for station in stations {
        let Some(heir) = heirs.get(&station) else { continue };
        diesel::update(handed_out().filter(handouts::station.eq(station)))
            .set((handouts::station.eq(heir), handouts::version.eq(handouts::version + 1)))
            .execute(conn)?;
    }
    Ok(())
}

/// The stock by lots, in their order, and last what belongs to none. Movements of earlier versions that named no lot left
/// the lots as they were, so that lots may have more pieces than the stock: what they have beyond it is not there.
fn parts(stock: StockPieces, lots: Vec<GoodsLot>) -> Vec<(Option<LotCode>, StockPieces)> {
    let mut parts = Vec::with_capacity(lots.len() + 1);
    let mut rest = i64::from(stock.get());
    let lots = lots.into_iter().map(|lot| (Some(lot.lot), i64::from(lot.quantity.get())));
    for (lot, pieces) in lots.chain([(None, i64::MAX)]) {
        let pieces = pieces.min(rest);
        rest -= pieces;
        // No part is larger than the stock.
        if let Ok(pieces) = StockPieces::try_from(pieces)
            && pieces > StockPieces::MIN
        {
            parts.push((lot, pieces));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(count: i64) -> StockPieces {
        count.try_into().expect("pieces")
    }

    /// The parts of a stock with these lots, by code and pieces.
    fn parts_of(stock: i64, lots: &[(&str, i64)]) -> Vec<(Option<String>, i32)> {
        let lots = lots.iter().map(|(lot, count)| GoodsLot {
            lot: lot.parse().expect("a code"),
            quantity: pieces(*count),
            expires_on: None,
        });
        let parts = parts(pieces(stock), lots.collect()).into_iter();
        parts.map(|(lot, count)| (lot.map(|lot| lot.as_str().to_owned()), count.get())).collect()
    }

    #[test]
    fn a_stock_goes_by_lots_and_no_lot_has_more_than_is_there() {
        let named = |lot: &str, count: i32| (Some(lot.to_owned()), count);
        assert_eq!(parts_of(9, &[]), [(None, 9)]);
        assert_eq!(parts_of(9, &[("A", 4), ("B", 3)]), [named("A", 4), named("B", 3), (None, 2)]);
        assert_eq!(parts_of(5, &[("A", 4), ("B", 3)]), [named("A", 4), named("B", 1)]);
        assert!(parts_of(0, &[("A", 4)]).is_empty());
    }
}
