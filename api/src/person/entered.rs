//! Names as superiors enter them.

use gridward_domain::bounded_text::PersonName;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Deserializes a name, without blanks at its ends.
///
/// # Errors
/// An invalid name, or invisible characters.
pub fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PersonName, D::Error> {
    let text = String::deserialize(deserializer)?;
    PersonName::entered(&text).map_err(D::Error::custom)
}

/// As [`name`], or `null`.
///
/// # Errors
/// As [`name`].
pub fn optional_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PersonName>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| PersonName::entered(&text)).transpose().map_err(D::Error::custom)
}
