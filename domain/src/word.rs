//! Closed lists of words: an enum whose values each have one word, the same in
//! the API, the tables and the files.
//!
//! One idiom for all: serde's and strum's derives with `snake_case`, and
//! [`UnknownWord`] as the error of `FromStr`.

pub use strum::VariantArray;
use thiserror::Error;

/// An enum of words.
pub trait Word: VariantArray + Copy + Into<&'static str> {
    /// The word that names this value.
    fn as_str(self) -> &'static str {
        self.into()
    }
}

impl<T: VariantArray + Copy + Into<&'static str>> Word for T {}

/// A word that is not on its list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("must be one of: {expected}")]
pub struct UnknownWord {
    /// The whole list, joined by commas.
    pub expected: String,
}

/// The error of reading any text but a word of `T`.
pub fn unknown<T: Word>(_: &str) -> UnknownWord {
    let words: Vec<&str> = T::VARIANTS.iter().map(|value| value.as_str()).collect();
    UnknownWord { expected: words.join(", ") }
}
