//! The hand-outs of a campaign: planned in bulk, and counted.

use std::collections::{HashMap, HashSet};

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

use super::handout_store::HandoutRow;
use super::model::GoodsItemContent;
use super::occasion::ONCE;
use super::store::ItemRow;
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

/// Plans the hand-outs of the items to these beneficiaries, but for those that have one or are not entitled to it;
/// answers the number of new ones. The station is that of the village.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server planned one meanwhile.
pub fn plan(
    tx: &mut Tx<'_>,
    (campaign, occasion): (CampaignId, &Occasion),
    items: &[(ItemRow, GoodsQuantity)],
    homes: &[BeneficiaryRow],
) -> Result<i64, DbError> {
    let once: Occasion = ONCE.parse().map_err(|error| DbError::corrupt("handouts", error))?;
    let ids: Vec<BeneficiaryId> = homes.iter().map(|home| home.id).collect();
    let codes: Vec<&ItemCode> = items.iter().map(|(item, _)| &item.code).collect();
    let known: Vec<(BeneficiaryId, ItemCode)> = handouts::table
        .filter(handouts::district.eq(tx.district))
        .filter(handouts::beneficiary.eq_any(&ids))
        .filter(handouts::item.eq_any(codes))
        .filter(handouts::occasion.eq(occasion).or(handouts::occasion.eq(&once)))
        .select((handouts::beneficiary, handouts::item))
        .load(tx.read_unbatched())?;
    let known: HashSet<(BeneficiaryId, ItemCode)> = known.into_iter().collect();
    let mut rows = Vec::with_capacity(homes.len() * items.len());
    for home in homes {
        for (item, quantity) in items {
            let is_entitled = item.is_for(home.categories.members());
            if !is_entitled || known.contains(&(home.id, item.code.clone())) {
                continue;
            }
            rows.push(HandoutRow {
                district: home.district,
                id: HandoutId(Uuid::now_v7()),
                beneficiary: home.id,
                item: item.code.clone(),
                occasion: if item.once { once.clone() } else { occasion.clone() },
                campaign: Some(campaign),
                state: HandoutState::Planned,
                grid: home.grid,
                station: home.grid.ancestor(Level::Village).unwrap_or(home.grid),
                quantity: *quantity,
                serial: None,
                reason: None,
                person: None,
                at: None,
                sealed: None,
                version: 1,
            });
        }
    }
    let rows: Vec<&HandoutRow> = rows.iter().collect();
    HandoutRow::insert_all(tx.write_unbatched(), &rows).map_err(DbError::unless_unique)?;
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

/// The hand-outs of a grid in a state, returned for a reason.
pub type Counted = (AreaCode, HandoutState, Option<ReturnReason>, i64);

/// Counts the hand-outs of the items for the occasion, by grid, state and reason; of an item that a beneficiary
/// gets a single time those that the campaign has planned.
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
    let once: Occasion = ONCE.parse().map_err(|error| DbError::corrupt("handouts", error))?;
    let codes: Vec<&ItemCode> = items.iter().map(|one| &one.item).collect();
    Ok(handouts::table
        .filter(handouts::district.eq(range.area().district()))
        .filter(handouts::occasion.eq_any([occasion, &once]))
        .filter(handouts::occasion.ne(&once).or(handouts::campaign.assume_not_null().eq(campaign)))
        .filter(in_range!(handouts::grid, range))
        .filter(handouts::item.eq_any(codes))
        .group_by((handouts::grid, handouts::state, handouts::reason))
        .select((handouts::grid, handouts::state, handouts::reason, count_star()))
        .load(conn)?)
}
