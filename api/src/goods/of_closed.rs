//! Returns the planned hand-outs of a closed campaign, a number at a time.

use diesel::prelude::*;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::goods::{HandoutState, ReturnReason};
use gridward_domain::id::CampaignId;

use super::handout_store::HandoutRow;
use super::of_ended::return_planned;
use crate::db::DbError;
use crate::db::schema::handouts;
use crate::tx::Tx;

/// Returns up to `limit` planned hand-outs of the campaign for its occasion; answers their number. Those of
/// items that a beneficiary gets a single time stay: they belong to no occasion. What was returned may still be
/// handed out.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if one has changed since it was read.
pub fn give_back(
    tx: &mut Tx<'_>,
    (campaign, occasion): (CampaignId, &Occasion),
    limit: i64,
) -> Result<usize, DbError> {
    let planned: Vec<HandoutRow> = handouts::table
        .filter(handouts::district.eq(tx.district))
        .filter(handouts::occasion.eq(occasion))
        .filter(handouts::state.eq(HandoutState::Planned))
        .filter(handouts::campaign.eq(campaign))
        .limit(limit)
        .select(HandoutRow::as_select())
        .load(tx.read_unbatched())?;
    return_planned(tx, None, &planned, ReturnReason::Other)?;
    Ok(planned.len())
}
