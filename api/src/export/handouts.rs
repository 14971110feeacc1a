//! The export of hand-outs, without receipts, notes and the names of those who handed the goods out.

use std::collections::HashMap;

use gridward_domain::code::ItemCode;
use gridward_domain::id::HandoutId;
use gridward_domain::range::PageLimit;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::db::{Conn, DbError};
use crate::goods::handout_store::{self, HandoutFilter, HandoutRow};
use crate::goods::model::GoodsItemContent;
use crate::http::page::{Wanted, cut};

/// The hand-outs that a filter selects.
pub struct Handouts {
    /// The filter.
    pub filter: HandoutFilter,
    /// The items of the district.
    pub items: HashMap<ItemCode, GoodsItemContent>,
    /// The labels.
    pub labels: Labels,
}

impl Listing for Handouts {
    type Position = HandoutId;

    const NAME: (&'static str, &'static str) = ("handouts", "handout.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Hand-out", "发放编号";
        "beneficiary_id", "Beneficiary", "服务对象编号";
        "grid", "Grid", "网格编码";
        "grid_name", "Name of the grid", "网格名称";
        "item", "Item", "物资";
        "quantity", "Quantity", "数量";
        "occasion", "Occasion", "发放事由";
        "station", "Station", "服务站区域编码";
        "station_name", "Name of the station's area", "服务站区域名称";
        "state", "State", "状态";
        "serial", "Number", "编号";
        "reason", "Reason of the return", "退回原因";
        "at", "Time", "时间";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let mut read = handout_store::list(conn, &self.filter, &wanted)?;
        let last = cut(&mut read, PageLimit::MAX, |row| row.id);
        Ok((read.iter().map(|row| self.row(row)).collect(), last))
    }
}

impl Handouts {
    fn row(&self, row: &HandoutRow) -> Vec<Cell> {
        let (labels, shown) = (&self.labels, row.shown());
        vec![
            Cell::text(shown.id),
            Cell::text(shown.beneficiary_id),
            Cell::text(shown.grid),
            labels.area(&shown.grid),
            labels.item(&shown.item, &self.items),
            Cell::Number(shown.quantity.get().into()),
            Cell::text(shown.occasion.as_str()),
            Cell::text(shown.station),
            labels.area(&shown.station),
            labels.word(shown.state),
            Cell::of(shown.serial.as_ref(), |serial| Cell::text(serial.as_str())),
            Cell::of(shown.reason, |reason| labels.word(reason)),
            Cell::of(shown.at, Cell::Time),
        ]
    }
}
