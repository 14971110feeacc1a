//! How far a campaign has come, by area and never by person.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::task::Phase;

use super::model::{CampaignCounts, CampaignOfArea, CampaignProgress};
use super::store::CampaignRow;
use crate::area;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::in_range;

impl CampaignCounts {
    fn add(&mut self, phase: Phase, count: i64) {
        self.tasks += count;
        match phase {
            Phase::Done => self.done += count,
            Phase::Failed | Phase::Cancelled | Phase::Expired => self.failed += count,
            Phase::Open | Phase::Assigned | Phase::Accepted | Phase::InProgress => {
                self.open += count;
            }
        }
    }
}

/// The tasks of the campaign's occasion and kind in its area.
///
/// # Errors
/// [`DbError`].
pub fn progress(conn: &mut Conn, row: &CampaignRow) -> Result<CampaignProgress, DbError> {
    let range = row.area.range();
    // SQLite uses the partial index only if the query repeats the index's condition.
    let counts: Vec<(AreaCode, Phase, i64)> = tasks::table
        .filter(tasks::district.eq(row.district))
        .filter(tasks::occasion.is_not_null())
        .filter(tasks::occasion.assume_not_null().eq(row.occasion()?))
        .filter(tasks::kind.eq(row.kind.as_str()))
        .filter(in_range!(tasks::grid, range))
        .group_by((tasks::grid, tasks::state))
        .select((tasks::grid, tasks::state, count_star()))
        .load(conn)?;
    let below = match row.area.level() {
        Level::District => Some(Level::Town),
        Level::Town => Some(Level::Village),
        Level::Village => Some(Level::Grid),
        Level::Grid => None,
    };
    let mut total = CampaignCounts::default();
    let mut by_area: BTreeMap<AreaCode, CampaignCounts> = BTreeMap::new();
    for (grid, phase, count) in counts {
        total.add(phase, count);
        if let Some(child) = below.and_then(|level| grid.ancestor(level)) {
            by_area.entry(child).or_default().add(phase, count);
        }
    }
    let names = match below {
        Some(level) => area::store::names(conn, &range, level)?,
        None => Vec::new(),
    };
    let areas = names.into_iter().map(|(area, name)| CampaignOfArea {
        area,
        name,
        counts: by_area.get(&area).copied().unwrap_or_default(),
    });
    Ok(CampaignProgress { id: row.id, state: row.state, total, areas: areas.collect() })
}
