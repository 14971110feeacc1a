//! The export of regimes, with the responsible person as the list shows it, and without authors.

use gridward_domain::authority::Principal;
use gridward_domain::code::Need;
use gridward_domain::id::{PersonId, RegimeId};
use gridward_domain::range::PageLimit;
use gridward_domain::regime::CadenceParts;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::crypto::KeyRing;
use crate::db::{Conn, DbError};
use crate::http::page::{Wanted, cut};
use crate::regime::model::Regime;
use crate::regime::store;
use crate::vocabulary::VocabularyName;

/// The regimes of the caller's area.
pub struct Regimes {
    /// The keys of districts.
    pub keys: KeyRing,
    /// The caller.
    pub principal: Principal,
    /// Only those of this responsible person.
    pub responsible: Option<PersonId>,
    /// The labels.
    pub labels: Labels,
}

impl Listing for Regimes {
    type Position = RegimeId;

    const NAME: (&'static str, &'static str) = ("regimes", "regime.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Regime", "编号";
        "name", "Name", "名称";
        "area", "Area", "区域编码";
        "area_name", "Name of the area", "区域名称";
        "active", "Active", "启用";
        "subject", "About", "对象类别";
        "audience", "Audience", "对象范围";
        "kind", "Service", "服务项目";
        "cadence", "Cadence", "周期类型";
        "cadence_days", "Days", "天数";
        "feast", "Feast", "节日";
        "lead_days", "Days ahead", "提前天数";
        "starts_on", "First day", "开始日期";
        "responsible_id", "Responsible person", "责任人编号";
        "responsible_name", "Name of the responsible person", "责任人";
        "assign_responsible", "Assigned to the responsible person", "分派给责任人";
        "satisfied_by", "Satisfied by", "计入走访";
        "prepared_on", "Prepared on", "最近生成日期";
        "needs", "After needs", "需求";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let key = self.keys.key(conn, self.principal.district())?;
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let mut rows = store::list(conn, &self.principal.scope(), self.responsible, &wanted)?;
        let last = cut(&mut rows, PageLimit::MAX, |row| row.id);
        let shown = store::shown(conn, &key, &self.principal, &rows)?;
        Ok((shown.iter().map(|regime| self.row(regime)).collect(), last))
    }
}

impl Regimes {
    fn row(&self, regime: &Regime) -> Vec<Cell> {
        let (labels, content) = (&self.labels, &regime.content);
        let CadenceParts { cadence, days, feast, needs } = content.cadence.parts();
        vec![
            Cell::text(regime.id),
            labels.either(content.name_en.as_str(), content.name.as_str()),
            Cell::text(regime.area),
            labels.area(&regime.area),
            Cell::Flag(content.active),
            labels.word(content.subject),
            labels.either(&regime.sentence_en, &regime.sentence_zh),
            labels.kind(content.kind.as_str()),
            labels.word(cadence),
            Cell::of(Some(days).filter(|days| *days > 0), |days| Cell::Number(days.into())),
            Cell::of(feast, |code| labels.occasion(&code)),
            Cell::Number(content.lead_days.get().into()),
            Cell::Day(content.starts_on),
            Cell::of(content.responsible_id, Cell::text),
            Cell::of(regime.responsible_name.as_ref(), Cell::text),
            Cell::Flag(content.assign_responsible),
            labels.word(content.satisfied_by),
            Cell::of(regime.prepared_on, Cell::Day),
            labels.codes(VocabularyName::Needs, needs.iter().map(Need::as_str)),
        ]
    }
}
