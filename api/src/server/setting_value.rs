//! Values of settings that a file and an environment variable write differently.

use figment::value::Value;
use secrecy::SecretString;
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

/// A secret. A value of another type, such as a number, becomes an empty text, which no secret
/// is: the deserializer's own message would quote the value.
pub(super) fn secret<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<SecretString>, D::Error> {
    Ok(Some(match <Value as Deserialize>::deserialize(source)? {
        Value::String(_, text) => text.into(),
        _ => SecretString::default(),
    }))
}

/// A text. An environment variable of digits alone, such as a telephone number, is read as a
/// number.
pub(super) fn text<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum TextOrNumber {
        Text(String),
        Number(u64),
    }
    Ok(Option::<TextOrNumber>::deserialize(source)?.map(|value| match value {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(number) => number.to_string(),
    }))
}
