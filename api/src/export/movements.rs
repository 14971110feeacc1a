//! The export of movements of goods, without notes and the names of those who entered them.

use std::collections::HashMap;

use gridward_domain::area::AreaRange;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::MovementAction;
use gridward_domain::id::MovementId;
use gridward_domain::range::PageLimit;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::clock;
use crate::db::{Conn, DbError};
use crate::goods::model::GoodsItemContent;
use crate::goods::movement_store::{self, MovementRow};
use crate::http::page::{Wanted, cut};

/// The movements that a filter selects.
pub struct Movements {
    /// The area.
    pub scope: AreaRange,
    /// Only movements of this kind.
    pub action: Option<MovementAction>,
    /// Only this item.
    pub item: Option<ItemCode>,
    /// The items of the district.
    pub items: HashMap<ItemCode, GoodsItemContent>,
    /// The labels.
    pub labels: Labels,
}

impl Listing for Movements {
    type Position = MovementId;

    const NAME: (&'static str, &'static str) = ("goods-movements", "goods.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Movement id", "流水编号";
        "at", "Time", "时间";
        "action", "Type", "类型";
        "item", "Item", "物资";
        "station", "Station", "服务站区域编码";
        "station_name", "Name of the station's area", "服务站区域名称";
        "to_station", "To station", "调入服务站区域编码";
        "to_station_name", "Name of the area of that station", "调入服务站区域名称";
        "quantity", "Quantity", "数量";
        "difference", "Change of the stock", "库存变化";
        "handout_id", "Hand-out", "发放编号";
        "lot", "Lot", "批次";
        "expires_on", "Last day of use", "有效期至";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let of = (self.action, self.item.as_ref());
        let mut rows = movement_store::movements(conn, &self.scope, of, &wanted)?;
        let last = cut(&mut rows, PageLimit::MAX, |row| row.id);
        Ok((rows.iter().map(|row| self.row(row)).collect(), last))
    }
}

impl Movements {
    fn row(&self, row: &MovementRow) -> Vec<Cell> {
        let labels = &self.labels;
        vec![
            Cell::text(row.id),
            Cell::Time(row.at.and_utc().with_timezone(&clock::china())),
            labels.word(row.action),
            labels.item(&row.item, &self.items),
            Cell::text(row.area),
            labels.area(&row.area),
            Cell::of(row.to_area, Cell::text),
            Cell::of(row.to_area, |area| labels.area(&area)),
            Cell::Number(row.quantity.get().into()),
            Cell::Number(row.difference.into()),
            Cell::of(row.handout, Cell::text),
            Cell::of(row.lot.as_ref(), |lot| Cell::text(lot.as_str())),
            Cell::of(row.expires_on, Cell::Day),
        ]
    }
}
