//! The names of columns in the headers of an office's files.
//!
//! A header names a column by its name in the [documentation](super), by a usual Chinese name,
//! or by a name that the district has agreed on.

use std::collections::BTreeMap;

/// The usual Chinese names of each column.
const USUAL: &[(&str, &[&str])] = &[
    ("address", &["地址", "住址", "家庭住址", "详细地址"]),
    ("area", &["所属区域", "区域代码", "所属区划", "负责区域"]),
    ("availability", &["可用时间", "可服务时间", "服务时间"]),
    ("birth_year", &["出生年份", "出生年"]),
    ("calendar", &["历法"]),
    ("category", &["类别", "人员类别", "对象类别", "优抚类别"]),
    ("code", &["代码", "区划代码", "编码"]),
    ("contact", &["联系方式偏好", "走访方式"]),
    ("date", &["日期"]),
    ("gender", &["性别"]),
    ("grid", &["网格", "网格代码", "所属网格"]),
    ("hardship", &["困难", "困难情况", "困难类型"]),
    ("hours", &["开放时间"]),
    ("household", &["户号", "户籍号", "家庭编号"]),
    ("id", &["编号", "ID"]),
    ("id_number", &["身份证号", "身份证号码", "公民身份号码"]),
    ("kind", &["类型"]),
    ("last_contact", &["最近联系", "最近联系日期", "上次走访", "上次走访日期"]),
    ("lat", &["纬度"]),
    ("level", &["级别", "层级"]),
    ("lives_alone", &["独居", "是否独居"]),
    ("lon", &["经度"]),
    ("lunar_date", &["农历", "农历日期"]),
    ("mobility", &["行动能力", "行动情况"]),
    ("name", &["姓名", "名称"]),
    ("name_zh", &["名称", "节日"]),
    ("parent", &["上级", "上级代码"]),
    ("phone", &["手机", "手机号", "手机号码", "电话", "联系电话"]),
    ("plaque", &["光荣牌", "光荣之家牌", "光荣牌状态"]),
    ("role", &["角色", "职务"]),
    ("skills", &["技能", "特长"]),
    ("tags", &["标签", "人员标签"]),
    ("town", &["镇街", "所属镇街"]),
    ("weekly_minutes", &["每周分钟", "每周可用分钟", "每周服务分钟"]),
];

/// The usual Chinese name of a column.
pub(super) fn usual(column: &'static str) -> &'static str {
    let names = USUAL.iter().find(|(name, _)| *name == column);
    names.and_then(|(_, headings)| headings.first()).copied().unwrap_or(column)
}

/// The names that a district has agreed on, by file and heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headings(BTreeMap<(String, String), String>);

impl Headings {
    /// The agreed names: of a file such as `people.csv`, the heading and the column.
    pub fn new(agreed: impl IntoIterator<Item = (String, String, String)>) -> Self {
        Self(agreed.into_iter().map(|(file, heading, column)| ((file, heading), column)).collect())
    }

    /// The column of `file` that `heading` names, among `columns`. A name that the district
    /// agreed on is preferred.
    pub(super) fn column(
        &self,
        file: &str,
        heading: &str,
        columns: impl Iterator<Item = &'static &'static str> + Clone,
    ) -> Option<&'static str> {
        let agreed = self.0.get(&(file.to_owned(), heading.to_owned()));
        let find = |is: &dyn Fn(&str) -> bool| columns.clone().copied().find(|column| is(column));
        match agreed {
            Some(agreed) => find(&|column| column == agreed),
            None => find(&|column| column == heading).or_else(|| {
                find(&|column| {
                    let mut usual = USUAL.iter().filter(|(name, _)| *name == column);
                    usual.any(|(_, headings)| headings.contains(&heading))
                })
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::Sample;

    #[test]
    fn a_header_in_chinese_names_the_same_columns() {
        let sample = Sample::sound();
        let expected = sample.read().expect("readable");
        let chinese = sample
            .line(
                "people.csv",
                1,
                "编号,角色,姓名,性别,出生年份,手机号,所属区域,纬度,经度,技能,每周分钟,可用时间",
            )
            .line("holidays.csv", 1, "日期,代码,名称,历法,农历");
        assert_eq!(chinese.read().expect("readable"), expected);
    }

    const COLUMNS: [&str; 2] = ["name", "phone"];

    #[test]
    fn a_name_that_the_district_agreed_on_comes_before_the_usual_one() {
        let agreed = |heading: &str, column: &str| {
            let file = "people.csv".to_owned();
            Headings::new([(file, heading.to_owned(), column.to_owned())])
        };
        let column =
            |headings: &Headings, heading| headings.column("people.csv", heading, COLUMNS.iter());
        assert_eq!(column(&agreed("网格员电话", "phone"), "网格员电话"), Some("phone"));
        assert_eq!(column(&agreed("姓名", "phone"), "姓名"), Some("phone"));
        assert_eq!(column(&Headings::default(), "姓名"), Some("name"));
        assert_eq!(column(&Headings::default(), "网格员电话"), None);
        assert_eq!(
            agreed("网格员电话", "phone").column("areas.csv", "网格员电话", COLUMNS.iter()),
            None
        );
    }
}
