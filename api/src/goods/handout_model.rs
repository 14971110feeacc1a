//! The types that describe hand-outs.

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{
    BeneficiaryName, CommandReason, LotCode, Occasion, Relation, SerialNumber,
};
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{HandoutState, ReturnReason};
use gridward_domain::id::{BeneficiaryId, CampaignId, CaseId, HandoutId, PersonId};
use gridward_domain::range::{GoodsQuantity, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An item that a beneficiary gets for an occasion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Handout {
    /// Identifies the hand-out.
    pub id: HandoutId,
    /// The beneficiary.
    pub beneficiary_id: BeneficiaryId,
    /// The grid of the beneficiary.
    pub grid: AreaCode,
    /// The item.
    pub item: ItemCode,
    /// The occasion; `once` for an item that a beneficiary gets a single time.
    pub occasion: Occasion,
    /// The pieces.
    pub quantity: GoodsQuantity,
    /// The area of the station that has the goods.
    pub station: AreaCode,
    /// How far it is.
    pub state: HandoutState,
    /// The number of the piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialNumber>,
    /// Why the beneficiary does not have the goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReturnReason>,
    /// The campaign that planned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Who handed the goods out or returned them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<FixedOffset>>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// A hand-out with its receipt.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HandoutDetail {
    /// The hand-out.
    #[serde(flatten)]
    pub handout: Handout,
    /// The receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<HandoutReceipt>,
    /// A note about the return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// The case that decided the last withdrawal or restoration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
}

/// Who has signed for the goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "signed_by": "王小明", "relation": "女儿" }))]
pub struct HandoutReceipt {
    /// The name in the signature.
    pub signed_by: BeneficiaryName,
    /// The relation to the beneficiary of a proxy who signs instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
}

/// Goods to hand out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "beneficiary_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8", "item": "rice_10kg",
    "occasion": "spring_festival_2027", "quantity": 1, "receipt": { "signed_by": "王小明" },
    "at": "2027-01-20T10:30:00+08:00"
}))]
pub struct NewHandout {
    /// The beneficiary.
    pub beneficiary_id: BeneficiaryId,
    /// The item.
    pub item: ItemCode,
    /// The occasion; required unless a beneficiary gets the item a single time. Who does not manage goods names
    /// one that is planned, that of a campaign, or a feast with its year. It is compared and stored in
    /// small letters, without blanks at its ends and with full-width characters as usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasion: Option<Occasion>,
    /// The pieces; a volunteer, or a visitor from another grid, hands out at most as many as planned, or one. Default: as
    /// planned, or one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<GoodsQuantity>,
    /// The area of the station that has the goods: the village, the town or the district of the
    /// beneficiary; for a volunteer, or a visitor from another grid, the planned one or the village. Default: as planned,
    /// or the village.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<AreaCode>,
    /// The number of the piece; required for an item whose pieces have one, and then one piece. It is stored
    /// in capital letters: numbers that differ by case alone are of one piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialNumber>,
    /// The lot from which it is taken, which has not expired on the day. Default: the lots that expire first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotCode>,
    /// Who signs; required for an item that needs a receipt. Stored encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<HandoutReceipt>,
    /// When it was handed out, for a hand-out without a connection: at most 30 days ago, and
    /// not in the future, but for the few minutes by which a clock may be wrong (422 `/at`). Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<FixedOffset>>,
}

/// Goods that a beneficiary does not have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "absent", "note": "住院，正月后再送。" }))]
pub struct ReturnHandout {
    /// Why.
    pub reason: ReturnReason,
    /// A note; stored encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// The case of the beneficiary that was approved since and decides the withdrawal or the restoration, of which it
    /// decides one; required where the item says so, for no other return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
}
