//! Replaces the words of a vocabulary by a whole ordered list.

use std::collections::{BTreeMap, HashMap};

use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::Label;
use gridward_domain::code::WordCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::model::{MOST_WORDS, Vocabulary, VocabularyName, VocabularyWord};
use super::store;
use super::uses::{self, Uses};
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// A word of a new list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWord {
    /// The code, which identifies the word in rows, files and reports.
    pub code: WordCode,
    /// The Chinese label.
    pub label_zh: Label,
    /// The English label.
    #[schema(example = "Veteran of combat")]
    pub label_en: Label,
    /// Whether the word is offered; `false` archives it. Default: true.
    #[serde(default = "offered")]
    pub active: bool,
}

const fn offered() -> bool {
    true
}

/// The whole list of a vocabulary's words.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": [
    { "code": "hung", "label_zh": "已悬挂", "label_en": "Mounted at the door" },
    { "code": "declined", "label_zh": "家属不愿悬挂", "label_en": "Declined", "active": false }
] }))]
pub struct NewWords {
    /// The words, in the order in which they are shown.
    #[schema(max_items = 200)]
    pub words: Vec<NewWord>,
}

/// The replacement of the words of one vocabulary.
#[derive(Debug)]
pub struct Replacement {
    /// The vocabulary.
    pub name: VocabularyName,
    /// The versions that it may be based on; empty if the caller names none.
    pub base: Vec<i64>,
    /// The words.
    pub new: NewWords,
}

impl Effect for Replacement {
    type Made = Vocabulary;

    fn action(&self) -> &'static str {
        "vocabulary.replace"
    }

    fn request(&self) -> Value {
        json!({ "name": self.name, "words": self.new.words })
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::ConfigureDistrict)?)
    }
}

/// The current vocabulary and the uses of its words that a request removes.
#[derive(Serialize)]
struct InUse {
    vocabulary: Vocabulary,
    uses: BTreeMap<WordCode, Uses>,
}

/// Replaces the words. The same words again change nothing.
///
/// # Errors
/// 412 for another version than the current one; 422 for words that repeat a code or a label;
/// 409 if a removed word is in use.
pub fn replace(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    change: &Replacement,
) -> Result<Vocabulary, Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let before = store::one(tx.read_unbatched(), district, change.name)?;
    if change.base.is_empty() {
        return Err(ProblemCode::VersionRequired.into());
    }
    if !change.base.contains(&before.version) {
        return Err(Problem::from(ProblemCode::VersionConflict).showing(&before));
    }
    check(&change.new.words)?;
    let next = replaced(&before, &change.new.words);
    if next.words == before.words {
        return Ok(before);
    }
    let removed = removed(&before, &next);
    let in_use = uses::of(tx.read()?, key, district, change.name, &removed)?;
    if !in_use.is_empty() {
        return Err(refusal(before, in_use));
    }
    store::replace(tx.write_unbatched(), district, before.version, &next)?;
    let subject = Subject::Vocabulary;
    let event = Event::new("vocabulary.replace", subject, next.name, district, next.version);
    let changed = next.words.iter().filter(|word| word.version == next.version);
    let changed: Vec<&WordCode> = changed.map(|word| &word.code).collect();
    let body = json!({ "changed": changed, "removed": removed });
    tx.record(event.by(principal.person).with(body));
    Ok(next)
}

fn refusal(vocabulary: Vocabulary, uses: BTreeMap<WordCode, Uses>) -> Problem {
    let errors = uses.iter().map(|(code, uses)| {
        let counts: Vec<String> = uses.iter().map(|(rows, n)| format!("{rows}: {n}")).collect();
        let detail = format!(
            "{code} is in use ({}); archive it instead: send it with \"active\": false",
            counts.join(", ")
        );
        FieldError::new("/words", detail)
    });
    let problem = Problem::from(ProblemCode::WordInUse).with_all(errors);
    problem.showing(&InUse { vocabulary, uses })
}

/// Checks that no code and no label of a language is there twice, since files name words by any
/// of them.
fn check(words: &[NewWord]) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if words.len() > MOST_WORDS {
        errors.push(FieldError::new("/words", format!("at most {MOST_WORDS}")));
    }
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    for (n, word) in words.iter().enumerate() {
        let names = [
            ("code", word.code.as_str()),
            ("label_zh", word.label_zh.as_str()),
            ("label_en", word.label_en.as_str()),
        ];
        for (field, name) in names {
            let first = *seen.entry((field, name)).or_insert(n);
            if first != n {
                let detail = format!("is that of the word {} too", words[first].code);
                errors.push(FieldError::new(format!("/words/{n}/{field}"), detail));
            }
        }
    }
    Problem::refuse(errors)
}

/// The next version of the vocabulary, with the words of `new`. A word that stays as it is keeps
/// its version.
fn replaced(before: &Vocabulary, new: &[NewWord]) -> Vocabulary {
    let version = before.version + 1;
    let words = new.iter().cloned().map(|NewWord { code, label_zh, label_en, active }| {
        let next = VocabularyWord { code, label_zh, label_en, active, version };
        match before.word(next.code.as_str()) {
            Some(word) if *word == (VocabularyWord { version: word.version, ..next.clone() }) => {
                word.clone()
            }
            _ => next,
        }
    });
    Vocabulary { name: before.name, words: words.collect(), version }
}

/// The codes that `before` has and `next` lacks.
fn removed(before: &Vocabulary, next: &Vocabulary) -> Vec<WordCode> {
    let codes = before.words.iter().map(|word| &word.code);
    codes.filter(|code| next.word(code.as_str()).is_none()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words() -> impl Strategy<Value = Vec<NewWord>> {
        let word = (0..6_u8, 0..2_u8, any::<bool>()).prop_map(|(code, label, active)| NewWord {
            code: format!("word_{code}").parse().expect("a code"),
            label_zh: format!("词{code}之{label}").parse().expect("a label"),
            label_en: format!("Word {code} by {label}").parse().expect("a label"),
            active,
        });
        let distinct = |words: Vec<NewWord>| {
            let by_code = words.into_iter().map(|word| (word.code.clone(), word));
            by_code.collect::<HashMap<_, _>>().into_values().collect()
        };
        proptest::collection::vec(word, 0..6).prop_map(distinct)
    }

    proptest! {
        #[test]
        fn a_word_has_the_version_in_which_it_last_changed(
            lists in proptest::collection::vec(words(), 1..5),
        ) {
            let mut now = Vocabulary::initial(VocabularyName::Needs);
            for new in &lists {
                prop_assert!(check(new).is_ok());
                let next = replaced(&now, new);
                prop_assert_eq!(next.version, now.version + 1);
                let codes: Vec<_> = next.words.iter().map(|word| &word.code).collect();
                prop_assert_eq!(codes, new.iter().map(|word| &word.code).collect::<Vec<_>>());
                for word in &next.words {
                    let same = now.words.iter().any(|before| before == word);
                    prop_assert_eq!(same, word.version < next.version);
                }
                for code in removed(&now, &next) {
                    prop_assert!(now.word(code.as_str()).is_some());
                    prop_assert!(next.word(code.as_str()).is_none());
                }
                now = next;
            }
        }
    }

    #[test]
    fn a_code_or_label_that_is_there_twice_is_named_by_its_place() {
        let word = |code: &str, zh: &str, en: &str| NewWord {
            code: code.parse().expect("a code"),
            label_zh: zh.parse().expect("a label"),
            label_en: en.parse().expect("a label"),
            active: true,
        };
        let twice = [word("a", "甲", "A"), word("b", "甲", "B"), word("a", "丙", "B")];
        let problem = check(&twice).expect_err("a repetition");
        let pointers: Vec<&str> =
            problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/words/1/label_zh", "/words/2/code", "/words/2/label_en"]);
    }
}
