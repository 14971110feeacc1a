//! The languages and dialects that people speak.

use std::collections::BTreeSet;

use crate::code::codes;

codes! {
    /// The code of a language or dialect that a person speaks.
    SpokenLanguage, example "mandarin";
}

/// A set of languages, ordered by code.
pub type SpokenLanguages = BTreeSet<SpokenLanguage>;
