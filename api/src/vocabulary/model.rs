//! The types of vocabularies.

use gridward_domain::bounded_text::Label;
use gridward_domain::code::WordCode;
use gridward_domain::range::Version;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, VariantArray as _, unknown};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::closest::{self, UnknownTerm};
use super::defaults;

/// The most words of a vocabulary.
pub const MOST_WORDS: usize = 200;

/// The name of a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<VocabularyName>)]
pub enum VocabularyName {
    /// The categories of entitlement of beneficiaries, the most important first.
    Categories,
    /// The hardships of beneficiaries: the three of the law (三难), and those of the district.
    Hardships,
    /// The languages and dialects that people speak.
    Languages,
    /// The needs that a report may name; each may create a follow-up task.
    Needs,
    /// The states of the plaque 光荣之家 at a door.
    PlaqueStates,
    /// The skills of people, which tasks may require.
    Skills,
    /// The district's own marks of beneficiaries, by which audiences select them. They are shown in
    /// plain, so they say nothing of hardship, health or money.
    Tags,
}

text_column!(VocabularyName);

/// A word of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VocabularyWord {
    /// The code, which never changes.
    pub code: WordCode,
    /// The Chinese label.
    pub label_zh: Label,
    /// The English label.
    #[schema(example = "Veteran of combat")]
    pub label_en: Label,
    /// Whether the word is offered. An archived word stays valid where it is used.
    pub active: bool,
    /// The version of the vocabulary in which the word last changed.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// A vocabulary of the district.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Vocabulary {
    /// The name.
    pub name: VocabularyName,
    /// The words, in the order in which they are shown.
    #[schema(max_items = 200)]
    pub words: Vec<VocabularyWord>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// Why new content may not use a code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnusableWord {
    /// It is none of the district's.
    #[error("{0} {1}")]
    Unknown(String, UnknownTerm),
    /// The district has archived it.
    #[error("{0} is archived")]
    Archived(String),
}

impl Vocabulary {
    /// The words of a district that has not changed this vocabulary.
    pub fn initial(name: VocabularyName) -> Self {
        defaults::of(name)
    }

    /// The word with this code.
    pub fn word(&self, code: &str) -> Option<&VocabularyWord> {
        self.words.iter().find(|word| word.code.as_str() == code)
    }

    /// The word with this code or label, as files name it: exactly, but for the case of English.
    ///
    /// # Errors
    /// [`UnknownTerm`] with the closest word.
    pub fn find(&self, text: &str) -> Result<&VocabularyWord, UnknownTerm> {
        let named = |word: &&VocabularyWord| {
            word.code.as_str() == text
                || word.label_zh.as_str() == text
                || word.label_en.as_str().eq_ignore_ascii_case(text)
        };
        self.words.iter().find(named).ok_or_else(|| self.unknown(text))
    }

    /// Checks that the district has the code.
    ///
    /// # Errors
    /// [`UnknownTerm`] with the closest word.
    pub fn check(&self, code: &str) -> Result<(), UnknownTerm> {
        if self.word(code).is_some() { Ok(()) } else { Err(self.unknown(code)) }
    }

    /// Checks that new content may use the code: that the district has it and has not archived it.
    ///
    /// # Errors
    /// [`UnusableWord`].
    pub fn usable(&self, code: &str) -> Result<(), UnusableWord> {
        match self.word(code) {
            None => Err(UnusableWord::Unknown(code.to_owned(), self.unknown(code))),
            Some(word) if !word.active => Err(UnusableWord::Archived(code.to_owned())),
            Some(_) => Ok(()),
        }
    }

    fn unknown(&self, text: &str) -> UnknownTerm {
        let active = self.words.iter().filter(|word| word.active);
        UnknownTerm { vocabulary: self.name, closest: closest::of(text, active).cloned() }
    }
}

/// All vocabularies of a district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabularies(Vec<Vocabulary>);

impl Default for Vocabularies {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl Vocabularies {
    /// The vocabularies of a district that has changed those of `changed`.
    pub fn of(mut changed: Vec<Vocabulary>) -> Self {
        let all = VocabularyName::VARIANTS.iter().map(|name| {
            let place = changed.iter().position(|one| one.name == *name);
            place.map_or_else(|| Vocabulary::initial(*name), |place| changed.swap_remove(place))
        });
        Self(all.collect())
    }

    /// All, ordered by name.
    pub fn all(&self) -> &[Vocabulary] {
        &self.0
    }

    /// All, ordered by name.
    pub fn into_all(self) -> Vec<Vocabulary> {
        self.0
    }

    /// The vocabulary of this name.
    pub fn get(&self, name: VocabularyName) -> &Vocabulary {
        // `of` puts each at the place of its name.
        &self.0[name as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vocabulary_is_at_the_place_of_its_name() {
        let all = Vocabularies::default();
        for name in VocabularyName::VARIANTS {
            assert_eq!(all.get(*name).name, *name);
        }
    }

    #[test]
    fn a_word_is_found_by_its_code_and_by_its_labels() {
        let all = Vocabularies::default();
        let categories = all.get(VocabularyName::Categories);
        for text in ["combat_veteran", "参战退役军人", "veteran of combat"] {
            let word = categories.find(text).expect("a word");
            assert_eq!(word.code.as_str(), "combat_veteran");
        }
        assert!(categories.find("Combat_Veteran").is_err(), "a code is lower-case");
    }
}
