//! A sentence in both languages, and how it refers to a person and to a share.

use serde::Serialize;
use utoipa::ToSchema;

/// A sentence or two, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "zh": "顺路：王志愿当天只多走 6 分钟。", "en": "It is on the way: 6 more minutes of travel for 王志愿 that day."
}))]
pub struct Sentence {
    /// In Chinese.
    #[schema(max_length = 500)]
    pub zh: String,
    /// In English.
    #[schema(max_length = 500)]
    pub en: String,
}

/// How a sentence refers to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// The reader.
    You,
    /// A person whom the reader may know.
    Named(&'a str),
    /// Another person.
    Another,
}

impl Who<'_> {
    /// In Chinese.
    pub(super) const fn zh(&self) -> &str {
        match self {
            Self::You => "您",
            Self::Named(name) => name,
            Self::Another => "另一位同事",
        }
    }

    /// In English, within a sentence.
    pub(super) const fn en(&self) -> &str {
        match self {
            Self::You => "you",
            Self::Named(name) => name,
            Self::Another => "a colleague",
        }
    }

    /// At the beginning of a sentence, with the verb.
    pub(super) fn en_with(&self, of_you: &str, of_another: &str) -> String {
        match self {
            Self::You => format!("You {of_you}"),
            Self::Named(name) => format!("{name} {of_another}"),
            Self::Another => format!("A colleague {of_another}"),
        }
    }
}

/// A share in whole per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}
