//! The goods of the demo: the hand-outs of a campaign, and what the stations have for them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::Occasion;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{HandoutState, MovementAction, ReturnReason};
use gridward_domain::id::{HandoutId, MovementId};
use gridward_domain::range::{GoodsQuantity, StockPieces};
use gridward_domain::task::Outcome;

use super::constant::parsed;
use super::draw::Draw;
use super::identity;
use super::staff::Staff;
use super::visits::Visit;
use crate::campaign::store::CampaignRow;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::goods::handout_model::HandoutReceipt;
use crate::goods::handout_store::{HandoutRow, HandoutSealed};
use crate::goods::movement_store::MovementRow;
use crate::goods::store::{ItemRow, StockRow};
use crate::load::record::BeneficiaryRecord;

/// The hand-out of an item at the visit: made with it, or refused with it.
pub(super) fn handout(
    number: usize,
    (home, visit): (&BeneficiaryRecord, &Visit),
    (campaign, item, occasion): (&CampaignRow, &ItemRow, &Occasion),
    key: &SealingKey,
    draw: &mut Draw,
) -> Result<HandoutRow, DbError> {
    let planned = HandoutRow {
        district: campaign.district,
        id: HandoutId(identity::id(number, draw)),
        beneficiary: home.id,
        item: item.code.clone(),
        occasion: occasion.clone(),
        campaign: Some(campaign.id),
        state: HandoutState::Planned,
        grid: home.grid,
        station: home.grid.ancestor(Level::Village).unwrap_or(home.grid),
        quantity: GoodsQuantity::of::<1>(),
        serial: None,
        reason: None,
        person: None,
        at: None,
        sealed: None,
        version: 1,
    };
    let Some(made) = &visit.made else { return Ok(planned) };
    let (person, at) = (Some(made.by), Some(made.at.naive_utc()));
    match made.outcome {
        Outcome::NotHome => Ok(planned),
        Outcome::Refused => Ok(HandoutRow {
            state: HandoutState::Returned,
            reason: Some(ReturnReason::Declined),
            person,
            at,
            version: 2,
            ..planned
        }),
        Outcome::Done | Outcome::NeedsFollowUp => {
            let signed =
                HandoutReceipt { signed_by: parsed("（演示）签收人")?, relation: None };
            let content = HandoutSealed { receipt: Some(signed), ..HandoutSealed::default() };
            let sealed = if item.needs_receipt {
                HandoutRow::seal(key, (planned.district, planned.id), &content)?
            } else {
                None
            };
            let state = HandoutState::HandedOut;
            Ok(HandoutRow { state, person, at, sealed, version: 2, ..planned })
        }
    }
}

/// What each station has left, and what it received: enough for all hand-outs and some more.
pub(super) fn stocks(
    staff: &Staff,
    items: &[ItemRow],
    handouts: &[HandoutRow],
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> (Vec<StockRow>, Vec<MovementRow>) {
    let mut counts: BTreeMap<(AreaCode, &ItemCode), (i64, i64)> = BTreeMap::new();
    for row in handouts {
        let (all, handed) = counts.entry((row.station, &row.item)).or_default();
        *all += 1;
        *handed += i64::from(row.state == HandoutState::HandedOut);
    }
    let pieces = |count: i64| StockPieces::try_from(count).unwrap_or(StockPieces::MAX);
    let (mut stocks, mut movements) = (Vec::new(), Vec::new());
    for ((area, code), (all, handed)) in counts {
        let received = all + 5;
        let Some(item) = items.iter().find(|item| item.code == *code) else { continue };
        stocks.push(StockRow {
            district: staff.district,
            area,
            item: item.code.clone(),
            quantity: pieces(received - handed),
            version: 1,
        });
        movements.push(MovementRow {
            district: staff.district,
            id: MovementId(identity::id(movements.len(), draw)),
            action: MovementAction::Received,
            item: item.code.clone(),
            area,
            to_area: None,
            quantity: pieces(received),
            difference: i32::try_from(received).unwrap_or(i32::MAX),
            handout: None,
            lot: None,
            lot_difference: None,
            expires_on: None,
            person: staff.supervisor,
            at: (now - TimeDelta::days(15)).naive_utc(),
            sealed: None,
        });
    }
    (stocks, movements)
}
