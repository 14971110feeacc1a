//! The export of the report of a campaign, by area and never by person.

use super::cell::{Cell, Column, columns};
use super::run::{Listing, Rows};
use crate::campaign::outcome_model::{CampaignReport, ReportOfArea};
use crate::db::{Conn, DbError};

impl Listing for CampaignReport {
    type Position = ();

    const NAME: (&'static str, &'static str) = ("campaign-report", "campaign.export_report");

    const COLUMNS: &'static [Column] = columns! {
        "area", "Area", "区域编码";
        "area_name", "Name of the area", "区域名称";
        "tasks", "Tasks", "任务数";
        "done", "Done", "已完成";
        "open", "Open", "未完成";
        "failed", "Failed", "未成功";
        "cancelled", "Of these cancelled", "其中已取消";
        "expired", "Of these expired", "其中已过期";
        "attempts_done", "Attempts: done", "走访完成次数";
        "attempts_needs_found", "Attempts: need found", "走访发现需求次数";
        "attempts_not_home", "Attempts: not at home", "家中无人次数";
        "attempts_refused", "Attempts: declined", "谢绝走访次数";
        "minutes_done", "Minutes of the visits made", "已完成走访时长（分钟）";
        "handouts_planned", "Hand-outs planned", "待发放";
        "handouts_handed_out", "Handed out", "已发放";
        "handouts_returned", "Returned", "已退回";
    };

    fn page(&self, _: &mut Conn, _: Option<()>) -> Result<Rows<()>, DbError> {
        Ok((self.areas.iter().map(row).collect(), None))
    }
}

fn row(of: &ReportOfArea) -> Vec<Cell> {
    let numbers = [
        of.tasks.tasks,
        of.tasks.done,
        of.tasks.open,
        of.tasks.failed,
        of.failures.cancelled,
        of.failures.expired,
        of.attempts.done,
        of.attempts.needs_found,
        of.attempts.not_home,
        of.attempts.refused,
        of.minutes_done,
        of.handouts.planned,
        of.handouts.handed_out,
        of.handouts.returned,
    ];
    let names = [Cell::text(of.area), Cell::text(&of.name)];
    names.into_iter().chain(numbers.map(Cell::Number)).collect()
}
