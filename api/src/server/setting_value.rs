//! Values of settings that a file and an environment variable write differently.

use serde::{Deserialize, Deserializer};

/// A list: an array of texts, or one text with commas, as in an environment variable.
pub(super) fn list<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(source)? {
        OneOrMany::Many(items) => items,
        OneOrMany::One(text) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(str::to_owned).collect()
        }
    })
}
