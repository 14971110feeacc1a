//! The types that describe items, stocks and movements.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{CommandReason, GoodsName, GoodsUnit, LotCode};
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{EntryAction, MovementAction, PlaqueRule};
use gridward_domain::id::{HandoutId, MovementId, PersonId};
use gridward_domain::range::{KeptYears, StockPieces, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An item of the goods.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GoodsItem {
    /// The code of the item.
    pub code: ItemCode,
    /// What the item is.
    #[serde(flatten)]
    pub content: GoodsItemContent,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The content of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of an item")]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "大米10公斤", "name_en": "Rice, 10 kg", "unit": "袋", "has_serial": false,
    "once": false, "needs_receipt": true, "active": true
}))]
pub struct GoodsItemContent {
    /// The Chinese name.
    pub name: GoodsName,
    /// The English name.
    #[schema(example = "Rice, 10 kg")]
    pub name_en: GoodsName,
    /// The unit in which it is counted.
    pub unit: GoodsUnit,
    /// Whether each piece has a number, which its hand-out names.
    pub has_serial: bool,
    /// Whether a beneficiary gets it a single time, as the plaque, whatever the occasion.
    pub once: bool,
    /// Whether its hand-out needs a receipt.
    pub needs_receipt: bool,
    /// Whether it is in use.
    pub active: bool,
    /// How the state of the beneficiary's plaque in the register follows its hand-outs and returns; for an item
    /// that a beneficiary gets a single time. Default: it follows reports and edits alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plaque: Option<PlaqueRule>,
    /// The years after which a hand-out that was made or returned is deleted, with its receipt; of an item that a
    /// beneficiary gets a single time, these years after the beneficiary has ended. Default: it is kept without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_years: Option<KeptYears>,
}

/// An item of a service, with its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of an item")]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "rice_10kg", "name": "大米10公斤", "name_en": "Rice, 10 kg", "unit": "袋",
    "has_serial": false, "once": false, "needs_receipt": true, "active": true
}))]
pub struct NewGoodsItem {
    /// The code of the item.
    pub code: ItemCode,
    /// The Chinese name.
    pub name: GoodsName,
    /// The English name.
    #[schema(example = "Rice, 10 kg")]
    pub name_en: GoodsName,
    /// The unit in which it is counted.
    pub unit: GoodsUnit,
    /// Whether each piece has a number, which its hand-out names.
    pub has_serial: bool,
    /// Whether a beneficiary gets it a single time, as the plaque, whatever the occasion.
    pub once: bool,
    /// Whether its hand-out needs a receipt.
    pub needs_receipt: bool,
    /// Whether it is in use.
    pub active: bool,
    /// How the state of the beneficiary's plaque in the register follows its hand-outs and returns; for an item
    /// that a beneficiary gets a single time. Default: it follows reports and edits alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plaque: Option<PlaqueRule>,
    /// The years after which a hand-out that was made or returned is deleted, with its receipt; of an item that a
    /// beneficiary gets a single time, these years after the beneficiary has ended. Default: it is kept without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_years: Option<KeptYears>,
}

impl NewGoodsItem {
    /// The content, without the code.
    pub fn content(&self) -> GoodsItemContent {
        let Self { name, name_en, unit, has_serial, once, needs_receipt, .. } = self.clone();
        let Self { active, plaque, keep_years, .. } = self.clone();
        GoodsItemContent {
            name,
            name_en,
            unit,
            has_serial,
            once,
            needs_receipt,
            active,
            plaque,
            keep_years,
        }
    }
}

/// The stock of an item at a station.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "area": "500116001001", "area_name": "南门社区", "item": "rice_10kg", "quantity": 120
}))]
pub struct GoodsStock {
    /// The area of the station.
    pub area: AreaCode,
    /// The name of the area.
    #[schema(max_length = 100, example = "南门社区")]
    pub area_name: String,
    /// The item.
    pub item: ItemCode,
    /// The pieces in stock.
    pub quantity: StockPieces,
    /// The lots that have pieces, the first to expire first; the other pieces in stock are without a lot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 1000)]
    pub lots: Vec<GoodsLot>,
}

/// The pieces of an item that go from the station of a former area to that of the area that took over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "area": "500116001002", "to_area": "500116001009", "item": "rice_10kg", "quantity": 120
}))]
pub struct MovedStock {
    /// The former area.
    pub area: AreaCode,
    /// The area whose station gets them.
    pub to_area: AreaCode,
    /// The item.
    pub item: ItemCode,
    /// The pieces, those of all lots together.
    pub quantity: StockPieces,
}

/// The pieces of a lot at a station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({ "lot": "2027-01-A", "quantity": 40, "expires_on": "2027-12-31" }))]
pub struct GoodsLot {
    /// The lot.
    pub lot: LotCode,
    /// Its pieces.
    pub quantity: StockPieces,
    /// The last day of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<NaiveDate>,
}

/// A movement of goods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8", "action": "allotted", "item": "rice_10kg",
    "area": "500116001", "to_area": "500116001001", "quantity": 120, "difference": -120,
    "by": "018cc7af-06c6-75e0-82a8-eee14b60d3d9", "at": "2027-01-10T09:00:00+08:00"
}))]
pub struct GoodsMovement {
    /// Identifies the movement.
    pub id: MovementId,
    /// What happened.
    pub action: MovementAction,
    /// The item.
    pub item: ItemCode,
    /// The area of the station.
    pub area: AreaCode,
    /// The area of the station that got what was allotted or taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_area: Option<AreaCode>,
    /// The pieces that moved or were counted.
    pub quantity: StockPieces,
    /// The change of the station's stock.
    #[schema(minimum = -10_000_000, maximum = 10_000_000, example = -120)]
    pub difference: i32,
    /// The hand-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handout_id: Option<HandoutId>,
    /// The lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotCode>,
    /// The change of the lot's pieces: that of the stock, except for a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -10_000_000, maximum = 10_000_000, example = -120)]
    pub lot_difference: Option<i32>,
    /// The last day of use of what was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<NaiveDate>,
    /// A note, as why a count differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// Who entered it.
    pub by: PersonId,
    /// When it was entered.
    pub at: DateTime<FixedOffset>,
}

/// A movement to enter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "action": "allotted", "item": "rice_10kg", "area": "500116001", "to_area": "500116001001",
    "quantity": 120
}))]
pub struct NewGoodsMovement {
    /// What happens.
    pub action: EntryAction,
    /// The item.
    pub item: ItemCode,
    /// The area of the station: the district, a town or a village of the caller.
    pub area: AreaCode,
    /// The area of the station that gets an allotment: below `area` in the caller's area, or above `area`, to which
    /// what is left over goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_area: Option<AreaCode>,
    /// The pieces that move, at least 1, or the pieces counted.
    pub quantity: StockPieces,
    /// The lot: a consignment of the item. An allotment without it takes from the lots that expire first, and from the
    /// pieces without a lot last. A count with a lot is that of the lot; the stock is corrected by what it finds, and
    /// has at least the pieces of all lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotCode>,
    /// The last day of use of a lot that is received.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::http::day::stored_if_sent"
    )]
    pub expires_on: Option<NaiveDate>,
    /// A note; required for a count that differs from the stock. Stored encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
}
