//! How many of the households that are entitled to a plaque have it. An entry without the number of a household counts as
//! one of its own.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{ItemCode, PlaqueState};
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::audience::condition;
use crate::beneficiary::household;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError};
use crate::{area, in_range};

/// The coverage of an area by a plaque: only those who are entitled count, each household once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GoodsCoverage {
    /// The item.
    pub item: ItemCode,
    /// The area.
    pub area: AreaCode,
    /// The households with a member who is entitled; an entry without the number of its household counts as one.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_400)]
    pub entitled: i64,
    /// Those of them whose plaque is there, by any entry of the household.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_310)]
    pub covered: i64,
    /// The same in the areas directly below, ordered by code; none below a grid. A household with members in several
    /// of them counts in each, and once above.
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
    /// The households with a member who is entitled.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 80)]
    pub entitled: i64,
    /// Those of them whose plaque is there.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 77)]
    pub covered: i64,
}

/// The coverage of the area by the item, and of the areas of the level in it; `None` if the item is no plaque.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    (area, item): (AreaCode, ItemCode),
    by: Option<Level>,
    today: NaiveDate,
) -> Result<Option<GoodsCoverage>, DbError> {
    let found = store::item(conn, area.district(), &item)?;
    let Some(rule) = found.and_then(|item| item.plaque) else { return Ok(None) };
    let rule = rule.value();
    let present = rule.covering();
    let entries = entries(conn, area, &rule.audience(), today)?;
    let households = entries.iter().filter_map(|one| one.household.as_ref());
    let having = household::those_with_plaque(conn, area.district(), &present, Some(households))?;
    let is_covered = |one: &&Entries| match &one.household {
        Some(household) => having.contains(household),
        None => present.contains(&one.plaque),
    };
    let counts = |inside: &[&Entries]| {
        let inside = || inside.iter().copied();
        (homes(inside()), homes(inside().filter(is_covered)))
    };
    let mut by_area: HashMap<AreaCode, Vec<&Entries>> = HashMap::new();
    for one in &entries {
        if let Some(area) = by.and_then(|level| one.grid.ancestor(level)) {
            by_area.entry(area).or_default().push(one);
        }
    }
    let names = match by {
        Some(level) => area::store::names(conn, &area.range(), level)?,
        None => Vec::new(),
    };
    let areas = names.into_iter().map(|(area, name)| {
        let (entitled, covered) = counts(&by_area.remove(&area).unwrap_or_default());
        CoverageOfArea { area, name, entitled, covered }
    });
    let areas = areas.collect();
    let (entitled, covered) = counts(&entries.iter().collect::<Vec<_>>());
    Ok(Some(GoodsCoverage { item, area, entitled, covered, areas }))
}

/// The entries of a grid with the same household, or without the number of one, and the same state of the plaque.
#[derive(Queryable)]
struct Entries {
    grid: AreaCode,
    household: Option<Household>,
    plaque: PlaqueState,
    count: i64,
}

/// The current entries of the area that are selected.
fn entries(
    conn: &mut Conn,
    area: AreaCode,
    filter: &Filter,
    today: NaiveDate,
) -> Result<Vec<Entries>, DbError> {
    let range = area.range();
    Ok(beneficiaries::table
        .filter(beneficiaries::district.eq(area.district()))
        .filter(beneficiaries::valid_to.is_null())
        .filter(in_range!(beneficiaries::grid, range))
        .filter(condition::expression(filter, area.district(), today))
        .group_by((beneficiaries::grid, beneficiaries::household, beneficiaries::plaque))
        .select((
            beneficiaries::grid,
            beneficiaries::household,
            beneficiaries::plaque,
            count_star(),
        ))
        .load(conn)?)
}

/// The number of their households, each of which counts once, and of those without the number of one.
fn homes<'a>(entries: impl Iterator<Item = &'a Entries>) -> i64 {
    let (mut households, mut alone) = (HashSet::new(), 0);
    for one in entries {
        if let Some(household) = &one.household {
            households.insert(household);
        } else {
            alone += one.count;
        }
    }
    alone + i64::try_from(households.len()).unwrap_or(i64::MAX)
}
