//! Queries for hand-outs.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::bounded_text::{CommandReason, Occasion, OccasionFilter, SerialNumber};
use gridward_domain::code::ItemCode;
use gridward_domain::goods::{HandoutState, ReturnReason, stock};
use gridward_domain::id::{BeneficiaryId, CampaignId, CaseId, HandoutId, PersonId};
use gridward_domain::range::GoodsQuantity;
use serde::{Deserialize, Serialize};

use super::handout_model::{Handout, HandoutReceipt};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::schema::handouts;
use crate::db::{Conn, DbError, batches};
use crate::http::page::Wanted;
use crate::in_range;
use crate::tx::row::{RowChange, write_versioned};

const TABLE: &str = "handouts";

crate::table_row! {
    /// A row of `handouts`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct HandoutRow in handouts {
        district: AreaCode,
        key {
            id: HandoutId,
        }
        fixed {
            beneficiary: BeneficiaryId,
            item: ItemCode,
            occasion: Occasion,
            campaign: Option<CampaignId>,
        }
        changing {
            state: HandoutState,
            grid: AreaCode,
            station: AreaCode,
            quantity: GoodsQuantity,
            serial: Option<SerialNumber>,
            reason: Option<ReturnReason>,
            person: Option<PersonId>,
            at: Option<NaiveDateTime>,
            sealed: Option<Vec<u8>>,
            version: i64,
        }
    }
}

/// The encrypted part of a hand-out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoutSealed {
    /// Who has signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<HandoutReceipt>,
    /// A note about the return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// The case that decided the last withdrawal or restoration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

impl HandoutRow {
    /// Encrypts the receipt and the note of the hand-out.
    ///
    /// # Errors
    /// None in practice: every text has a JSON form.
    pub fn seal(
        key: &SealingKey,
        (district, id): (AreaCode, HandoutId),
        content: &HandoutSealed,
    ) -> Result<Option<Vec<u8>>, DbError> {
        key.seal_unless_default((district, TABLE, id), content)
    }

    /// The receipt and the note.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn opened(&self, key: &SealingKey) -> Result<HandoutSealed, DbError> {
        key.open_or_default((self.district, TABLE, self.id), self.sealed.as_deref())
    }

    /// The public representation, without what is encrypted.
    pub fn shown(&self) -> Handout {
        Handout {
            id: self.id,
            beneficiary_id: self.beneficiary,
            grid: self.grid,
            item: self.item.clone(),
            occasion: self.occasion.clone(),
            quantity: self.quantity,
            station: self.station,
            state: self.state,
            serial: self.serial.clone(),
            reason: self.reason,
            campaign_id: self.campaign,
            by: self.person,
            at: self.at.map(|at| at.and_utc().with_timezone(&china())),
            version: self.version,
        }
    }
}

/// The hand-out, if its grid is in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    scope: &AreaRange,
    id: HandoutId,
) -> Result<Option<HandoutRow>, DbError> {
    Ok(handouts::table
        .find((scope.area().district(), id))
        .filter(in_range!(handouts::grid, scope))
        .select(HandoutRow::as_select())
        .first(conn)
        .optional()?)
}

/// The hand-out of the item to the beneficiary for the occasion.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    district: AreaCode,
    (beneficiary, item, occasion): (BeneficiaryId, &ItemCode, &Occasion),
) -> Result<Option<HandoutRow>, DbError> {
    Ok(handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq(beneficiary))
        .filter(handouts::item.eq(item))
        .filter(handouts::occasion.eq(occasion))
        .select(HandoutRow::as_select())
        .first(conn)
        .optional()?)
}

/// The hand-out of the piece with this number, in any case: earlier versions stored numbers as they were sent.
///
/// # Errors
/// [`DbError`].
pub fn of_serial(
    conn: &mut Conn,
    district: AreaCode,
    (item, serial): (&ItemCode, &SerialNumber),
) -> Result<Option<HandoutId>, DbError> {
    let written = [serial.clone(), serial.upper(), serial.lower()];
    Ok(handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::item.eq(item))
        .filter(handouts::serial.is_not_null())
        .filter(handouts::serial.assume_not_null().eq_any(written))
        .select(handouts::id)
        .first(conn)
        .optional()?)
}

/// Which hand-outs are listed.
#[derive(Clone, Debug)]
pub struct HandoutFilter {
    /// Those in this area.
    pub scope: AreaRange,
    /// Those in this state.
    pub state: Option<HandoutState>,
    /// Those of this item.
    pub item: Option<ItemCode>,
    /// Those for this occasion.
    pub occasion: Option<OccasionFilter>,
    /// Those of this beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// Those that this campaign planned.
    pub campaign: Option<CampaignId>,
}

/// A page of hand-outs, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    filter: &HandoutFilter,
    wanted: &Wanted<HandoutId>,
) -> Result<Vec<HandoutRow>, DbError> {
    let mut query = handouts::table
        .filter(handouts::district.eq(filter.scope.area().district()))
        .filter(in_range!(handouts::grid, filter.scope))
        .select(HandoutRow::as_select())
        .into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(handouts::state.eq(state));
    }
    if let Some(item) = &filter.item {
        query = query.filter(handouts::item.eq(item));
    }
    if let Some(occasion) = &filter.occasion {
        query = query.filter(handouts::occasion.eq(occasion.as_str()));
    }
    if let Some(beneficiary) = filter.beneficiary {
        query = query.filter(handouts::beneficiary.eq(beneficiary));
    }
    if let Some(campaign) = filter.campaign {
        query = query.filter(handouts::campaign.assume_not_null().eq(campaign));
    }
    if let Some(id) = wanted.after {
        query = query.filter(handouts::id.lt(id));
    }
    Ok(query.order(handouts::id.desc()).limit(wanted.rows()).load(conn)?)
}

/// Up to `limit` hand-outs to the beneficiary that were done or returned, newest first: those before a
/// moment, or at that moment with a lower id; `None` as the id excludes the moment.
///
/// # Errors
/// [`DbError`].
pub fn of_beneficiary(
    conn: &mut Conn,
    (district, beneficiary): (AreaCode, BeneficiaryId),
    before: Option<(DateTime<Utc>, Option<HandoutId>)>,
    limit: i64,
) -> Result<Vec<HandoutRow>, DbError> {
    let mut query = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq(beneficiary))
        .filter(handouts::at.is_not_null())
        .select(HandoutRow::as_select())
        .into_boxed();
    if let Some((at, id)) = before {
        let at = at.naive_utc();
        query = match id {
            Some(id) => {
                let same = handouts::at.eq(at).and(handouts::id.lt(id));
                query.filter(handouts::at.lt(at).or(same))
            }
            None => query.filter(handouts::at.lt(at)),
        };
    }
    Ok(query.order((handouts::at.desc(), handouts::id.desc())).limit(limit).load(conn)?)
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read, or if another
/// server has inserted one for the same beneficiary, item and occasion.
pub fn put(conn: &mut Conn, old: Option<&HandoutRow>, new: &HandoutRow) -> Result<(), DbError> {
    put_all(conn, &[RowChange { old, new }])
}

/// As [`put`], of many.
///
/// # Errors
/// As [`put`].
pub(super) fn put_all(
    conn: &mut Conn,
    changes: &[RowChange<'_, HandoutRow>],
) -> Result<(), DbError> {
    let insert = |conn: &mut Conn, rows: &[&HandoutRow]| {
        HandoutRow::insert_all(conn, rows).map_err(DbError::unless_unique)
    };
    let update = |conn: &mut Conn, steps: &[(i64, &HandoutRow)]| {
        HandoutRow::update_all(conn, steps).map_err(DbError::unless_unique)
    };
    write_versioned(conn, changes, |row| row.version, insert, update)
}

/// The hand-outs of the beneficiary, in any state.
///
/// # Errors
/// [`DbError`].
pub fn all_of_beneficiary(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
) -> Result<Vec<HandoutRow>, DbError> {
    Ok(handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq(beneficiary))
        .order(handouts::id)
        .select(HandoutRow::as_select())
        .load(conn)?)
}

/// Moves the planned hand-outs of these beneficiaries to the grid. Their goods come from the station of its village,
/// unless the planned one serves it too.
///
/// # Errors
/// [`DbError`].
pub fn move_to(
    conn: &mut Conn,
    district: AreaCode,
    beneficiaries: &[BeneficiaryId],
    grid: AreaCode,
) -> Result<(), DbError> {
    for beneficiaries in batches(beneficiaries) {
        let planned = || {
            handouts::table
                .filter(handouts::district.eq(district))
                .filter(handouts::beneficiary.eq_any(beneficiaries))
                .filter(handouts::state.eq(HandoutState::Planned))
                .filter(handouts::grid.ne(grid))
        };
        let stations: Vec<AreaCode> = planned().select(handouts::station).distinct().load(conn)?;
        for station in stations {
            diesel::update(planned().filter(handouts::station.eq(station)))
                .set((
                    handouts::grid.eq(grid),
                    handouts::station.eq(stock::station_for(station, &grid)),
                    handouts::version.eq(handouts::version + 1),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// Those of these beneficiaries that have got goods or returned them.
///
/// # Errors
/// [`DbError`].
pub fn with_handouts(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<BeneficiaryId>, DbError> {
    Ok(handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq_any(ids))
        .filter(handouts::state.ne(HandoutState::Planned))
        .select(handouts::beneficiary)
        .distinct()
        .load(conn)?)
}

/// Deletes the hand-outs of deleted beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, ids: &[BeneficiaryId]) -> Result<(), DbError> {
    let those = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq_any(ids));
    diesel::delete(those).execute(conn)?;
    Ok(())
}
