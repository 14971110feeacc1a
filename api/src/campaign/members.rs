//! Whom a campaign reaches.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::code::{ItemCode, KindCode};

use super::store::CampaignRow;
use crate::audience::spread::{self, GridSpread};
use crate::db::{Conn, DbError};
use crate::goods;
use crate::goods::model::GoodsItemContent;
use crate::goods::plan::{self, ItemForEach};
use crate::goods::recipients;

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

    /// The items whose hand-overs are its visits: those of a campaign with goods alone.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn goods_alone(&self) -> Result<Vec<ItemForEach>, DbError> {
        if self.kind.is_some() { Ok(Vec::new()) } else { self.items() }
    }

    /// Its visits, by grid: one to each member; of goods alone, one to each of those who get some by the launch, such as
    /// one member of a household.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn visits(
        &self,
        conn: &mut Conn,
        today: NaiveDate,
    ) -> Result<Vec<GridSpread>, DbError> {
        let members = self.members(conn)?;
        let (occasion, items) = (self.occasion()?, self.goods_alone()?);
        let (audience, goods) = ((self.area, &members), (&occasion, items.as_slice()));
        let Some(homes) = recipients::of(conn, audience, today, goods)? else {
            return spread::by_grid(conn, self.area, &members, today);
        };
        let mut grids: BTreeMap<AreaCode, GridSpread> = BTreeMap::new();
        for home in &homes {
            grids.entry(home.grid).or_insert_with(|| GridSpread::around(home)).add(home);
        }
        Ok(grids.into_values().collect())
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
