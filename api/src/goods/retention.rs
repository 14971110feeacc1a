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
use crate::db::schema::{beneficiaries, handouts};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The number of hand-outs in one transaction.
const BATCH: i64 = 500;

/// Deletes a batch of the hand-outs of the item that were made or returned too long before `today`; of an item that a
/// beneficiary gets a single time, those of beneficiaries who have also ended so long before. Returns their number.
/// The log says how many there were. Planned ones and the movements of the stock stay.
///
/// # Errors
/// [`DbError`].
pub fn forget(tx: &mut Tx<'_>, code: &ItemCode, today: NaiveDate) -> Result<usize, DbError> {
    let district = tx.district;
    let item = store::item(tx.read_unbatched(), district, code)?;
    let Some(item) = item else { return Ok(0) };
    let Some(end) = item.keep_years.and_then(|years| clock::years_before(today, years)) else {
        return Ok(0);
    };
    let past = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::item.eq(code))
        .filter(handouts::at.lt(end.naive_utc()))
        .filter(handouts::state.ne(HandoutState::Planned))
        .order((handouts::at, handouts::id))
        .limit(BATCH)
        .select(handouts::id);
    let past: Vec<HandoutId> = if item.once {
        let ended = beneficiaries::table
            .filter(beneficiaries::district.eq(district))
            .filter(beneficiaries::valid_to.lt(clock::day(end)))
            .select(beneficiaries::id);
        past.filter(handouts::beneficiary.eq_any(ended)).load(tx.read()?)?
    } else {
        past.load(tx.read()?)?
    };
    let those = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::id.eq_any(&past))
        .filter(handouts::at.lt(end.naive_utc()));
    let count = diesel::delete(those).execute(tx.write_unbatched())?;
    if count > 0 {
        let event = Event::new("handout.delete", Subject::GoodsItem, code, district, item.version);
        tx.record(event.with(json!({ "count": count })));
    }
    Ok(count)
}
