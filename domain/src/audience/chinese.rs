//! A filter in Chinese.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};

use super::condition::{AgeRange, AnswerAmong, CaseOf, CaseProgress, Condition, Since};
use super::filter::Filter;
use super::sentence::{AnswerNames, Divided, Names};
use crate::code::Tag;
use crate::entry::{Contact, Gender, Mobility};

/// 江津区内 80 岁及以上、独居的烈士遗属
pub(super) fn sentence(filter: &Divided<'_>, names: &dyn Names) -> String {
    let areas: Vec<String> = filter.areas.iter().map(|area| names.area(area)).collect();
    let areas = areas.join("、");
    let category =
        filter.categories.map(|any| joined(any.iter().map(|one| names.category(one).zh)));
    let found = joined(filter.found.iter().map(|need| format!("“{}”", need.zh)));
    let found = (!found.is_empty()).then(|| format!("报告发现{found}"));
    let others = filter.others.iter().map(|part| part_of(part, names));
    let phrases: Vec<String> = others.chain(found).collect();
    let phrases = phrases.join("、");
    match (phrases.is_empty(), category) {
        (true, None) => format!("{areas}内的全部服务对象"),
        (true, Some(category)) => format!("{areas}内的{category}"),
        (false, category) => {
            // A number is set apart from the characters before it.
            let gap = if phrases.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
            let noun = category.as_deref().unwrap_or("服务对象");
            format!("{areas}内{gap}{phrases}的{noun}")
        }
    }
}

/// A part of the sentence, whose alternatives are set apart from the other parts.
fn part_of(part: &Filter, names: &dyn Names) -> String {
    match part {
        Filter::Any(_) => format!("（{}）", phrase(part, names)),
        _ => phrase(part, names),
    }
}

fn phrase(filter: &Filter, names: &dyn Names) -> String {
    match filter {
        Filter::Is(condition) => positive(condition, names),
        Filter::Not(inner) => match inner.as_ref() {
            Filter::Is(condition) => negative(condition, names),
            other => format!("不属于（{}）", phrase(other, names)),
        },
        Filter::All(parts) if parts.is_empty() => "不限".to_owned(),
        Filter::Any(parts) => joined(parts.iter().map(|part| match part {
            Filter::All(_) => format!("（{}）", phrase(part, names)),
            _ => phrase(part, names),
        })),
        Filter::All(parts) => {
            let parts: Vec<String> = parts.iter().map(|part| part_of(part, names)).collect();
            parts.join("且")
        }
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    words.join("或")
}

fn positive(condition: &Condition, names: &dyn Names) -> String {
    match condition {
        Condition::Area(areas) => {
            let areas = joined(areas.iter().map(|area| names.area(area)));
            format!("居住在{areas}")
        }
        Condition::Age(range) => age(range),
        Condition::Gender(Gender::Female) => "女性".to_owned(),
        Condition::Gender(Gender::Male) => "男性".to_owned(),
        Condition::LivesAlone(true) => "独居".to_owned(),
        Condition::LivesAlone(false) => "非独居".to_owned(),
        Condition::Mobility(any) => joined(any.iter().map(|one| mobility(*one).to_owned())),
        Condition::Contact(Contact::Visit) => "首选上门走访".to_owned(),
        Condition::Contact(Contact::Phone) => "首选电话联系".to_owned(),
        Condition::Plaque(any) => {
            format!("光荣牌{}", joined(any.iter().map(|one| names.plaque(one).zh)))
        }
        Condition::NotContactedSince(Since::Day(first)) => format!("{}以来未联系", day(*first)),
        Condition::NotContactedSince(Since::DaysAgo(days)) => format!("近 {days} 天未联系"),
        Condition::Category(any) => {
            format!("属于{}", joined(any.iter().map(|one| names.category(one).zh)))
        }
        Condition::Tag(any) => format!("带有标签{}", quoted(any, names)),
        Condition::Answer(among) => answer(among, "为", names),
        Condition::Case(one) => format!("有{}", case(one, names)),
    }
}

fn negative(condition: &Condition, names: &dyn Names) -> String {
    match condition {
        Condition::Area(areas) => {
            let areas = joined(areas.iter().map(|area| names.area(area)));
            format!("不在{areas}居住")
        }
        Condition::Age(range) => format!("非 {}", age(range)),
        Condition::Plaque(any) => {
            format!("光荣牌非{}", joined(any.iter().map(|one| names.plaque(one).zh)))
        }
        Condition::NotContactedSince(Since::Day(first)) => format!("{}以来联系过", day(*first)),
        Condition::NotContactedSince(Since::DaysAgo(days)) => format!("近 {days} 天联系过"),
        Condition::Category(any) => {
            format!("不属于{}", joined(any.iter().map(|one| names.category(one).zh)))
        }
        Condition::Tag(any) => format!("没有标签{}", quoted(any, names)),
        Condition::Answer(among) => answer(among, "非", names),
        Condition::Case(one) => format!("没有{}", case(one, names)),
        // Their opposites are conditions of their own, but for one that holds for all.
        Condition::Gender(_)
        | Condition::LivesAlone(_)
        | Condition::Mobility(_)
        | Condition::Contact(_) => format!("不属于（{}）", positive(condition, names)),
    }
}

/// “重点服务对象”或“长期外出”
fn quoted(tags: &BTreeSet<Tag>, names: &dyn Names) -> String {
    joined(tags.iter().map(|tag| format!("“{}”", names.tag(tag).zh)))
}

/// 上门走访中“健康状况”为差
fn answer(among: &AnswerAmong, verb: &str, names: &dyn Names) -> String {
    let AnswerNames { kind, field, words } = names.answer(among);
    let words = joined(words.into_iter().map(|word| word.zh));
    format!("{}中“{}”{verb}{words}", kind.zh, field.zh)
}

/// 办理中的“解三难”事项
fn case(one: &CaseOf, names: &dyn Names) -> String {
    let state = match one.state {
        CaseProgress::Open => "办理中",
        CaseProgress::Granted => "已获批准",
    };
    format!("{state}的“{}”事项", names.case_kind(&one.kind).zh)
}

fn age(range: &AgeRange) -> String {
    let ages = match (range.from, range.to) {
        (Some(from), Some(to)) if from == to => format!("{from} 岁"),
        (Some(from), Some(to)) => format!("{from} 至 {to} 岁"),
        (Some(from), None) => format!("{from} 岁及以上"),
        (None, Some(to)) => format!("{to} 岁及以下"),
        (None, None) => "任何年龄".to_owned(),
    };
    match range.on {
        Some(on) => format!("{} 年时 {ages}", on.year()),
        None => ages,
    }
}

const fn mobility(mobility: Mobility) -> &'static str {
    match mobility {
        Mobility::Full => "行动自如",
        Mobility::Limited => "行动不便",
        Mobility::Homebound => "不能出门",
    }
}

fn day(day: NaiveDate) -> String {
    format!("{} 年 {} 月 {} 日", day.year(), day.month(), day.day())
}
