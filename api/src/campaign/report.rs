//! The report of a campaign: what was planned, what came of it and what was found, by area and
//! never by person.

use std::collections::BTreeMap;

use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::goods::ReturnReason;
use gridward_domain::id::ReportId;
use gridward_domain::task::{Outcome, Phase};

use super::outcome_model::{
    CampaignAttempts, CampaignFailures, CampaignReport, CampaignReturns, ReportOfArea,
};
use super::progress::tasks_by_grid;
use super::store::CampaignRow;
use crate::area;
use crate::crypto::SealingKey;
use crate::db::schema::{reports, tasks};
use crate::db::{Conn, DbError, batches};
use crate::goods::plan;
use crate::in_range;
use crate::task::reports::report_sealed::Sealed;

impl CampaignFailures {
    fn add(&mut self, phase: Phase, count: i64) {
        match phase {
            Phase::Failed => self.failed += count,
            Phase::Cancelled => self.cancelled += count,
            Phase::Expired => self.expired += count,
            Phase::Done | Phase::Open | Phase::Assigned | Phase::Accepted | Phase::InProgress => {}
        }
    }
}

impl CampaignReturns {
    fn add(&mut self, reason: ReturnReason, count: i64) {
        match reason {
            ReturnReason::Absent => self.absent += count,
            ReturnReason::Moved => self.moved += count,
            ReturnReason::Declined => self.declined += count,
            ReturnReason::Damaged => self.damaged += count,
            ReturnReason::Deceased => self.deceased += count,
            ReturnReason::Withdrawn | ReturnReason::Restored | ReturnReason::Other => {
                self.other += count;
            }
        }
    }
}

/// The report of the campaign, by the areas of the level in its area.
///
/// # Errors
/// [`DbError`].
pub fn report(
    conn: &mut Conn,
    key: &SealingKey,
    row: &CampaignRow,
    by: Level,
) -> Result<CampaignReport, DbError> {
    let range = row.area.range();
    let mut report = CampaignReport::of(row.id, by);
    let mut areas: BTreeMap<AreaCode, ReportOfArea> = BTreeMap::new();
    for (area, name) in area::store::names(conn, &range, by)? {
        areas.insert(area, ReportOfArea::of(area, name));
    }
    for (grid, phase, count) in tasks_by_grid(conn, row)? {
        report.tasks.add(phase, count);
        report.failures.add(phase, count);
        if let Some(of) = grid.ancestor(by).and_then(|area| areas.get_mut(&area)) {
            of.tasks.add(phase, count);
            of.failures.add(phase, count);
        }
    }
    for (grid, state, reason, count) in
        plan::counts(conn, &range, (row.id, &row.occasion()?), &row.items()?)?
    {
        report.handouts.add(state, count);
        if let Some(reason) = reason {
            report.returns.add(reason, count);
        }
        if let Some(of) = grid.ancestor(by).and_then(|area| areas.get_mut(&area)) {
            of.handouts.add(state, count);
        }
    }
    for (grid, minutes) in minutes_by_grid(conn, row)? {
        report.minutes_done += minutes;
        if let Some(of) = grid.ancestor(by).and_then(|area| areas.get_mut(&area)) {
            of.minutes_done += minutes;
        }
    }
    for (grid, outcome, count) in outcomes_by_grid(conn, key, row)? {
        report.attempts.add(outcome, count);
        if let Some(of) = grid.ancestor(by).and_then(|area| areas.get_mut(&area)) {
            of.attempts.add(outcome, count);
        }
    }
    report.areas = areas.into_values().collect();
    Ok(report)
}

impl CampaignAttempts {
    fn add(&mut self, outcome: Outcome, count: i64) {
        match outcome {
            Outcome::Done => self.done += count,
            Outcome::NotHome => self.not_home += count,
            Outcome::Refused => self.refused += count,
            Outcome::NeedsFollowUp => self.needs_found += count,
        }
    }
}

/// The minutes of the visits that were made, by grid.
fn minutes_by_grid(conn: &mut Conn, row: &CampaignRow) -> Result<Vec<(AreaCode, i64)>, DbError> {
    let Some(kind) = &row.kind else { return Ok(Vec::new()) };
    let range = row.area.range();
    let sums: Vec<(AreaCode, Option<i64>)> = tasks::table
        .filter(tasks::district.eq(row.district))
        .filter(tasks::occasion.is_not_null())
        .filter(tasks::occasion.assume_not_null().eq(row.occasion()?))
        .filter(tasks::kind.eq(kind.as_str()))
        .filter(in_range!(tasks::grid, range))
        .filter(tasks::state.eq(Phase::Done))
        .group_by(tasks::grid)
        .select((tasks::grid, sum(tasks::minutes)))
        .load(conn)?;
    Ok(sums.into_iter().map(|(grid, sum)| (grid, sum.unwrap_or_default())).collect())
}

/// The reports of the campaign's tasks, by grid and outcome.
fn outcomes_by_grid(
    conn: &mut Conn,
    key: &SealingKey,
    row: &CampaignRow,
) -> Result<Vec<(AreaCode, Outcome, i64)>, DbError> {
    let Some(kind) = &row.kind else { return Ok(Vec::new()) };
    let range = row.area.range();
    let of_task = tasks::district.eq(reports::district).and(tasks::id.eq(reports::task));
    let those = reports::table
        .inner_join(tasks::table.on(of_task))
        .filter(reports::district.eq(row.district))
        .filter(tasks::district.eq(row.district))
        .filter(tasks::occasion.is_not_null())
        .filter(tasks::occasion.assume_not_null().eq(row.occasion()?))
        .filter(tasks::kind.eq(kind.as_str()))
        .filter(in_range!(reports::grid, range))
        .filter(reports::recorded.eq(false));
    let mut outcomes: Vec<(AreaCode, Outcome, i64)> = those
        .clone()
        .filter(reports::outcome.ne(Outcome::Done))
        .group_by((reports::grid, reports::outcome))
        .select((reports::grid, reports::outcome, count_star()))
        .load(conn)?;
    // The ids at once: a page of the joined rows would read all reports of the area each time.
    let done = those.filter(reports::outcome.eq(Outcome::Done)).select(reports::id);
    let done: Vec<ReportId> = done.load(conn)?;
    for ids in batches(&done) {
        let opened: Vec<(AreaCode, ReportId, Vec<u8>)> = reports::table
            .filter(reports::district.eq(row.district))
            .filter(reports::id.eq_any(ids))
            .select((reports::grid, reports::id, reports::sealed))
            .load(conn)?;
        outcomes.extend(opened.iter().map(|(grid, id, sealed)| {
            (*grid, done_or_with_needs(key, (row.district, *id), sealed), 1)
        }));
    }
    Ok(outcomes)
}

/// Whether the report of a done visit found a need: by the needs that it names, from which follow-ups and cases come too.
/// They are encrypted, so the report is opened; one that cannot be read counts as done.
fn done_or_with_needs(key: &SealingKey, of: (AreaCode, ReportId), sealed: &[u8]) -> Outcome {
    match Sealed::open(key, of, sealed) {
        Ok(opened) if !opened.content.needs.is_empty() => Outcome::NeedsFollowUp,
        Ok(_) => Outcome::Done,
        Err(_) => {
            tracing::warn!(report = %of.1, "a report cannot be read");
            Outcome::Done
        }
    }
}
