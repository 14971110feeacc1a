//! The hand-outs of a campaign: planned in bulk, and counted.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{HandoutState, PlaqueRule, ReturnReason};
use gridward_domain::id::{BeneficiaryId, CampaignId, HandoutId};
use gridward_domain::range::GoodsQuantity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::choice::{Chosen, Extent, choose};
use super::handout_store::HandoutRow;
use super::model::GoodsItemContent;
use super::occasion::ONCE;
use super::store::ItemRow;
use crate::beneficiary::home::Home;
use crate::beneficiary::store::BeneficiaryRow;
use crate::db::schema::handouts;
use crate::db::{Conn, DbError};
use crate::in_range;
use crate::tx::Tx;

/// The event of hand-outs that a campaign has planned.
pub const PLAN_HANDOUTS: &str = "campaign.plan_handouts";
/// The most items of a campaign.
pub const MOST_ITEMS: usize = 20;

/// An item that each member of a campaign gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "item": "rice_10kg", "quantity": 1 }))]
pub struct ItemForEach {
    /// The item.
    pub item: ItemCode,
    /// The pieces for each member.
    pub quantity: GoodsQuantity,
    /// Who gets them. Default: `person`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<GoodsPer>,
}

/// Who gets an item for an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoodsPer {
    /// Each member; of a plaque one of each household.
    Person,
    /// The first member of each household, by id, and each member without the number of one.
    Household,
}

/// Those who may get one of the items at least, by the register of the district.
pub fn audience(items: &[ItemForEach], register: &HashMap<ItemCode, GoodsItemContent>) -> Filter {
    let mut entitled = Vec::with_capacity(items.len());
    for one in items {
        let rule = register.get(&one.item).and_then(|item| item.plaque.as_ref());
        match rule.map(PlaqueRule::audience) {
            Some(Filter::Is(some)) => entitled.push(Filter::Is(some)),
            _ => return Filter::All(Vec::new()),
        }
    }
    Filter::Any(entitled)
}

/// What a campaign hands out to some of its members.
#[derive(Debug, Default)]
pub struct PlannedHandouts {
    /// The number of those that it has planned.
    pub new: i64,
    /// The homes for which it has planned them.
    pub homes: BTreeSet<BeneficiaryId>,
    /// The pieces that are to be handed out, by these or by earlier campaigns.
    pub open: Pieces,
}

/// The pieces of items, by beneficiary.
pub type Pieces = HashMap<(BeneficiaryId, ItemCode), GoodsQuantity>;

/// Plans the hand-outs of the items to those of these beneficiaries who get them, by `choose`. The station is that of the
/// village.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server planned one meanwhile.
pub fn plan(
    tx: &mut Tx<'_>,
    (campaign, occasion): (CampaignId, &Occasion),
    items: &[(ItemRow, ItemForEach)],
    homes: &[BeneficiaryRow],
) -> Result<PlannedHandouts, DbError> {
    let (of, once) = ((tx.district, occasion), once()?);
    let homes: Vec<Home> = homes.iter().map(Home::from).collect();
    let Chosen { new, open } = choose(tx.read_unbatched(), of, items, &homes, Extent::Homes)?;
    let rows = new.into_iter().map(|(home, (item, each))| {
        let occasion = if item.once { &once } else { occasion };
        planned((item.district, home), each, (campaign, occasion))
    });
    let rows: Vec<HandoutRow> = rows.collect();
    let rows: Vec<&HandoutRow> = rows.iter().collect();
    HandoutRow::insert_all(tx.write_unbatched(), &rows).map_err(DbError::unless_unique)?;
    let homes = rows.iter().map(|row| row.beneficiary).collect();
    Ok(PlannedHandouts { new: i64::try_from(rows.len()).unwrap_or(i64::MAX), homes, open })
}

/// The occasion of items that a beneficiary gets a single time.
pub(super) fn once() -> Result<Occasion, DbError> {
    ONCE.parse().map_err(|error| DbError::corrupt("handouts", error))
}

/// A planned hand-out.
fn planned(
    (district, home): (AreaCode, &Home),
    each: &ItemForEach,
    (campaign, occasion): (CampaignId, &Occasion),
) -> HandoutRow {
    HandoutRow {
        district,
        id: HandoutId(Uuid::now_v7()),
        beneficiary: home.id,
        item: each.item.clone(),
        occasion: occasion.clone(),
        campaign: Some(campaign),
        state: HandoutState::Planned,
        grid: home.grid,
        station: home.grid.ancestor(Level::Village).unwrap_or(home.grid),
        quantity: each.quantity,
        serial: None,
        reason: None,
        person: None,
        at: None,
        sealed: None,
        version: 1,
    }
}

/// The hand-outs of a grid in a state, returned for a reason.
pub type Counted = (AreaCode, HandoutState, Option<ReturnReason>, i64);

/// Counts the hand-outs that the campaign has planned, of its items and for its occasion, by grid, state and reason.
/// Those that another campaign of the occasion has planned are that campaign's, also of members of both; those that
/// were made without a plan are of none.
///
/// # Errors
/// [`DbError`].
pub fn counts(
    conn: &mut Conn,
    range: &AreaRange,
    (campaign, occasion): (CampaignId, &Occasion),
    items: &[ItemForEach],
) -> Result<Vec<Counted>, DbError> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let once = once()?;
    let codes: Vec<&ItemCode> = items.iter().map(|one| &one.item).collect();
    Ok(handouts::table
        .filter(handouts::district.eq(range.area().district()))
        .filter(handouts::occasion.eq_any([occasion, &once]))
        .filter(handouts::campaign.assume_not_null().eq(campaign))
        .filter(in_range!(handouts::grid, range))
        .filter(handouts::item.eq_any(codes))
        .group_by((handouts::grid, handouts::state, handouts::reason))
        .select((handouts::grid, handouts::state, handouts::reason, count_star()))
        .load(conn)?)
}
