//! The export of beneficiaries.

use gridward_domain::authority::Principal;
use gridward_domain::code::{Category, Tag};

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::beneficiary::Beneficiary;
use crate::beneficiary::filter::SortKey;
use crate::beneficiary::find::ListRequest;
use crate::beneficiary::visitors::{self, VisitorChoice};
use crate::crypto::KeyRing;
use crate::db::{Conn, DbError};
use crate::vocabulary::VocabularyName;

/// The beneficiaries that a filter selects, masked.
pub struct Beneficiaries {
    /// The keys of districts.
    pub keys: KeyRing,
    /// The caller.
    pub principal: Principal,
    /// The area, the filter and the order.
    pub request: ListRequest,
    /// The labels.
    pub labels: Labels,
}

impl Listing for Beneficiaries {
    type Position = SortKey;

    const NAME: (&'static str, &'static str) = ("beneficiaries", "beneficiary.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Beneficiary", "服务对象编号";
        "name", "Name", "姓名";
        "phone", "Phone", "电话";
        "grid", "Grid", "网格编码";
        "grid_name", "Name of the grid", "网格名称";
        "categories", "Categories", "优抚类别";
        "gender", "Gender", "性别";
        "birth_year", "Year of birth", "出生年份";
        "lives_alone", "Lives alone", "独居";
        "mobility", "Mobility", "行动能力";
        "contact", "Preferred contact", "联系方式";
        "plaque", "Plaque", "光荣牌";
        "last_contact", "Last contact", "最近联系日期";
        "preferred_visitor", "Preferred visitor", "优先走访人员编号";
        "forbidden_visitors", "Forbidden visitors", "不安排走访人员编号";
        "tags", "Tags", "标签";
        "household", "Household", "户号";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let key = self.keys.key(conn, self.principal.district())?;
        let (read, next) = self.request.page_after(conn, &key, after)?;
        let ids: Vec<_> = read.iter().map(|one| one.id).collect();
        let mut choices = visitors::of(conn, self.principal.district(), &ids)?;
        let row = |one: &Beneficiary| self.row(one, &choices.remove(&one.id).unwrap_or_default());
        Ok((read.iter().map(row).collect(), next))
    }
}

impl Beneficiaries {
    fn row(&self, one: &Beneficiary, choice: &VisitorChoice) -> Vec<Cell> {
        let labels = &self.labels;
        let forbidden: Vec<String> = choice.forbidden.iter().map(ToString::to_string).collect();
        let categories = one.categories.iter().map(Category::as_str);
        vec![
            Cell::text(one.id),
            Cell::text(&one.name),
            Cell::text(&one.phone),
            Cell::text(one.grid),
            labels.area(&one.grid),
            labels.codes(VocabularyName::Categories, categories),
            labels.word(one.gender),
            Cell::Number(one.birth_year.get().into()),
            Cell::Flag(one.lives_alone),
            labels.word(one.mobility),
            labels.word(one.contact),
            labels.code(VocabularyName::PlaqueStates, one.plaque.as_str()),
            Cell::of(one.last_contact, Cell::Day),
            Cell::of(choice.preferred, Cell::text),
            Cell::text(forbidden.join(" ")),
            labels.codes(VocabularyName::Tags, one.tags.iter().map(Tag::as_str)),
            Cell::of(one.household.as_ref(), |number| Cell::text(number.as_str())),
        ]
    }
}
