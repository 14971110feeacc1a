//! The export of the stocks of goods.

use std::collections::HashMap;

use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::code::ItemCode;
use gridward_domain::range::PageLimit;

use super::cell::{Cell, Column, Labelled, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::db::{Conn, DbError};
use crate::goods::model::{GoodsItemContent, GoodsLot, GoodsStock};
use crate::goods::store;
use crate::http::page::{Wanted, cut};

/// The stocks that a filter selects.
pub struct Stocks {
    /// The area.
    pub scope: AreaRange,
    /// Only this item.
    pub item: Option<ItemCode>,
    /// The items of the district.
    pub items: HashMap<ItemCode, GoodsItemContent>,
    /// The labels.
    pub labels: Labels,
}

impl Listing for Stocks {
    type Position = (AreaCode, ItemCode);

    const NAME: (&'static str, &'static str) = ("goods-stocks", "goods.export_stocks");

    const COLUMNS: &'static [Column] = columns! {
        "station", "Station", "服务站区域编码";
        "station_name", "Name of the station's area", "服务站区域名称";
        "item", "Item", "物资";
        "quantity", "Quantity", "数量";
        "unit", "Unit", "单位";
        "lots", "Lots", "批次";
        "expires_on", "First to expire", "最早到期日";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let mut stocks = store::stocks(conn, &self.scope, self.item.as_ref(), &wanted)?;
        let last = cut(&mut stocks, PageLimit::MAX, |stock| (stock.area, stock.item.clone()));
        Ok((stocks.iter().map(|stock| self.row(stock)).collect(), last))
    }
}

impl Stocks {
    fn row(&self, stock: &GoodsStock) -> Vec<Cell> {
        let item = self.items.get(&stock.item);
        vec![
            Cell::text(stock.area),
            Cell::text(&stock.area_name),
            self.labels.item(&stock.item, &self.items),
            Cell::Number(stock.quantity.get().into()),
            Cell::of(item, |item| Cell::text(item.unit.as_str())),
            Cell::Words(stock.lots.iter().map(lot).collect()),
            Cell::of(stock.lots.iter().filter_map(|lot| lot.expires_on).min(), Cell::Day),
        ]
    }
}

/// The lot, labelled with its pieces.
fn lot(lot: &GoodsLot) -> Labelled {
    let code = lot.lot.as_str();
    Labelled { code: code.to_owned(), label: format!("{code} ({})", lot.quantity.get()) }
}
