//! The export of people.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::language::SpokenLanguage;
use gridward_domain::range::PageLimit;
use gridward_domain::skill::Skill;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::crypto::KeyRing;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::person::Person;
use crate::person::list_store::{self, Filter, Position};
use crate::vocabulary::VocabularyName;

/// The people of an area that a filter selects.
pub struct People {
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

impl Listing for People {
    type Position = Position;

    const NAME: (&'static str, &'static str) = ("people", "person.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Person", "人员编号";
        "name", "Name", "姓名";
        "phone", "Phone", "手机";
        "role", "Role", "角色";
        "state", "State", "状态";
        "area", "Area", "区域编码";
        "area_name", "Name of the area", "区域名称";
        "gender", "Gender", "性别";
        "birth_year", "Year of birth", "出生年份";
        "skills", "Skills", "技能";
        "languages", "Languages", "语言";
        "weekly_minutes", "Minutes a week", "每周服务时长（分钟）";
        "availability", "Hours", "服务时间";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let key = self.keys.key(conn, self.principal.district())?;
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let read = list_store::list(conn, &self.area.range(), &self.filter, &wanted)?;
        let is_full = i64::try_from(read.len()) == Ok(wanted.rows());
        let next = read.last().filter(|_| is_full).map(|row| (row.area, row.id));
        let rows = read.iter().map(|row| Ok(self.row(&row.person(&key)?)));
        Ok((rows.collect::<Result<_, DbError>>()?, next))
    }
}

impl People {
    fn row(&self, person: &Person) -> Vec<Cell> {
        let labels = &self.labels;
        let skills = person.skills.iter().map(Skill::as_str);
        let languages = person.languages.iter().map(SpokenLanguage::as_str);
        vec![
            Cell::text(person.id),
            Cell::text(&person.name),
            Cell::text(&person.phone),
            labels.word(person.role),
            labels.word(person.state),
            Cell::text(person.area),
            labels.area(&person.area),
            labels.word(person.gender),
            Cell::Number(person.birth_year.get().into()),
            labels.codes(VocabularyName::Skills, skills),
            labels.codes(VocabularyName::Languages, languages),
            Cell::Number(person.weekly_minutes.get().into()),
            Cell::text(&person.availability),
        ]
    }
}
