//! Gives the hand-outs of a merged duplicate to the entry that stays, and gives them back. Each hand-out
//! that changes has an event.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::PlaqueState;
use gridward_domain::goods::{
    HandoutExchange, HandoutState, JoinedHandout, PlaqueRule, ReturnReason, join,
};
use gridward_domain::id::{BeneficiaryId, HandoutId, PersonId};
use serde_json::json;
use uuid::Uuid;

use super::handout_store::{self, HandoutRow};
use super::store;
use super::visitors::{VISITORS, record_for};
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::store::BeneficiaryRow;
use crate::db::schema::handouts;
use crate::db::{Conn, DbError};
use crate::log::{Event, Subject};
use crate::task::beneficiary::visitors::holders;
use crate::tx::Tx;

/// An entry of a merge, with its grid.
pub type Entry = (BeneficiaryId, AreaCode);

/// The people who hold a visit to one of these entries, wherever they work: the events of an exchange name them. They are
/// read before the visits go to another entry, since a visitor may lose one by that.
///
/// # Errors
/// [`DbError`].
pub fn visitors(
    tx: &mut Tx<'_>,
    entries: [BeneficiaryId; 2],
) -> Result<BTreeSet<PersonId>, DbError> {
    let district = tx.district;
    let held = holders(tx.read()?, district, &entries)?;
    Ok(held.into_iter().map(|(_, person)| person).collect())
}

/// Exchanges the hand-outs of the entry that stays and of its duplicate, which have these visitors: a planned one whose
/// goods the person gets otherwise is returned; `actor` is `None` for the system.
///
/// # Errors
/// [`DbError`].
pub fn merge(
    tx: &mut Tx<'_>,
    actor: Option<PersonId>,
    (kept, grid): Entry,
    other: BeneficiaryId,
    visitors: &BTreeSet<PersonId>,
) -> Result<HandoutExchange, DbError> {
    let district = grid.district();
    // The years for which the item keeps what is dropped begin now.
    let now = tx.now.naive_utc();
    let conn = tx.write_unbatched();
    let (own, theirs) = (
        handout_store::all_of_beneficiary(conn, district, kept)?,
        handout_store::all_of_beneficiary(conn, district, other)?,
    );
    let exchange = join::join(&facts(&own), &facts(&theirs));
    swap(conn, district, (kept, &exchange.taken), (other, &exchange.given))?;
    let planned = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::id.eq_any(&exchange.dropped))
        .filter(handouts::state.eq(HandoutState::Planned));
    diesel::update(planned)
        .set((
            handouts::state.eq(HandoutState::Returned),
            handouts::reason.eq(ReturnReason::Other),
            handouts::at.eq(now),
            handouts::version.eq(handouts::version + 1),
        ))
        .execute(conn)?;
    handout_store::move_to(conn, district, &[kept], grid)?;
    record(tx, (actor, "beneficiary_merged"), own.into_iter().chain(theirs), visitors)?;
    Ok(exchange)
}

/// The state of the plaque that the entry that stays gets by a merge: that of the hand-out of the duplicate
/// that goes to it, or the duplicate's own, by the rule of an item ([`PlaqueRule::is_joined`]). A plaque that the
/// district has withdrawn from either stays withdrawn, also one that is in the register alone.
///
/// # Errors
/// [`DbError`].
pub fn plaque_of_merge(
    conn: &mut Conn,
    rules: &mut PlaqueRules,
    kept: &BeneficiaryRow,
    other: &BeneficiaryRow,
) -> Result<Option<PlaqueState>, DbError> {
    let district = kept.district;
    for row in [kept, other] {
        if rules.is_withdrawn(conn, &row.plaque)? {
            return Ok(Some(row.plaque.clone()));
        }
    }
    let own = handout_store::all_of_beneficiary(conn, district, kept.id)?;
    let theirs = handout_store::all_of_beneficiary(conn, district, other.id)?;
    let given = join::join(&facts(&own), &facts(&theirs)).given;
    for row in theirs.iter().filter(|row| given.contains(&row.id)) {
        let item = store::item(conn, district, &row.item)?;
        let rule = item.and_then(|item| item.plaque);
        let state = rule.and_then(|rule| rule.value().of(row.state, row.reason).cloned());
        if state.is_some() {
            return Ok(state);
        }
    }
    let mut all = store::all_items(conn, district)?.into_values().filter_map(|item| item.plaque);
    let is_joined = all.any(|rule: PlaqueRule| rule.is_joined(&kept.plaque, &other.plaque));
    Ok(is_joined.then(|| other.plaque.clone()))
}

/// Undoes the exchange between entries that have these visitors; hand-outs since the merge stay where they are.
///
/// # Errors
/// [`DbError`].
pub fn undo(
    tx: &mut Tx<'_>,
    actor: PersonId,
    (kept, other): (Entry, Entry),
    exchange: &HandoutExchange,
    visitors: &BTreeSet<PersonId>,
) -> Result<(), DbError> {
    let ((kept, grid), (other, other_grid)) = (kept, other);
    let district = grid.district();
    let conn = tx.write_unbatched();
    let before = handout_store::all_of_beneficiary(conn, district, kept)?
        .into_iter()
        .chain(handout_store::all_of_beneficiary(conn, district, other)?);
    let before: Vec<HandoutRow> = before.collect();
    swap(conn, district, (kept, &exchange.given), (other, &exchange.taken))?;
    // A person is named once a decision was made about it.
    let untouched = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::id.eq_any(&exchange.dropped))
        .filter(handouts::state.eq(HandoutState::Returned))
        .filter(handouts::person.is_null());
    diesel::update(untouched)
        .set((
            handouts::state.eq(HandoutState::Planned),
            handouts::reason.eq(None::<ReturnReason>),
            handouts::at.eq(None::<NaiveDateTime>),
            handouts::version.eq(handouts::version + 1),
        ))
        .execute(conn)?;
    handout_store::move_to(conn, district, &[kept], grid)?;
    handout_store::move_to(conn, district, &[other], other_grid)?;
    record(tx, (Some(actor), "merge_undone"), before, visitors)
}

fn facts(rows: &[HandoutRow]) -> Vec<JoinedHandout> {
    let facts = rows.iter().map(|row| JoinedHandout {
        id: row.id,
        item: row.item.clone(),
        occasion: row.occasion.clone(),
        state: row.state,
        is_withdrawn: row.reason == Some(ReturnReason::Withdrawn),
    });
    facts.collect()
}

/// Records each of these hand-outs that has changed since, and names the visitors of both entries: the phones of those
/// who work elsewhere follow no other event of it. A planned one that has stayed is named to them too, since their visits
/// may have gone to the other entry.
fn record(
    tx: &mut Tx<'_>,
    (actor, because): (Option<PersonId>, &str),
    before: impl IntoIterator<Item = HandoutRow>,
    visitors: &BTreeSet<PersonId>,
) -> Result<(), DbError> {
    let visitors: Vec<PersonId> = visitors.iter().copied().collect();
    let before: HashMap<HandoutId, HandoutRow> =
        before.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<HandoutId> = before.keys().copied().collect();
    let rows: Vec<HandoutRow> = handouts::table
        .filter(handouts::district.eq(tx.district))
        .filter(handouts::id.eq_any(ids))
        .order(handouts::id)
        .select(HandoutRow::as_select())
        .load(tx.read_unbatched())?;
    for row in rows {
        let about = |action| Event::new(action, Subject::Handout, row.id, row.grid, row.version);
        let Some(was) = before.get(&row.id).filter(|was| was.version != row.version) else {
            if row.state == HandoutState::Planned && !visitors.is_empty() {
                record_for(tx, about(VISITORS).by(actor), &visitors);
            }
            continue;
        };
        let body = json!({
            "because": because, "item": row.item, "occasion": row.occasion, "state": row.state,
            "beneficiary": row.beneficiary, "beneficiary_before": was.beneficiary
        });
        let event = about("handout.exchange").by(actor).moved_from(was.grid).with(body);
        record_for(tx, event, &visitors);
    }
    Ok(())
}

/// Gives the hand-outs of each of the two beneficiaries to the other one. Both may have the same item
/// for the same occasion, which one beneficiary never has twice, so those of the first make way before.
fn swap(
    conn: &mut Conn,
    district: AreaCode,
    (one, of_one): (BeneficiaryId, &[HandoutId]),
    (other, of_other): (BeneficiaryId, &[HandoutId]),
) -> Result<(), DbError> {
    let between = BeneficiaryId(Uuid::now_v7());
    give(conn, district, (one, between), of_one, 0)?;
    give(conn, district, (other, one), of_other, 1)?;
    give(conn, district, (between, other), of_one, 1)
}

fn give(
    conn: &mut Conn,
    district: AreaCode,
    (from, to): (BeneficiaryId, BeneficiaryId),
    ids: &[HandoutId],
    versions: i64,
) -> Result<(), DbError> {
    if ids.is_empty() {
        return Ok(());
    }
    let given = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::id.eq_any(ids))
        .filter(handouts::beneficiary.eq(from));
    diesel::update(given)
        .set((handouts::beneficiary.eq(to), handouts::version.eq(handouts::version + versions)))
        .execute(conn)?;
    Ok(())
}
