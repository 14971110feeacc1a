//! Vocabularies: the district's own words for categories, plaques, hardships, needs, skills,
//! languages and tags.
//!
//! A word has a code, which never changes and is what rows, files and reports hold, and labels in
//! two languages, which may change. An archived word is no longer offered, but stays valid where
//! it is used; a word in use cannot be removed. A district that has changed nothing has the words
//! of [`defaults`].

mod closest;
mod defaults;
pub mod model;
pub mod replace;
pub mod routes;
pub mod store;
mod uses;

pub use closest::UnknownTerm;
pub use model::{Vocabularies, Vocabulary, VocabularyName, VocabularyWord};
