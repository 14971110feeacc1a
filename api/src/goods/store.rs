//! Queries for items and stocks.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::bounded_text::{GoodsName, GoodsUnit};
use gridward_domain::code::{Categories, ItemCode};
use gridward_domain::goods::PlaqueRule;
use gridward_domain::range::{KeptYears, StockPieces};

use super::lots;
use super::model::{GoodsItem, GoodsItemContent, GoodsStock};
use crate::area;
use crate::db::column::JsonColumn;
use crate::db::schema::{goods_items, goods_stocks};
use crate::db::{Conn, DbError, changed_one};
use crate::http::page::Wanted;
use crate::in_range;
use crate::tx::row::{RowChange, write_versioned};

crate::table_row! {
    /// A row of `goods_items`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ItemRow in goods_items {
        district: AreaCode,
        key {
            code: ItemCode,
        }
        fixed {
        }
        changing {
            name: GoodsName,
            name_en: GoodsName,
            unit: GoodsUnit,
            has_serial: bool,
            once: bool,
            needs_receipt: bool,
            active: bool,
            plaque: Option<JsonColumn<PlaqueRule>>,
            keep_years: Option<KeptYears>,
            version: i64,
        }
    }
}

crate::table_row! {
    /// A row of `goods_stocks`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct StockRow in goods_stocks {
        district: AreaCode,
        key {
            area: AreaCode,
            item: ItemCode,
        }
        fixed {
        }
        changing {
            quantity: StockPieces,
            version: i64,
        }
    }
}

impl ItemRow {
    /// Whether a beneficiary of these categories is entitled to it.
    pub fn is_for(&self, categories: &Categories) -> bool {
        self.plaque.as_ref().is_none_or(|rule| rule.value().is_entitled(categories))
    }

    /// The item.
    pub fn item(self) -> GoodsItem {
        let content = GoodsItemContent {
            name: self.name,
            name_en: self.name_en,
            unit: self.unit,
            has_serial: self.has_serial,
            once: self.once,
            needs_receipt: self.needs_receipt,
            active: self.active,
            plaque: self.plaque.map(JsonColumn::into_value),
            keep_years: self.keep_years,
        };
        GoodsItem { code: self.code, content, version: self.version }
    }
}

/// The item of the district.
///
/// # Errors
/// [`DbError`].
pub fn item(
    conn: &mut Conn,
    district: AreaCode,
    code: &ItemCode,
) -> Result<Option<ItemRow>, DbError> {
    let found = goods_items::table.find((district, code));
    Ok(found.select(ItemRow::as_select()).first(conn).optional()?)
}

/// All items of the district, by code.
///
/// # Errors
/// [`DbError`].
pub fn all_items(
    conn: &mut Conn,
    district: AreaCode,
) -> Result<HashMap<ItemCode, GoodsItemContent>, DbError> {
    let rows: Vec<ItemRow> = goods_items::table
        .filter(goods_items::district.eq(district))
        .select(ItemRow::as_select())
        .load(conn)?;
    let items = rows.into_iter().map(ItemRow::item);
    Ok(items.map(|item| (item.code, item.content)).collect())
}

/// The items of the district that are in use, by code.
///
/// # Errors
/// [`DbError`].
pub fn items_in_use(conn: &mut Conn, district: AreaCode) -> Result<Vec<GoodsItem>, DbError> {
    let rows: Vec<ItemRow> = goods_items::table
        .filter(goods_items::district.eq(district))
        .filter(goods_items::active.eq(true))
        .order(goods_items::code)
        .select(ItemRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(ItemRow::item).collect())
}

/// The items of the district whose hand-outs are kept for some years.
///
/// # Errors
/// [`DbError`].
pub fn kept_for_years(conn: &mut Conn, district: AreaCode) -> Result<Vec<ItemCode>, DbError> {
    Ok(goods_items::table
        .filter(goods_items::district.eq(district))
        .filter(goods_items::keep_years.is_not_null())
        .order(goods_items::code)
        .select(goods_items::code)
        .load(conn)?)
}

/// A page of the items of the district, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn items(
    conn: &mut Conn,
    district: AreaCode,
    wanted: &Wanted<ItemCode>,
) -> Result<Vec<ItemRow>, DbError> {
    let mut query = goods_items::table
        .filter(goods_items::district.eq(district))
        .select(ItemRow::as_select())
        .into_boxed();
    if let Some(code) = &wanted.after {
        query = query.filter(goods_items::code.gt(code));
    }
    Ok(query.order(goods_items::code).limit(wanted.rows()).load(conn)?)
}

/// Replaces the item `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put_item(conn: &mut Conn, old: Option<&ItemRow>, new: &ItemRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    let insert = |conn: &mut Conn, rows: &[&ItemRow]| {
        ItemRow::insert_all(conn, rows).map_err(DbError::unless_unique)
    };
    write_versioned(conn, &[change], |row| row.version, insert, ItemRow::update_all)
}

/// The stock of the item at the station of the area, if it ever had any.
///
/// # Errors
/// [`DbError`].
pub fn stock(
    conn: &mut Conn,
    area: AreaCode,
    item: &ItemCode,
) -> Result<Option<StockRow>, DbError> {
    let found = goods_stocks::table.find((area.district(), area, item));
    Ok(found.select(StockRow::as_select()).first(conn).optional()?)
}

/// The stocks of the stations of these areas, by area and item.
///
/// # Errors
/// [`DbError`].
pub fn stocks_of(
    conn: &mut Conn,
    district: AreaCode,
    areas: &BTreeSet<AreaCode>,
) -> Result<Vec<StockRow>, DbError> {
    Ok(goods_stocks::table
        .filter(goods_stocks::district.eq(district))
        .filter(goods_stocks::area.eq_any(areas))
        .order((goods_stocks::area, goods_stocks::item))
        .select(StockRow::as_select())
        .load(conn)?)
}

/// Deletes the stock of a station that is no more.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn delete_stock(conn: &mut Conn, row: &StockRow) -> Result<(), DbError> {
    let as_read = goods_stocks::table
        .find((row.district, row.area, &row.item))
        .filter(goods_stocks::version.eq(row.version));
    changed_one(diesel::delete(as_read).execute(conn)?)
}

/// Replaces the stock `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put_stock(conn: &mut Conn, old: Option<&StockRow>, new: &StockRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    let insert = |conn: &mut Conn, rows: &[&StockRow]| {
        // Another server received the first pieces meanwhile.
        StockRow::insert_all(conn, rows).map_err(DbError::unless_unique)
    };
    write_versioned(conn, &[change], |row| row.version, insert, StockRow::update_all)
}

/// A page of the stocks in the range, ordered by area and item.
///
/// # Errors
/// [`DbError`].
pub fn stocks(
    conn: &mut Conn,
    scope: &AreaRange,
    of_item: Option<&ItemCode>,
    wanted: &Wanted<(AreaCode, ItemCode)>,
) -> Result<Vec<GoodsStock>, DbError> {
    let district = scope.area().district();
    let mut query = goods_stocks::table
        .filter(goods_stocks::district.eq(district))
        .filter(in_range!(goods_stocks::area, scope))
        .select(StockRow::as_select())
        .into_boxed();
    if let Some(item) = of_item {
        query = query.filter(goods_stocks::item.eq(item));
    }
    if let Some((area, item)) = &wanted.after {
        let same = goods_stocks::area.eq(area).and(goods_stocks::item.gt(item));
        query = query.filter(goods_stocks::area.gt(area).or(same));
    }
    let order = (goods_stocks::area, goods_stocks::item);
    let rows: Vec<StockRow> = query.order(order).limit(wanted.rows()).load(conn)?;
    let areas: BTreeSet<AreaCode> = rows.iter().map(|row| row.area).collect();
    let names = area::store::names_of(conn, district, &areas)?;
    let items: BTreeSet<ItemCode> = rows.iter().map(|row| row.item.clone()).collect();
    let mut lots = lots::of_stocks(conn, district, (&areas, &items))?;
    let shown = rows.into_iter().map(|row| GoodsStock {
        lots: lots.remove(&(row.area, row.item.clone())).unwrap_or_default(),
        area: row.area,
        area_name: names.get(&row.area).cloned().unwrap_or_default(),
        item: row.item,
        quantity: row.quantity,
    });
    Ok(shown.collect())
}
