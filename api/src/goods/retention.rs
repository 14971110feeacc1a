//! Deletes hand-outs that their item keeps no longer, with their receipts.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::HandoutState;
use gridward_domain::id::HandoutId;
use serde_json::json;

use super::store;
use crate::clock;
use crate::db::DbError;
use crate::db::schema::handouts;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The number of hand-outs in one transaction.
const BATCH: i64 = 500;

/// Deletes a batch of the hand-outs of the item that were made or returned too long before `today`; returns their
/// number. The log says how many there were. Planned ones and the movements of the stock stay.
///
/// # Errors
/// [`DbError`].
pub fn forget(tx: &mut Tx<'_>, code: &ItemCode, today: NaiveDate) -> Result<usize, DbError> {
    let district = tx.district;
    let item = store::item(tx.read_unbatched(), district, code)?;
    let Some(item) = item.filter(|item| !item.once) else { return Ok(0) };
    let Some(end) = item.keep_years.and_then(|years| clock::years_before(today, years)) else {
        return Ok(0);
    };
    let ended: Vec<HandoutId> = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::item.eq(code))
        .filter(handouts::at.lt(end.naive_utc()))
        .filter(handouts::state.ne(HandoutState::Planned))
        .order((handouts::at, handouts::id))
        .limit(BATCH)
        .select(handouts::id)
        .load(tx.read()?)?;
    let those = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::id.eq_any(&ended))
        .filter(handouts::at.lt(end.naive_utc()));
    let count = diesel::delete(those).execute(tx.write_unbatched())?;
    if count > 0 {
        let event = Event::new("handout.delete", Subject::GoodsItem, code, district, item.version);
        tx.record(event.with(json!({ "count": count })));
    }
    Ok(count)
}
