//! Whom a campaign reaches.

use std::collections::HashMap;

use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::code::{ItemCode, KindCode};

use super::store::CampaignRow;
use crate::db::{Conn, DbError};
use crate::goods;
use crate::goods::model::GoodsItemContent;
use crate::goods::plan::{self, ItemForEach};

/// What each member of a campaign gets: a visit of the kind, and the items.
type Content<'a> = (Option<&'a KindCode>, &'a [ItemForEach]);

/// The members of the audience; of a campaign with goods alone those of them who may get one of the items.
///
/// # Errors
/// [`DbError`].
pub(super) fn members(
    conn: &mut Conn,
    district: AreaCode,
    content: Content<'_>,
    audience: Filter,
) -> Result<Filter, DbError> {
    let register = register(conn, district, content.0.is_none())?;
    Ok(among(audience, content, &register))
}

/// The items of the district, as far as campaigns with goods alone need them.
fn register(
    conn: &mut Conn,
    district: AreaCode,
    is_needed: bool,
) -> Result<HashMap<ItemCode, GoodsItemContent>, DbError> {
    if is_needed { goods::store::all_items(conn, district) } else { Ok(HashMap::new()) }
}

fn among(
    audience: Filter,
    (kind, items): Content<'_>,
    register: &HashMap<ItemCode, GoodsItemContent>,
) -> Filter {
    if kind.is_some() {
        return audience;
    }
    Filter::All(vec![audience, plan::audience(items, register)])
}

impl CampaignRow {
    /// Those whom it reaches: [`members`].
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn members(&self, conn: &mut Conn) -> Result<Filter, DbError> {
        members(conn, self.district, (self.kind.as_ref(), &self.items()?), self.filter()?)
    }

    /// Those whom each of these campaigns of the district reaches.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn members_of_all(
        conn: &mut Conn,
        district: AreaCode,
        rows: &[Self],
    ) -> Result<Vec<Filter>, DbError> {
        let register = register(conn, district, rows.iter().any(|row| row.kind.is_none()))?;
        let of =
            |row: &Self| Ok(among(row.filter()?, (row.kind.as_ref(), &row.items()?), &register));
        rows.iter().map(of).collect()
    }
}
