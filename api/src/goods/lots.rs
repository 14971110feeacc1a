//! Lots: consignments of an item, each with a code and perhaps a last day of use. The pieces of a lot at a
//! station are the sum of its movements. Each movement is of one lot or of pieces without a lot, and what leaves a
//! stock without naming a lot is recorded as a movement of each lot from which it was taken
//! ([`gridward_domain::goods::lot`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::dsl::{min, sum};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::LotCode;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{HeldLot, LotError, LotShare, MovementAction, lot};
use gridward_domain::id::HandoutId;
use gridward_domain::range::{GoodsQuantity, Pieces, StockPieces};

use super::model::GoodsLot;
use crate::db::schema::goods_movements;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};

/// The pieces of each lot of each item at each station.
type Sums = BTreeMap<(AreaCode, ItemCode, LotCode), i64>;

/// A row of a sum.
type Sum<A> = (A, ItemCode, Option<LotCode>, Option<i64>);

/// The pieces of the lots of these items at these stations. The columns are those of the indexes `goods_movements_by_lot`
/// and `goods_movements_to_lot`, so that no row of a movement is read.
fn sums(
    conn: &mut Conn,
    district: AreaCode,
    (areas, items): (&BTreeSet<AreaCode>, &BTreeSet<ItemCode>),
) -> Result<Sums, DbError> {
    let of_lots = || {
        goods_movements::table
            .filter(goods_movements::district.eq(district))
            .filter(goods_movements::item.eq_any(items))
            .filter(goods_movements::lot.is_not_null())
    };
    let own: Vec<Sum<AreaCode>> = of_lots()
        .filter(goods_movements::area.eq_any(areas))
        .group_by((goods_movements::area, goods_movements::item, goods_movements::lot))
        .select((
            goods_movements::area,
            goods_movements::item,
            goods_movements::lot,
            sum(goods_movements::lot_difference),
        ))
        .load(conn)?;
    let came: Vec<Sum<Option<AreaCode>>> = of_lots()
        .filter(goods_movements::to_area.eq_any(areas))
        .group_by((goods_movements::to_area, goods_movements::item, goods_movements::lot))
        .select((
            goods_movements::to_area,
            goods_movements::item,
            goods_movements::lot,
            sum(goods_movements::quantity),
        ))
        .load(conn)?;
    let mut sums = Sums::new();
    let came = came.into_iter().filter_map(|(area, item, lot, sum)| Some((area?, item, lot, sum)));
    for (area, item, lot, sum) in own.into_iter().chain(came) {
        if let Some(lot) = lot {
            *sums.entry((area, item, lot)).or_default() += sum.unwrap_or_default();
        }
    }
    Ok(sums)
}

/// The last days of use of the lots of these items, the earliest that was received of each.
fn last_days(
    conn: &mut Conn,
    district: AreaCode,
    items: &BTreeSet<ItemCode>,
) -> Result<HashMap<(ItemCode, LotCode), NaiveDate>, DbError> {
    let days: Vec<(ItemCode, Option<LotCode>, Option<NaiveDate>)> = goods_movements::table
        .filter(goods_movements::district.eq(district))
        .filter(goods_movements::item.eq_any(items))
        .filter(goods_movements::lot.is_not_null())
        .filter(goods_movements::expires_on.is_not_null())
        .group_by((goods_movements::item, goods_movements::lot))
        .select((goods_movements::item, goods_movements::lot, min(goods_movements::expires_on)))
        .load(conn)?;
    Ok(days.into_iter().filter_map(|(item, lot, day)| Some(((item, lot?), day?))).collect())
}

/// The pieces of the lot at the station, and those of all its other lots of the item.
///
/// # Errors
/// [`DbError`].
pub(super) fn pieces(
    conn: &mut Conn,
    area: AreaCode,
    (item, lot): (&ItemCode, &LotCode),
) -> Result<(i64, i64), DbError> {
    let of = (&BTreeSet::from([area]), &BTreeSet::from([item.clone()]));
    let (mut own, mut others) = (0, 0);
    for ((_, _, of), pieces) in sums(conn, area.district(), of)? {
        if of == *lot {
            own += pieces;
        } else {
            others += pieces.max(0);
        }
    }
    Ok((own, others))
}

/// The lots of the item at the station that have pieces, in their order ([`lot::place`]). A caller reads the stock before and
/// changes it after that, so that no other server changes its lots meanwhile.
///
/// # Errors
/// [`DbError`].
pub(super) fn held(
    conn: &mut Conn,
    area: AreaCode,
    item: &ItemCode,
) -> Result<Vec<HeldLot>, DbError> {
    let of = (&BTreeSet::from([area]), &BTreeSet::from([item.clone()]));
    let lots = of_stocks(conn, area.district(), of)?.into_values().flatten();
    let held =
        |GoodsLot { lot, quantity, expires_on }| HeldLot { lot, pieces: quantity, expires_on };
    Ok(lots.map(held).collect())
}

/// The problem of pieces that are not taken.
pub(super) fn refused(why: LotError) -> Problem {
    let detail = why.to_string();
    match why {
        LotError::Expired => Problem::invalid("/lot", detail),
        LotError::Short(_) => {
            Problem::from(ProblemCode::GoodsShort).with(FieldError::new("/lot", detail))
        }
        LotError::OthersExpired(_) => {
            Problem::from(ProblemCode::GoodsShort).with(FieldError::new("/quantity", detail))
        }
    }
}

/// The lots of the items at these stations that have pieces, in their order ([`lot::place`]).
///
/// # Errors
/// [`DbError`].
pub(super) fn of_stocks(
    conn: &mut Conn,
    district: AreaCode,
    (areas, items): (&BTreeSet<AreaCode>, &BTreeSet<ItemCode>),
) -> Result<HashMap<(AreaCode, ItemCode), Vec<GoodsLot>>, DbError> {
    let mut lots: HashMap<(AreaCode, ItemCode), Vec<GoodsLot>> = HashMap::new();
    let sums = sums(conn, district, (areas, items))?;
    if sums.is_empty() {
        return Ok(lots);
    }
    let days = last_days(conn, district, items)?;
    for ((area, item, lot), pieces) in sums {
        let quantity = StockPieces::try_from(pieces).unwrap_or(StockPieces::MIN);
        if quantity > StockPieces::MIN {
            let expires_on = days.get(&(item.clone(), lot.clone())).copied();
            lots.entry((area, item)).or_default().push(GoodsLot { lot, quantity, expires_on });
        }
    }
    for of in lots.values_mut() {
        of.sort_by(|a, b| lot::place(a.expires_on, &a.lot).cmp(&lot::place(b.expires_on, &b.lot)));
    }
    Ok(lots)
}

/// The lots from which the pieces of a hand-out were taken last; none for pieces of which no movement is recorded.
///
/// # Errors
/// [`DbError`].
pub(super) fn of_handout(
    conn: &mut Conn,
    district: AreaCode,
    (handout, quantity): (HandoutId, GoodsQuantity),
) -> Result<Vec<LotShare>, DbError> {
    let movements: Vec<(MovementAction, Option<LotCode>, StockPieces)> = goods_movements::table
        .filter(goods_movements::district.eq(district))
        .filter(goods_movements::handout.eq(handout))
        .order(goods_movements::id.desc())
        .select((goods_movements::action, goods_movements::lot, goods_movements::quantity))
        .load(conn)?;
    let taken = |action: MovementAction| action == MovementAction::HandedOut;
    let last = movements.into_iter().take_while(|(action, ..)| taken(*action));
    let last = last.map(|(_, lot, pieces)| (lot, i64::from(pieces.get())));
    let (mut rest, mut shares) = (i64::from(quantity.get()), Vec::new());
    for (lot, has) in last.chain([(None, i64::MAX)]) {
        if let Ok(pieces) = Pieces::try_from(rest.min(has)) {
            rest -= i64::from(pieces.get());
            shares.push(LotShare { lot, pieces });
        }
    }
    Ok(shares)
}
