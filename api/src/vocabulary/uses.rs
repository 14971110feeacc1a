//! The number of rows that have a word, by what they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::WordCode;
use gridward_domain::goods::PlaqueRule;
use serde::Deserialize;

use super::model::VocabularyName;
use crate::crypto::SealingKey;
use crate::db::column::JsonColumn;
use crate::db::schema::{
    beneficiaries, case_kinds, goods_items, people, regimes, reports, service_kinds, tasks,
};
use crate::db::{Conn, DbError};
use crate::has_member;

/// The number of sealed rows that are opened at a time.
const AT_A_TIME: i64 = 2_000;

/// The number of rows that have a word, by what they are; without zeros.
pub(super) type Uses = BTreeMap<&'static str, i64>;

/// The uses of those of these words that are used in the rows of the district, current and ended. Sealed rows are
/// opened once for all words: a district has many, and this is in a transaction for which others wait.
pub(super) fn of(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    vocabulary: VocabularyName,
    codes: &[WordCode],
) -> Result<BTreeMap<WordCode, Uses>, DbError> {
    if codes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (rows, sealed) = match vocabulary {
        VocabularyName::Hardships => ("beneficiaries", of_hardships(conn, key, district)?),
        VocabularyName::Needs => ("reports", of_needs(conn, key, district)?),
        _ => ("", HashMap::new()),
    };
    let mut in_use = BTreeMap::new();
    for code in codes {
        let mut uses = in_columns(conn, district, vocabulary, code.as_str())?;
        uses.extend(sealed.get(code.as_str()).map(|count| (rows, *count)));
        if !uses.is_empty() {
            in_use.insert(code.clone(), uses);
        }
    }
    Ok(in_use)
}

/// The uses of a word in the columns of rows.
fn in_columns(
    conn: &mut Conn,
    district: AreaCode,
    vocabulary: VocabularyName,
    code: &str,
) -> Result<Uses, DbError> {
    let counts = match vocabulary {
        VocabularyName::Categories => {
            let rows = beneficiaries::table.filter(beneficiaries::district.eq(district));
            let rows = rows.filter(has_member!(beneficiaries::categories, code));
            let names = |rule: &PlaqueRule| rule.entitled.iter().any(|one| one.as_str() == code);
            let items = items(conn, district, names)?;
            let kinds = case_kinds_that_add(conn, district, code)?;
            let homes = rows.count().get_result(conn)?;
            vec![("beneficiaries", homes), ("case_kinds", kinds), ("goods_items", items)]
        }
        VocabularyName::Tags => {
            let rows = beneficiaries::table.filter(beneficiaries::district.eq(district));
            let rows = rows.filter(has_member!(beneficiaries::tags, code));
            vec![("beneficiaries", rows.count().get_result(conn)?)]
        }
        VocabularyName::PlaqueStates => {
            let rows = beneficiaries::table.filter(beneficiaries::district.eq(district));
            let rows = rows.filter(beneficiaries::plaque.eq(code));
            let names = |rule: &PlaqueRule| rule.states().any(|(_, state)| state.as_str() == code);
            let items = items(conn, district, names)?;
            vec![("beneficiaries", rows.count().get_result(conn)?), ("goods_items", items)]
        }
        VocabularyName::Hardships => Vec::new(),
        VocabularyName::Languages => {
            let people = people::table.filter(people::district.eq(district));
            let people = people.filter(has_member!(people::languages, code));
            vec![("people", people.count().get_result(conn)?)]
        }
        VocabularyName::Needs => {
            let kinds: Vec<(String, String)> = service_kinds::table
                .filter(service_kinds::district.eq(district))
                .select((service_kinds::follow_ups, service_kinds::opens))
                .load(conn)?;
            let named = format!("\"{code}\":");
            let mentions = |(follow_ups, opens): &&(String, String)| {
                follow_ups.contains(&named) || opens.contains(&named)
            };
            let kinds = kinds.iter().filter(mentions).count();
            let kinds = i64::try_from(kinds).unwrap_or(i64::MAX);
            let regimes = regimes::table.filter(regimes::district.eq(district));
            let regimes = regimes.filter(has_member!(regimes::needs, code));
            vec![("service_kinds", kinds), ("regimes", regimes.count().get_result(conn)?)]
        }
        VocabularyName::Skills => {
            let kinds = service_kinds::table.filter(service_kinds::district.eq(district));
            let kinds = kinds.filter(has_member!(service_kinds::skills, code));
            let people = people::table.filter(people::district.eq(district));
            let people = people.filter(has_member!(people::skills, code));
            let tasks = tasks::table.filter(tasks::district.eq(district));
            let tasks = tasks.filter(has_member!(tasks::skills, code));
            vec![
                ("people", people.count().get_result(conn)?),
                ("service_kinds", kinds.count().get_result(conn)?),
                ("tasks", tasks.count().get_result(conn)?),
            ]
        }
    };
    Ok(counts.into_iter().filter(|(_, count)| *count > 0).collect())
}

/// The number of items whose rule of the plaque names the word.
fn items(
    conn: &mut Conn,
    district: AreaCode,
    names: impl Fn(&PlaqueRule) -> bool,
) -> Result<i64, DbError> {
    let rules: Vec<JsonColumn<PlaqueRule>> = goods_items::table
        .filter(goods_items::district.eq(district))
        .filter(goods_items::plaque.is_not_null())
        .select(goods_items::plaque.assume_not_null())
        .load(conn)?;
    let items = rules.iter().filter(|rule| names(rule.value())).count();
    Ok(i64::try_from(items).unwrap_or(i64::MAX))
}

/// The number of kinds of case of which a step adds the category.
fn case_kinds_that_add(
    conn: &mut Conn,
    district: AreaCode,
    category: &str,
) -> Result<i64, DbError> {
    let kinds = case_kinds::table.filter(case_kinds::district.eq(district));
    let kinds: Vec<String> = kinds.select(case_kinds::content).load(conn)?;
    let added = format!("\"adds_category\":\"{category}\"");
    let kinds = kinds.iter().filter(|content| content.contains(&added)).count();
    Ok(i64::try_from(kinds).unwrap_or(i64::MAX))
}

/// The part of a sealed value that has words.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    hardships: BTreeSet<String>,
    needs: BTreeSet<String>,
}

/// Counts the rows of a table by the words of their sealed values. Words that are sensitive are not in a column,
/// so every row of the district is opened.
macro_rules! count_sealed {
    ($table:ident, $conn:ident, $key:ident, $district:ident, $words:ident) => {{
        let (mut counts, mut after) = (HashMap::<String, i64>::new(), String::new());
        loop {
            let rows: Vec<(String, Vec<u8>)> = $table::table
                .filter($table::district.eq($district))
                .filter($table::id.gt(&after))
                .order($table::id)
                .limit(AT_A_TIME)
                .select(($table::id, $table::sealed))
                .load($conn)?;
            let Some((last, _)) = rows.last() else { break Ok(counts) };
            after.clone_from(last);
            for (id, sealed) in rows {
                let opened: Words = $key.open_row(($district, stringify!($table), id), &sealed)?;
                for word in opened.$words {
                    *counts.entry(word).or_default() += 1;
                }
            }
        }
    }};
}

fn of_hardships(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
) -> Result<HashMap<String, i64>, DbError> {
    count_sealed!(beneficiaries, conn, key, district, hardships)
}

fn of_needs(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
) -> Result<HashMap<String, i64>, DbError> {
    count_sealed!(reports, conn, key, district, needs)
}
