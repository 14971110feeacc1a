//! To whom a campaign with goods alone hands something out, as its launch chooses them, before it is launched.

use std::collections::HashSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::id::BeneficiaryId;

use super::choice::{Extent, choose, is_for_households};
use super::plan::ItemForEach;
use super::store::{self, ItemRow};
use crate::audience::members;
use crate::beneficiary::home::Home;
use crate::db::{Conn, DbError};

/// Those of the audience in the area, in the order of their ids, to whom one of the items is to be handed out for the
/// occasion after a launch on `today`; `None` if no item is for households, so each member gets something.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    (area, filter): (AreaCode, &Filter),
    today: NaiveDate,
    (occasion, items): (&Occasion, &[ItemForEach]),
) -> Result<Option<Vec<Home>>, DbError> {
    let of = (area.district(), occasion);
    let items = with_rows(conn, area.district(), items)?;
    if !items.iter().any(is_for_households) {
        return Ok(None);
    }
    let mut homes = Home::all(conn, members::query(area, filter, today))?;
    let open = choose(conn, of, &items, &homes, Extent::District)?.open;
    let some: HashSet<BeneficiaryId> = open.into_keys().map(|(home, _)| home).collect();
    homes.retain(|home| some.contains(&home.id));
    Ok(Some(homes))
}

/// The items of a campaign, with their rows in the register.
///
/// # Errors
/// [`DbError`].
pub fn with_rows(
    conn: &mut Conn,
    district: AreaCode,
    items: &[ItemForEach],
) -> Result<Vec<(ItemRow, ItemForEach)>, DbError> {
    let with_row = |one: &ItemForEach| {
        let item = store::item(conn, district, &one.item)?;
        let item = item.ok_or_else(|| DbError::corrupt("campaigns", "its item does not exist"))?;
        Ok((item, one.clone()))
    };
    items.iter().map(with_row).collect()
}
