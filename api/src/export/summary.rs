//! The export of the summary of an area.

use super::cell::{Cell, Column, columns};
use super::run::{Listing, Rows};
use crate::db::{Conn, DbError};
use crate::summary::model::{AreaFigures, Summary};

impl Listing for Summary {
    type Position = ();

    const NAME: (&'static str, &'static str) = ("summary", "area.export");

    const COLUMNS: &'static [Column] = columns! {
        "code", "Area", "区域编码";
        "name", "Name", "区域名称";
        "open", "Open", "待认领任务";
        "held", "Assigned", "已分派任务";
        "overdue", "Overdue", "逾期任务";
        "due_in_3_days", "Due in 3 days", "3天内到期";
        "due_in_7_days", "Due in 7 days", "7天内到期";
        "unserved", "Not assignable", "无人可派任务";
        "on_grid", "On the grid", "网格处理";
        "on_village", "Escalated to the village", "上报到村（社区）";
        "on_town", "Escalated to the town", "上报到镇（街道）";
        "on_district", "Escalated to the district", "上报到区";
        "offered_minutes", "Minutes offered a week", "每周可服务时长（分钟）";
        "planned_minutes", "Minutes planned in 7 days", "7天内计划时长（分钟）";
        "beneficiaries", "Beneficiaries", "服务对象人数";
        "not_contacted_90_days", "Without contact for 90 days", "90天未联系人数";
    };

    fn page(&self, _: &mut Conn, _: Option<()>) -> Result<Rows<()>, DbError> {
        Ok((self.items.iter().map(row).collect(), None))
    }
}

fn row(of: &AreaFigures) -> Vec<Cell> {
    let figures = &of.figures;
    let levels = figures.escalation_levels;
    let numbers = [
        figures.open,
        figures.held,
        figures.overdue,
        figures.due_in_3_days,
        figures.due_in_7_days,
        figures.unserved,
        levels.grid,
        levels.village,
        levels.town,
        levels.district,
        figures.offered_minutes,
        figures.planned_minutes,
        figures.beneficiaries,
        figures.not_contacted_90_days,
    ];
    let names = [Cell::text(of.code), Cell::text(&of.name)];
    names.into_iter().chain(numbers.map(Cell::Number)).collect()
}
