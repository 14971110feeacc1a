//! The rows of the registers that phones have: stations, memorial sites, holidays and the items of the
//! goods.

use super::change_set::ChangedRegisters;
use super::model::Change;
use super::pull::{Pull, Pulled};
use super::row_type::RowType;
use crate::db::{Conn, DbError};
use crate::goods::{self, GoodsItem};
use crate::holiday::{self, Holiday};
use crate::memorial::{self, Memorial};
use crate::station::{self, Station};

fn station(row: &Station) -> Result<Change, DbError> {
    Change::new(RowType::Station, &row.id, row.version, row)
}

fn memorial(row: &Memorial) -> Result<Change, DbError> {
    Change::new(RowType::Memorial, &row.id, row.version, row)
}

fn holiday(row: &Holiday) -> Result<Change, DbError> {
    Change::new(RowType::Holiday, &row.id, row.version, row)
}

fn goods_item(row: &GoodsItem) -> Result<Change, DbError> {
    Change::new(RowType::GoodsItem, &row.code, row.version, row)
}

/// All rows of the scope.
pub(super) fn all(pull: &Pull<'_>, conn: &mut Conn) -> Result<Vec<Change>, DbError> {
    let range = pull.scope.area().range();
    let stations = station::store::all(conn, &range)?;
    let memorials = memorial::store::all(conn, &range)?;
    let holidays = holiday::store::all(conn, range.area().district())?;
    let items = if pull.scope.has_goods() {
        goods::store::items_in_use(conn, range.area().district())?
    } else {
        Vec::new()
    };
    let stations = stations.iter().map(station);
    let places = stations.chain(memorials.iter().map(memorial));
    places.chain(holidays.iter().map(holiday)).chain(items.iter().map(goods_item)).collect()
}

/// Adds the current content of the changed rows, and the removal of those that have ended or left
/// the scope.
pub(super) fn changed(
    pull: &Pull<'_>,
    conn: &mut Conn,
    changed: &ChangedRegisters,
    to: &mut Pulled,
) -> Result<(), DbError> {
    let area = pull.scope.area();
    let district = area.district();
    for id in &changed.stations {
        let row = station::store::row(conn, district, id)?;
        let row = row.filter(|row| row.valid_to.is_none() && row.serves(&area));
        let row = row.map(|row| station(&row.station()?)).transpose()?;
        to.put(RowType::Station, id.clone(), row);
    }
    for id in &changed.memorials {
        let row = memorial::store::row(conn, district, id)?;
        let row = row.filter(|row| row.valid_to.is_none() && area.contains(&row.grid));
        let row = row.map(|row| memorial(&row.memorial()?)).transpose()?;
        to.put(RowType::Memorial, id.clone(), row);
    }
    for id in &changed.holidays {
        let row = holiday::store::row(conn, district, id)?;
        let row = row.filter(|row| row.valid_to.is_none());
        let row = row.map(|row| holiday(&row.holiday())).transpose()?;
        to.put(RowType::Holiday, id.to_string(), row);
    }
    for code in &changed.goods_items {
        let row = goods::store::item(conn, district, code)?;
        let row = row.filter(|row| row.active);
        let row = row.map(|row| goods_item(&row.item())).transpose()?;
        to.put(RowType::GoodsItem, code.to_string(), row);
    }
    Ok(())
}
