//! The known word that is closest to an unknown one.

use gridward_domain::code::WordCode;
use thiserror::Error;

use super::model::{VocabularyName, VocabularyWord};

/// The least similarity, from 0 to 1, at which a word is worth naming.
const SIMILAR: f64 = 0.5;

/// The most characters of a label.
const LONGEST: usize = 64;

/// A text that is no word of a vocabulary. Never contains the text itself, which in a wrong
/// column may be a person's name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("is not one of the district's {}{}", words(*.vocabulary), hint(.closest.as_ref()))]
pub struct UnknownTerm {
    /// The vocabulary.
    pub vocabulary: VocabularyName,
    /// The closest word; `None` if none is similar.
    pub closest: Option<WordCode>,
}

fn words(vocabulary: VocabularyName) -> &'static str {
    match vocabulary {
        VocabularyName::Categories => "categories",
        VocabularyName::Hardships => "hardships",
        VocabularyName::Languages => "languages",
        VocabularyName::Needs => "needs",
        VocabularyName::PlaqueStates => "plaque states",
        VocabularyName::Skills => "skills",
        VocabularyName::Tags => "tags",
    }
}

fn hint(closest: Option<&WordCode>) -> String {
    closest.map_or_else(String::new, |code| format!("; the closest is {code}"))
}

/// The word whose code or label is most similar to `text`, by edits in relation to the length.
pub(super) fn of<'a>(
    text: &str,
    words: impl Iterator<Item = &'a VocabularyWord>,
) -> Option<&'a WordCode> {
    // A longer text is a sentence in the wrong column, and costly to compare.
    if text.chars().count() > LONGEST {
        return None;
    }
    let text = text.to_lowercase();
    let similarity = |word: &VocabularyWord| {
        let names = [word.code.as_str(), word.label_zh.as_str(), word.label_en.as_str()];
        let names = names.map(|name| strsim::normalized_levenshtein(&text, &name.to_lowercase()));
        names.into_iter().fold(0.0, f64::max)
    };
    let rated = words.map(|word| (similarity(word), &word.code));
    let similar = rated.filter(|(similarity, _)| *similarity >= SIMILAR);
    similar.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::super::Vocabularies;
    use super::*;

    fn said(text: &str) -> String {
        let all = Vocabularies::default();
        let unknown = all.get(VocabularyName::Categories).find(text).expect_err("no word");
        unknown.to_string()
    }

    #[test]
    fn a_misspelt_code_or_label_names_the_word_that_was_meant() {
        for (text, meant) in [
            ("combat_veterans", "combat_veteran"),
            ("Combat-Veteran", "combat_veteran"),
            ("参战退役人员", "combat_veteran"),
            ("烈士家属", "martyr_family"),
        ] {
            let expected =
                format!("is not one of the district's categories; the closest is {meant}");
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_resembles_no_word_names_none_and_is_not_shown() {
        for text in ["孙瑶悦", "13800000000", "", &"x".repeat(300)] {
            assert_eq!(said(text), "is not one of the district's categories", "{text}");
        }
    }
}
