//! How many of those who are entitled to a plaque have it.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::{Condition, Filter};
use gridward_domain::code::ItemCode;
use gridward_domain::goods::PlaqueRule;
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::audience::preview;
use crate::db::{Conn, DbError};

/// The coverage of an area by a plaque: only those who are entitled count.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GoodsCoverage {
    /// The item.
    pub item: ItemCode,
    /// The area.
    pub area: AreaCode,
    /// The beneficiaries who are entitled.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_400)]
    pub entitled: i64,
    /// Those of them whose plaque is there.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_310)]
    pub covered: i64,
    /// The same in the areas directly below, ordered by code; none below a grid.
    #[schema(max_items = 999)]
    pub areas: Vec<CoverageOfArea>,
}

/// The coverage of an area directly below.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageOfArea {
    /// The area.
    pub area: AreaCode,
    /// Its name.
    #[schema(max_length = 100, example = "几江街道")]
    pub name: String,
    /// The beneficiaries who are entitled.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 80)]
    pub entitled: i64,
    /// Those of them whose plaque is there.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 77)]
    pub covered: i64,
}

/// The coverage of the area by the item; `None` if it is no plaque.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    (area, item): (AreaCode, ItemCode),
    today: NaiveDate,
) -> Result<Option<GoodsCoverage>, DbError> {
    let found = store::item(conn, area.district(), &item)?;
    let Some(rule) = found.and_then(|item| item.plaque) else { return Ok(None) };
    let (entitled, covered) = filters(rule.value());
    let (entitled, of_areas) = preview::by_area(conn, area, &entitled, today)?;
    let (covered, covered_below) = preview::by_area(conn, area, &covered, today)?;
    let areas = of_areas.into_iter().zip(covered_below).map(|(all, covered)| CoverageOfArea {
        area: all.area,
        name: all.name,
        entitled: all.count,
        covered: covered.count,
    });
    Ok(Some(GoodsCoverage { item, area, entitled, covered, areas: areas.collect() }))
}

/// Those who are entitled, and those of them whose plaque is there.
fn filters(rule: &PlaqueRule) -> (Filter, Filter) {
    let entitled = rule.audience();
    let present = Filter::Is(Condition::Plaque(rule.covering()));
    (entitled.clone(), Filter::All(vec![entitled, present]))
}
