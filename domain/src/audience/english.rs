//! A filter in English.

use std::collections::BTreeSet;

use chrono::Datelike as _;

use super::condition::{AgeRange, AnswerAmong, CaseOf, CaseProgress, Condition, Since};
use super::filter::Filter;
use super::sentence::{AnswerNames, Divided, Names};
use crate::code::Tag;
use crate::entry::{Contact, Gender, Mobility};

/// Beneficiaries in 江津区 who are registered as “Family of a martyr”, are aged 80 or over and live
/// alone
pub(super) fn sentence(filter: &Divided<'_>, names: &dyn Names) -> String {
    let areas = listed(filter.areas.iter().map(|area| names.area(area)), "and");
    let category = filter.categories.map(|any| format!("are {}", registered(any.iter(), names)));
    let others = filter.others.iter().map(|part| part_of(part, names));
    let found = quoted(filter.found.iter().map(|need| need.en.clone()));
    let found = (!found.is_empty()).then(|| format!("have a report that finds {found}"));
    let phrases = listed(category.into_iter().chain(others).chain(found), "and");
    if phrases.is_empty() {
        format!("All beneficiaries in {areas}")
    } else {
        format!("Beneficiaries in {areas} who {phrases}")
    }
}

/// A part of the sentence, whose alternatives are set apart from the other parts.
fn part_of(part: &Filter, names: &dyn Names) -> String {
    match part {
        Filter::Any(_) => format!("({})", phrase(part, names)),
        _ => phrase(part, names),
    }
}

fn phrase(filter: &Filter, names: &dyn Names) -> String {
    match filter {
        Filter::Is(condition) => positive(condition, names),
        Filter::Not(inner) => match inner.as_ref() {
            Filter::Is(condition) => negative(condition, names),
            other => format!("are not among those who ({})", phrase(other, names)),
        },
        Filter::All(parts) if parts.is_empty() => "are beneficiaries".to_owned(),
        Filter::Any(parts) => listed(
            parts.iter().map(|part| match part {
                Filter::All(_) => format!("({})", phrase(part, names)),
                _ => phrase(part, names),
            }),
            "or",
        ),
        Filter::All(parts) => listed(parts.iter().map(|part| part_of(part, names)), "and"),
    }
}

/// “a, b and c”
fn listed(words: impl Iterator<Item = String>, last: &str) -> String {
    let mut words: Vec<String> = words.collect();
    match words.pop() {
        Some(word) if !words.is_empty() => format!("{} {last} {word}", words.join(", ")),
        Some(word) => word,
        None => String::new(),
    }
}

fn quoted(words: impl Iterator<Item = String>) -> String {
    listed(words.map(|word| format!("“{word}”")), "or")
}

fn registered<'a>(
    any: impl Iterator<Item = &'a crate::code::Category>,
    names: &dyn Names,
) -> String {
    format!("registered as {}", quoted(any.map(|one| names.category(one).en)))
}

fn tagged(any: &BTreeSet<Tag>, names: &dyn Names) -> String {
    format!("tagged {}", quoted(any.iter().map(|one| names.tag(one).en)))
}

fn positive(condition: &Condition, names: &dyn Names) -> String {
    match condition {
        Condition::Area(areas) => {
            format!("live in {}", listed(areas.iter().map(|area| names.area(area)), "or"))
        }
        Condition::Age(range) => format!("are {}", age(range)),
        Condition::Gender(Gender::Female) => "are women".to_owned(),
        Condition::Gender(Gender::Male) => "are men".to_owned(),
        Condition::LivesAlone(true) => "live alone".to_owned(),
        Condition::LivesAlone(false) => "do not live alone".to_owned(),
        Condition::Mobility(any) => listed(any.iter().map(|one| mobility(*one).to_owned()), "or"),
        Condition::Contact(Contact::Visit) => "prefer visits".to_owned(),
        Condition::Contact(Contact::Phone) => "prefer telephone calls".to_owned(),
        Condition::Plaque(any) => {
            format!(
                "have a plaque in the state {}",
                quoted(any.iter().map(|one| names.plaque(one).en))
            )
        }
        Condition::NotContactedSince(since) => format!("have had no contact {}", when(*since)),
        Condition::Category(any) => format!("are {}", registered(any.iter(), names)),
        Condition::Tag(any) => format!("are {}", tagged(any, names)),
        Condition::Answer(among) => format!("have {}", answer(among, names)),
        Condition::Case(one) => format!("have {} case {}", article(one), kind_of(one, names)),
    }
}

fn negative(condition: &Condition, names: &dyn Names) -> String {
    match condition {
        Condition::Area(areas) => {
            format!("do not live in {}", listed(areas.iter().map(|area| names.area(area)), "or"))
        }
        Condition::Age(range) => format!("are not {}", age(range)),
        Condition::Plaque(any) => format!(
            "have no plaque in the state {}",
            quoted(any.iter().map(|one| names.plaque(one).en))
        ),
        Condition::NotContactedSince(since) => format!("have had a contact {}", when(*since)),
        Condition::Category(any) => format!("are not {}", registered(any.iter(), names)),
        Condition::Tag(any) => format!("are not {}", tagged(any, names)),
        Condition::Answer(among) => format!("do not have {}", answer(among, names)),
        Condition::Case(one) => {
            format!("do not have {} case {}", article(one), kind_of(one, names))
        }
        // Their opposites are conditions of their own, but for one that holds for all.
        Condition::Gender(_)
        | Condition::LivesAlone(_)
        | Condition::Mobility(_)
        | Condition::Contact(_) => {
            format!("are not among those who ({})", positive(condition, names))
        }
    }
}

/// “Poor” for “Health” (Home visit)
fn answer(among: &AnswerAmong, names: &dyn Names) -> String {
    let AnswerNames { kind, field, words } = names.answer(among);
    format!("{} for “{}” ({})", quoted(words.into_iter().map(|word| word.en)), field.en, kind.en)
}

const fn article(one: &CaseOf) -> &'static str {
    match one.state {
        CaseProgress::Open => "an open",
        CaseProgress::Granted => "a granted",
    }
}

/// “Help in hardship”
fn kind_of(one: &CaseOf, names: &dyn Names) -> String {
    format!("“{}”", names.case_kind(&one.kind).en)
}

fn age(range: &AgeRange) -> String {
    let ages = match (range.from, range.to) {
        (Some(from), Some(to)) if from == to => format!("aged {from}"),
        (Some(from), Some(to)) => format!("aged {from} to {to}"),
        (Some(from), None) => format!("aged {from} or over"),
        (None, Some(to)) => format!("aged {to} or under"),
        (None, None) => "of any age".to_owned(),
    };
    match range.on {
        Some(on) => format!("{ages} in {}", on.year()),
        None => ages,
    }
}

const fn mobility(mobility: Mobility) -> &'static str {
    match mobility {
        Mobility::Full => "move about freely",
        Mobility::Limited => "move about with difficulty",
        Mobility::Homebound => "cannot leave the home",
    }
}

fn when(since: Since) -> String {
    match since {
        Since::Day(day) => format!("since {day}"),
        Since::DaysAgo(days) => format!("in the last {days} days"),
    }
}
