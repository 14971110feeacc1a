//! Reminds the managers whose grids are not finished, once a day at most.

use std::collections::BTreeMap;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::campaign::CampaignState;
use gridward_domain::goods::HandoutState;
use gridward_domain::id::CampaignId;
use serde_json::{Value, json};

use super::decide::{found, record};
use super::model::CampaignCounts;
use super::outcome_model::CampaignReminder;
use super::progress::tasks_by_grid;
use super::store::{self, CampaignRow};
use crate::clock;
use crate::db::{Conn, DbError};
use crate::goods::plan;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::notice::post;
use crate::tx::Tx;

/// A reminder of the managers.
#[derive(Clone, Copy, Debug)]
pub struct Reminding {
    /// The campaign.
    pub campaign: CampaignId,
}

impl Effect for Reminding {
    type Made = CampaignReminder;

    fn action(&self) -> &'static str {
        "campaign.remind"
    }

    fn request(&self) -> Value {
        json!({ "campaign_id": self.campaign })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        found(tx, principal, self.campaign).map(drop)
    }
}

impl Reminding {
    /// Posts a notice to the manager of each unfinished grid.
    ///
    /// # Errors
    /// 403; 404; 409 in another state than launched, or after a reminder of this day.
    pub(super) fn run(
        &self,
        tx: &mut Tx<'_>,
        principal: &Principal,
    ) -> Result<CampaignReminder, Problem> {
        let row = found(tx, principal, self.campaign)?;
        let today = clock::day(tx.now);
        if row.state != CampaignState::Launched {
            let shown = row.shown(tx.read_unbatched())?;
            return Err(Problem::from(ProblemCode::CampaignState).showing(&shown));
        }
        if row.reminded_on == Some(today) {
            let shown = row.shown(tx.read_unbatched())?;
            return Err(Problem::from(ProblemCode::CampaignReminded).showing(&shown));
        }
        let open = unfinished(tx.read()?, &row)?;
        for (grid, (tasks, handouts)) in &open {
            let text = text(&row, *tasks, *handouts);
            let title: NoticeTitle = row.name.as_str().parse().map_err(Problem::defect)?;
            let text: NoticeText = text.parse().map_err(Problem::defect)?;
            let until = row.last_day.max(today);
            post::to_manager(tx, principal, *grid, (title, text, until))?;
        }
        let next =
            CampaignRow { reminded_on: Some(today), version: row.version + 1, ..row.clone() };
        store::put(tx.write_unbatched(), Some(&row), &next)?;
        record(tx, principal, self.action(), &next);
        Ok(CampaignReminder {
            campaign_id: row.id,
            day: today,
            grids: i64::try_from(open.len()).unwrap_or(i64::MAX),
            open_tasks: open.values().map(|(tasks, _)| tasks).sum(),
            planned_handouts: open.values().map(|(_, handouts)| handouts).sum(),
        })
    }
}

/// The open tasks and the planned hand-outs of each grid that has any.
fn unfinished(
    conn: &mut Conn,
    row: &CampaignRow,
) -> Result<BTreeMap<AreaCode, (i64, i64)>, DbError> {
    let mut open: BTreeMap<AreaCode, (i64, i64)> = BTreeMap::new();
    for (grid, phase, count) in tasks_by_grid(conn, row)? {
        let mut counts = CampaignCounts::default();
        counts.add(phase, count);
        open.entry(grid).or_default().0 += counts.open;
    }
    for (grid, state, _, count) in
        plan::counts(conn, &row.area.range(), (row.id, &row.occasion()?), &row.items()?)?
    {
        if state == HandoutState::Planned {
            open.entry(grid).or_default().1 += count;
        }
    }
    open.retain(|_, (tasks, handouts)| *tasks + *handouts > 0);
    Ok(open)
}

/// The text of a reminder, in both languages.
fn text(row: &CampaignRow, tasks: i64, handouts: i64) -> String {
    format!(
        "“{}”还有{tasks}项走访、{handouts}件物资未完成，请于{}前完成。\n\
         {}: {tasks} visits and {handouts} hand-outs are open, until {}.",
        row.name.as_str(),
        row.last_day,
        row.name_en.as_str(),
        row.last_day,
    )
}
