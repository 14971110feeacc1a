//! The words of an entry: new ones must be active words of the district's vocabularies; those that
//! the entry has may have been archived since.

use gridward_domain::code::{Categories, Hardships, PlaqueState, Tags};

use crate::http::problem::FieldError;
use crate::vocabulary::{Vocabularies, VocabularyName};

/// The words of an entry, or of some of its fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryWords<'a> {
    /// The categories.
    pub categories: Option<&'a Categories>,
    /// The tags.
    pub tags: Option<&'a Tags>,
    /// The hardships.
    pub hardships: Option<&'a Hardships>,
    /// The state of the plaque.
    pub plaque: Option<&'a PlaqueState>,
}

impl EntryWords<'_> {
    /// An error for each word that the entry does not have in `before` and may not use.
    pub fn faults(&self, before: &Self, words: &Vocabularies) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut check = |name, pointer: &str, code: &str| {
            let unusable = words.get(name).usable(code).err();
            faults.extend(unusable.map(|detail| FieldError::new(pointer, detail)));
        };
        for code in self.categories.into_iter().flatten() {
            if before.categories.is_none_or(|held| !held.contains(code)) {
                check(VocabularyName::Categories, "/categories", code.as_str());
            }
        }
        for code in self.tags.into_iter().flatten() {
            if before.tags.is_none_or(|held| !held.contains(code)) {
                check(VocabularyName::Tags, "/tags", code.as_str());
            }
        }
        for code in self.hardships.into_iter().flatten() {
            if before.hardships.is_none_or(|held| !held.contains(code)) {
                check(VocabularyName::Hardships, "/hardships", code.as_str());
            }
        }
        if let Some(state) = self.plaque.filter(|state| before.plaque != Some(*state)) {
            check(VocabularyName::PlaqueStates, "/plaque", state.as_str());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archived_word_stays_and_is_not_added() {
        let mut plaques = Vocabularies::default().get(VocabularyName::PlaqueStates).clone();
        for word in plaques.words.iter_mut().filter(|word| word.code.as_str() == "damaged") {
            word.active = false;
        }
        let words = Vocabularies::of(vec![plaques]);
        let damaged: PlaqueState = "damaged".parse().expect("a code");
        let has = EntryWords { plaque: Some(&damaged), ..EntryWords::default() };
        assert_eq!(has.faults(&has, &words), []);
        let faults = has.faults(&EntryWords::default(), &words);
        assert_eq!(faults, [FieldError::new("/plaque", "damaged is archived")]);
    }
}
