//! Enumerations whose values each have one name, the same in the API, the tables and the
//! files.
//!
//! All use serde's and strum's derives with `snake_case`: `IntoStaticStr` for
//! [`Word::as_str`], `VariantArray`, `Display`, and `EnumString` with [`UnknownWord`] as the
//! error of `FromStr`.

pub use strum::VariantArray;
use thiserror::Error;

/// An enumeration of named values.
pub trait Word: VariantArray + Copy + Into<&'static str> {
    /// The name of this value.
    fn as_str(self) -> &'static str {
        self.into()
    }
}

impl<T: VariantArray + Copy + Into<&'static str>> Word for T {}

/// A name that is not in the list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("must be one of: {expected}")]
pub struct UnknownWord {
    /// The whole list, separated by commas.
    pub expected: String,
}

/// The error of parsing a text that names no value of `T`.
pub fn unknown<T: Word>(_: &str) -> UnknownWord {
    let words: Vec<&str> = T::VARIANTS.iter().map(|value| value.as_str()).collect();
    UnknownWord { expected: words.join(", ") }
}
