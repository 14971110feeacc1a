//! The last answers of beneficiaries to filterable fields, in plain words: audiences filter by them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::{KindCode, WordCode};
use gridward_domain::id::BeneficiaryId;
use serde::{Deserialize, Serialize};

use crate::db::schema::{beneficiaries, beneficiary_answers};
use crate::db::{Conn, DbError, dialect};

/// The number of beneficiaries whose answers one transaction deletes.
const BATCH: i64 = 500;

/// Puts these answers to fields of the kind in the place of earlier ones to the same fields. The row of the
/// beneficiary is locked, so that of two servers' answers one is the last.
///
/// # Errors
/// [`DbError`].
pub fn replace(
    conn: &mut Conn,
    (district, beneficiary): (AreaCode, BeneficiaryId),
    kind: &KindCode,
    answers: &BTreeMap<WordCode, BTreeSet<WordCode>>,
) -> Result<(), DbError> {
    if !answers.is_empty() {
        dialect::lock_row(conn, "beneficiaries", district, beneficiary)?;
    }
    for (field, words) in answers {
        let earlier = beneficiary_answers::table
            .filter(beneficiary_answers::district.eq(district))
            .filter(beneficiary_answers::beneficiary.eq(beneficiary))
            .filter(beneficiary_answers::kind.eq(kind))
            .filter(beneficiary_answers::field.eq(field));
        diesel::delete(earlier).execute(conn)?;
        for word in words {
            diesel::insert_into(beneficiary_answers::table)
                .values((
                    beneficiary_answers::district.eq(district),
                    beneficiary_answers::beneficiary.eq(beneficiary),
                    beneficiary_answers::kind.eq(kind),
                    beneficiary_answers::field.eq(field),
                    beneficiary_answers::word.eq(word),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// The answers of a beneficiary: the words, by kind and field.
pub type Answers = BTreeMap<(KindCode, WordCode), BTreeSet<WordCode>>;

/// The answers of the beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    (district, beneficiary): (AreaCode, BeneficiaryId),
) -> Result<Answers, DbError> {
    let rows: Vec<(KindCode, WordCode, WordCode)> = beneficiary_answers::table
        .filter(beneficiary_answers::district.eq(district))
        .filter(beneficiary_answers::beneficiary.eq(beneficiary))
        .select((beneficiary_answers::kind, beneficiary_answers::field, beneficiary_answers::word))
        .load(conn)?;
    let mut answers = Answers::new();
    for (kind, field, word) in rows {
        answers.entry((kind, field)).or_default().insert(word);
    }
    Ok(answers)
}

/// An answer that a merge has given to the entry that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedAnswer {
    /// The kind.
    pub kind: KindCode,
    /// The field.
    pub field: WordCode,
    /// The words of the entry that stays before; none if it had no answer.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub before: BTreeSet<WordCode>,
    /// The words of the duplicate, which it has now.
    pub after: BTreeSet<WordCode>,
}

/// The answers that the entry that stays gets from its duplicate: those to fields that it has no answer to, and
/// where both have one, the later one, that of the duplicate if `is_later`.
pub fn joined(kept: &Answers, other: &Answers, is_later: bool) -> Vec<JoinedAnswer> {
    let comes = other.iter().filter(|(field, words)| match kept.get(field) {
        None => true,
        Some(own) => is_later && own != *words,
    });
    let joined = comes.map(|((kind, field), words)| JoinedAnswer {
        kind: kind.clone(),
        field: field.clone(),
        before: kept.get(&(kind.clone(), field.clone())).cloned().unwrap_or_default(),
        after: words.clone(),
    });
    joined.collect()
}

/// Those of the answers that a merge has given which the entry still has: an undo takes them back, and leaves
/// what a later report has changed.
pub fn unchanged<'a>(now: &Answers, joined: &'a [JoinedAnswer]) -> Vec<&'a JoinedAnswer> {
    let is_same =
        |one: &&JoinedAnswer| now.get(&(one.kind.clone(), one.field.clone())) == Some(&one.after);
    joined.iter().filter(is_same).collect()
}

/// Deletes the answers to these fields of the kind, which no longer are filterable.
///
/// # Errors
/// [`DbError`].
pub fn forget_fields(
    conn: &mut Conn,
    district: AreaCode,
    kind: &KindCode,
    fields: &BTreeSet<WordCode>,
) -> Result<(), DbError> {
    if fields.is_empty() {
        return Ok(());
    }
    let those = beneficiary_answers::table
        .filter(beneficiary_answers::district.eq(district))
        .filter(beneficiary_answers::kind.eq(kind))
        .filter(beneficiary_answers::field.eq_any(fields));
    diesel::delete(those).execute(conn)?;
    Ok(())
}

/// Deletes the answers of a number of beneficiaries who ended before the day: no audience selects them. Returns the number
/// of answers; 0 if none is left.
///
/// # Errors
/// [`DbError`].
pub fn forget_ended(
    conn: &mut Conn,
    district: AreaCode,
    before: NaiveDate,
) -> Result<usize, DbError> {
    let ended = beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::valid_to.lt(before))
        .select(beneficiaries::id);
    let ids: Vec<BeneficiaryId> = beneficiary_answers::table
        .filter(beneficiary_answers::district.eq(district))
        .filter(beneficiary_answers::beneficiary.eq_any(ended))
        .select(beneficiary_answers::beneficiary)
        .distinct()
        .limit(BATCH)
        .load(conn)?;
    forget(conn, district, &ids)
}

/// Deletes the answers of these beneficiaries; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn forget(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<usize, DbError> {
    let those = beneficiary_answers::table
        .filter(beneficiary_answers::district.eq(district))
        .filter(beneficiary_answers::beneficiary.eq_any(ids));
    Ok(diesel::delete(those).execute(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(all: &[(&str, &[&str])]) -> Answers {
        let word = |text: &str| text.parse::<WordCode>().expect("a code");
        let kind: KindCode = "home_visit".parse().expect("a code");
        let one = |(field, words): &(&str, &[&str])| {
            ((kind.clone(), word(field)), words.iter().map(|text| word(text)).collect())
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn a_merge_keeps_the_later_answer_to_each_field_and_its_undo_what_came_since() {
        let kept = answers(&[("need", &["low"]), ("work", &["has"])]);
        let other = answers(&[("need", &["high"]), ("home", &["rented"]), ("work", &["has"])]);
        let fields = |joined: &[JoinedAnswer]| -> Vec<String> {
            joined.iter().map(|one| one.field.to_string()).collect()
        };
        assert_eq!(fields(&joined(&kept, &other, false)), ["home"]);
        let later = joined(&kept, &other, true);
        assert_eq!(fields(&later), ["home", "need"]);
        // A report after the merge has answered one of them anew.
        let now = answers(&[("need", &["middle"]), ("work", &["has"]), ("home", &["rented"])]);
        let back: Vec<JoinedAnswer> = unchanged(&now, &later).into_iter().cloned().collect();
        assert_eq!(fields(&back), ["home"]);
        assert!(back[0].before.is_empty(), "it had none");
    }
}
