//! Queries for movements.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::bounded_text::{CommandReason, LotCode};
use gridward_domain::code::ItemCode;
use gridward_domain::goods::MovementAction;
use gridward_domain::id::{HandoutId, MovementId, PersonId};
use gridward_domain::range::StockPieces;

use super::model::GoodsMovement;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::schema::goods_movements;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::in_range;

/// The table of movements.
pub(super) const MOVEMENTS: &str = "goods_movements";

crate::table_row! {
    /// A row of `goods_movements`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct MovementRow in goods_movements {
        district: AreaCode,
        key {
            id: MovementId,
        }
        fixed {
            action: MovementAction,
            item: ItemCode,
            area: AreaCode,
            to_area: Option<AreaCode>,
            quantity: StockPieces,
            difference: i32,
            handout: Option<HandoutId>,
            person: PersonId,
            at: NaiveDateTime,
            sealed: Option<Vec<u8>>,
            lot: Option<LotCode>,
            lot_difference: Option<i32>,
            expires_on: Option<NaiveDate>,
        }
    }
}

impl MovementRow {
    /// Encrypts the note.
    ///
    /// # Errors
    /// None in practice: every text has a JSON form.
    pub fn seal(
        key: &SealingKey,
        (district, id): (AreaCode, MovementId),
        note: Option<&CommandReason>,
    ) -> Result<Option<Vec<u8>>, DbError> {
        note.map(|note| key.seal_row((district, MOVEMENTS, id), note)).transpose()
    }

    /// The movement.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn movement(&self, key: &SealingKey) -> Result<GoodsMovement, DbError> {
        let of = (self.district, MOVEMENTS, self.id);
        let note = self.sealed.as_ref().map(|sealed| key.open_row(of, sealed));
        Ok(GoodsMovement {
            id: self.id,
            action: self.action,
            item: self.item.clone(),
            area: self.area,
            to_area: self.to_area,
            quantity: self.quantity,
            difference: self.difference,
            handout_id: self.handout,
            lot: self.lot.clone(),
            lot_difference: self.lot_difference,
            expires_on: self.expires_on,
            note: note.transpose()?,
            by: self.person,
            at: self.at.and_utc().with_timezone(&china()),
        })
    }
}

/// Records a movement.
///
/// # Errors
/// [`DbError`].
pub fn add_movement(conn: &mut Conn, row: &MovementRow) -> Result<(), DbError> {
    MovementRow::insert_all(conn, &[row])
}

/// A page of the movements of the stations in the range, or to them, newest first.
///
/// # Errors
/// [`DbError`].
pub fn movements(
    conn: &mut Conn,
    scope: &AreaRange,
    (action, item): (Option<MovementAction>, Option<&ItemCode>),
    wanted: &Wanted<MovementId>,
) -> Result<Vec<MovementRow>, DbError> {
    let comes = in_range!(goods_movements::to_area.assume_not_null(), scope);
    let comes = goods_movements::to_area.is_not_null().and(comes);
    let mut query = goods_movements::table
        .filter(goods_movements::district.eq(scope.area().district()))
        .filter(in_range!(goods_movements::area, scope).or(comes))
        .select(MovementRow::as_select())
        .into_boxed();
    if let Some(action) = action {
        query = query.filter(goods_movements::action.eq(action));
    }
    if let Some(item) = item {
        query = query.filter(goods_movements::item.eq(item));
    }
    if let Some(id) = wanted.after {
        query = query.filter(goods_movements::id.lt(id));
    }
    Ok(query.order(goods_movements::id.desc()).limit(wanted.rows()).load(conn)?)
}
