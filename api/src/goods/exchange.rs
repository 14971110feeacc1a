//! Gives the hand-outs of a merged duplicate to the entry that stays, and gives them back.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::goods::{HandoutExchange, HandoutState, JoinedHandout, ReturnReason, join};
use gridward_domain::id::{BeneficiaryId, HandoutId};
use uuid::Uuid;

use super::handout_store::HandoutRow;
use crate::db::schema::handouts;
use crate::db::{Conn, DbError};

/// Exchanges the hand-outs of the entry that stays and of its duplicate: a planned one whose goods the
/// person gets otherwise is returned.
///
/// # Errors
/// [`DbError`].
pub fn merge(
    conn: &mut Conn,
    district: AreaCode,
    (kept, other): (BeneficiaryId, BeneficiaryId),
) -> Result<HandoutExchange, DbError> {
    let (own, theirs) = (of(conn, district, kept)?, of(conn, district, other)?);
    let exchange = join::join(&own, &theirs);
    swap(conn, district, (kept, &exchange.taken), (other, &exchange.given))?;
    let planned = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::id.eq_any(&exchange.dropped))
        .filter(handouts::state.eq(HandoutState::Planned));
    diesel::update(planned)
        .set((
            handouts::state.eq(HandoutState::Returned),
            handouts::reason.eq(ReturnReason::Other),
            handouts::version.eq(handouts::version + 1),
        ))
        .execute(conn)?;
    Ok(exchange)
}

/// Undoes the exchange; hand-outs since the merge stay where they are.
///
/// # Errors
/// [`DbError`].
pub fn undo(
    conn: &mut Conn,
    district: AreaCode,
    (kept, other): (BeneficiaryId, BeneficiaryId),
    exchange: &HandoutExchange,
) -> Result<(), DbError> {
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
            handouts::version.eq(handouts::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// The hand-outs of the beneficiary.
fn of(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
) -> Result<Vec<JoinedHandout>, DbError> {
    let rows: Vec<HandoutRow> = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq(beneficiary))
        .order(handouts::id)
        .select(HandoutRow::as_select())
        .load(conn)?;
    let facts = rows.into_iter().map(|row| JoinedHandout {
        id: row.id,
        item: row.item,
        occasion: row.occasion,
        state: row.state,
        is_withdrawn: row.reason == Some(ReturnReason::Withdrawn),
    });
    Ok(facts.collect())
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
