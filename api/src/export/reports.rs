//! The export of reports: what visits found, without free text, photos, positions and authors.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::code::Need;
use gridward_domain::id::ReportId;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::crypto::KeyRing;
use crate::db::{Conn, DbError};
use crate::task::reports::report_list::{self, Filter, ListedReport};
use crate::vocabulary::VocabularyName;

/// The reports of an area that a filter selects.
pub struct Reports {
    /// The keys of districts.
    pub keys: KeyRing,
    /// The caller.
    pub principal: Principal,
    /// The area.
    pub area: AreaCode,
    /// The filter.
    pub filter: Filter,
    /// The labels.
    pub labels: Labels,
}

impl Listing for Reports {
    type Position = ReportId;

    const NAME: (&'static str, &'static str) = ("reports", "report.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Report", "报告编号";
        "task_id", "Task", "任务编号";
        "kind", "Kind of service", "服务项目";
        "grid", "Grid", "网格编码";
        "grid_name", "Name of the grid", "网格名称";
        "received_at", "Received", "收到时间";
        "outcome", "Outcome", "走访结果";
        "needs", "Needs", "发现的需求";
        "attempt", "Attempt", "第几次走访";
        "recorded", "Evidence only", "仅存档";
        "flags", "To be checked", "待核实";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let key = self.keys.key(conn, self.principal.district())?;
        let (read, next) = report_list::page(conn, &key, &self.area, &self.filter, after)?;
        Ok((read.iter().map(|report| self.row(report)).collect(), next))
    }
}

impl Reports {
    fn row(&self, report: &ListedReport) -> Vec<Cell> {
        let labels = &self.labels;
        let needs = report.needs.iter().map(Need::as_str);
        vec![
            Cell::text(report.id),
            Cell::text(report.task),
            labels.kind(report.kind.as_str()),
            Cell::text(report.grid),
            labels.area(&report.grid),
            Cell::Time(report.received_at),
            Cell::of(report.outcome, |outcome| labels.word(outcome)),
            labels.codes(VocabularyName::Needs, needs),
            Cell::Number(report.attempt.get().into()),
            Cell::Flag(report.recorded),
            labels.words(report.flags.iter().copied()),
        ]
    }
}
