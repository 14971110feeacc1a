//! The export of campaigns: what each is for and how far it has come, without instructions, amounts and
//! the names of those who wrote and approved it.

use gridward_domain::authority::Principal;
use gridward_domain::campaign::CampaignState;
use gridward_domain::id::CampaignId;
use gridward_domain::range::PageLimit;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::campaign::model::{Campaign, CampaignProgress};
use crate::campaign::progress::progress;
use crate::campaign::store;
use crate::db::{Conn, DbError};
use crate::http::page::{Wanted, cut};

/// The campaigns of the caller's area.
pub struct Campaigns {
    /// The caller.
    pub principal: Principal,
    /// Only those in this state.
    pub state: Option<CampaignState>,
    /// The labels.
    pub labels: Labels,
}

impl Listing for Campaigns {
    type Position = CampaignId;

    const NAME: (&'static str, &'static str) = ("campaigns", "campaign.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Campaign", "活动编号";
        "name", "Name", "名称";
        "area", "Area", "区域编码";
        "area_name", "Name of the area", "区域名称";
        "state", "State", "状态";
        "occasion", "Occasion", "事由";
        "year", "Year", "年份";
        "audience", "Audience", "对象范围";
        "kind", "Service", "服务项目";
        "first_day", "First day", "开始日期";
        "last_day", "Last day", "截止日期";
        "quota_per_day", "Visits a day", "每日上限";
        "tasks", "Tasks", "任务数";
        "done", "Done", "已完成";
        "open", "Open", "未完成";
        "failed", "Failed", "未成功";
        "handouts_planned", "Hand-outs planned", "待发放";
        "handouts_handed_out", "Handed out", "已发放";
        "handouts_returned", "Returned", "已退回";
        "launched_at", "Launched", "启动时间";
        "closed_at", "Closed", "结束时间";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let mut rows = store::list(conn, self.principal.area, self.state, &wanted)?;
        let last = cut(&mut rows, PageLimit::MAX, |row| row.id);
        let shown = store::shown(conn, self.principal.district(), &rows)?;
        let mut cells = Vec::with_capacity(rows.len());
        for (row, campaign) in rows.into_iter().zip(&shown) {
            let row = row.within(self.principal.area);
            cells.push(self.row(campaign, &progress(conn, &row)?));
        }
        Ok((cells, last))
    }
}

impl Campaigns {
    fn row(&self, campaign: &Campaign, progress: &CampaignProgress) -> Vec<Cell> {
        let labels = &self.labels;
        let (tasks, handouts) = (&progress.total, &progress.handouts);
        vec![
            Cell::text(campaign.id),
            labels.either(campaign.name_en.as_str(), campaign.name.as_str()),
            Cell::text(campaign.area),
            labels.area(&campaign.area),
            labels.word(campaign.state),
            Cell::text(campaign.occasion.as_str()),
            Cell::Number(campaign.year.get().into()),
            labels.either(&campaign.sentence_en, &campaign.sentence_zh),
            Cell::of(campaign.kind.as_ref(), |kind| labels.kind(kind.as_str())),
            Cell::Day(campaign.first_day),
            Cell::Day(campaign.last_day),
            Cell::of(campaign.quota_per_day, |quota| Cell::Number(quota.get().into())),
            Cell::Number(tasks.tasks),
            Cell::Number(tasks.done),
            Cell::Number(tasks.open),
            Cell::Number(tasks.failed),
            Cell::Number(handouts.planned),
            Cell::Number(handouts.handed_out),
            Cell::Number(handouts.returned),
            Cell::of(campaign.launched_at, Cell::Time),
            Cell::of(campaign.closed_at, Cell::Time),
        ]
    }
}
