//! The export of cases: where each of them is on its path, without descriptions, answers, amounts and
//! the names of those who act.

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::range::PageLimit;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::case::filter::CaseQuery;
use crate::case::{Case, CaseKind, list};
use crate::db::{Conn, DbError};
use crate::http::page::{Wanted, cut};

/// The cases that a filter selects, as far as the caller sees them.
pub struct Cases {
    /// The caller.
    pub principal: Principal,
    /// The filter.
    pub query: CaseQuery,
    /// The kinds of case of the district.
    pub kinds: Vec<CaseKind>,
    /// The labels.
    pub labels: Labels,
    /// The time by which a case is overdue.
    pub now: DateTime<Utc>,
}

impl Listing for Cases {
    type Position = list::Key;

    const NAME: (&'static str, &'static str) = ("cases", "case.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Case", "事项编号";
        "kind", "Kind of case", "事项类别";
        "class", "Class", "类型";
        "area", "Area", "区域编码";
        "area_name", "Name of the area", "区域名称";
        "beneficiary_id", "Beneficiary", "服务对象编号";
        "source", "Source", "来源";
        "station", "Station", "服务站编号";
        "urgent", "Urgent", "紧急";
        "step", "Step", "环节";
        "waits_for", "Waits for", "待办层级";
        "waiting_since", "Since", "进入环节时间";
        "due_on", "Due day", "办理期限";
        "overdue", "Overdue", "逾期";
        "result", "Result", "办理结果";
        "opened_at", "Opened", "登记时间";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let read = list::page(conn, &self.principal, &self.query, &wanted, self.now)?;
        let mut cases: Vec<Case> = read.iter().map(|placed| placed.case(self.now)).collect();
        let position = |case: &Case| (case.waiting_since.to_utc(), case.id);
        let last = cut(&mut cases, PageLimit::MAX, position);
        Ok((cases.iter().map(|case| self.row(case)).collect(), last))
    }
}

impl Cases {
    fn row(&self, case: &Case) -> Vec<Cell> {
        let labels = &self.labels;
        vec![
            Cell::text(case.id),
            self.kind(case),
            self.class(case),
            Cell::text(case.area),
            labels.area(&case.area),
            Cell::of(case.beneficiary_id, Cell::text),
            labels.word(case.source),
            Cell::of(case.station.as_ref(), |station| Cell::text(station.as_str())),
            Cell::Flag(case.urgent),
            self.step(case),
            Cell::of(case.waits_for, |level| labels.word(level)),
            Cell::Time(case.waiting_since),
            Cell::of(case.due_on, Cell::Day),
            Cell::Flag(case.overdue),
            Cell::of(case.result, |result| labels.word(result)),
            Cell::Time(case.opened_at),
        ]
    }

    fn kind_of(&self, case: &Case) -> Option<&CaseKind> {
        self.kinds.iter().find(|kind| kind.code == case.kind)
    }

    fn kind(&self, case: &Case) -> Cell {
        let names = self.kind_of(case).map(|kind| (kind.name_en.as_str(), kind.name.as_str()));
        self.labels.named(case.kind.as_str(), names)
    }

    fn class(&self, case: &Case) -> Cell {
        let Some(code) = &case.class else { return Cell::Empty };
        let classes = self.kind_of(case).map(|kind| kind.classes.as_slice()).unwrap_or_default();
        let class = classes.iter().find(|class| class.code == *code);
        let names = class.map(|class| (class.name_en.as_str(), class.name.as_str()));
        self.labels.named(code.as_str(), names)
    }

    /// The step, by its name in the present version of the kind.
    fn step(&self, case: &Case) -> Cell {
        let step = self.kind_of(case).and_then(|kind| kind.step(&case.step));
        let names = step.map(|step| (step.name_en.as_str(), step.name.as_str()));
        self.labels.named(case.step.as_str(), names)
    }
}
