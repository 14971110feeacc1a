//! How far a campaign has come, by area and never by person.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::goods::HandoutState;
use gridward_domain::task::Phase;

use super::model::{CampaignCounts, CampaignOfArea, CampaignProgress, HandoutCounts};
use super::store::CampaignRow;
use crate::area;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::goods::plan;
use crate::in_range;

impl CampaignCounts {
    /// Adds tasks in this phase.
    pub(super) fn add(&mut self, phase: Phase, count: i64) {
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

impl HandoutCounts {
    /// Adds hand-outs in this state.
    pub(super) fn add(&mut self, state: HandoutState, count: i64) {
        match state {
            HandoutState::Planned => self.planned += count,
            HandoutState::HandedOut => self.handed_out += count,
            HandoutState::Returned => self.returned += count,
        }
    }
}

/// The tasks of the campaign's occasion and kind in its area, by grid and phase.
///
/// # Errors
/// [`DbError`].
pub(super) fn tasks_by_grid(
    conn: &mut Conn,
    row: &CampaignRow,
) -> Result<Vec<(AreaCode, Phase, i64)>, DbError> {
    let Some(kind) = &row.kind else { return Ok(Vec::new()) };
    let range = row.area.range();
    // SQLite uses the partial index only if the query repeats the index's condition.
    Ok(tasks::table
        .filter(tasks::district.eq(row.district))
        .filter(tasks::occasion.is_not_null())
        .filter(tasks::occasion.assume_not_null().eq(row.occasion()?))
        .filter(tasks::kind.eq(kind.as_str()))
        .filter(in_range!(tasks::grid, range))
        .group_by((tasks::grid, tasks::state))
        .select((tasks::grid, tasks::state, count_star()))
        .load(conn)?)
}

/// The tasks and the hand-outs of the campaign in its area.
///
/// # Errors
/// [`DbError`].
pub fn progress(conn: &mut Conn, row: &CampaignRow) -> Result<CampaignProgress, DbError> {
    let range = row.area.range();
    let tasks = tasks_by_grid(conn, row)?;
    let handouts = plan::counts(conn, &range, (row.id, &row.occasion()?), &row.items()?)?;
    let below = match row.area.level() {
        Level::District => Some(Level::Town),
        Level::Town => Some(Level::Village),
        Level::Village => Some(Level::Grid),
        Level::Grid => None,
    };
    let (mut total, mut total_handouts) = (CampaignCounts::default(), HandoutCounts::default());
    let mut by_area: BTreeMap<AreaCode, (CampaignCounts, HandoutCounts)> = BTreeMap::new();
    let child = |grid: AreaCode| below.and_then(|level| grid.ancestor(level));
    for (grid, phase, count) in tasks {
        total.add(phase, count);
        if let Some(child) = child(grid) {
            by_area.entry(child).or_default().0.add(phase, count);
        }
    }
    for (grid, state, _, count) in handouts {
        total_handouts.add(state, count);
        if let Some(child) = child(grid) {
            by_area.entry(child).or_default().1.add(state, count);
        }
    }
    let names = match below {
        Some(level) => area::store::names(conn, &range, level)?,
        None => Vec::new(),
    };
    let areas = names.into_iter().map(|(area, name)| {
        let (counts, handouts) = by_area.get(&area).copied().unwrap_or_default();
        CampaignOfArea { area, name, counts, handouts }
    });
    Ok(CampaignProgress {
        id: row.id,
        state: row.state,
        total,
        handouts: total_handouts,
        areas: areas.collect(),
    })
}
