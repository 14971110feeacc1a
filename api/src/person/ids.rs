//! The ids of people in a query: a list, separated by commas.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::str::FromStr;

use gridward_domain::id::PersonId;
use serde::Deserialize;
use thiserror::Error;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The most ids of a list.
const MOST: usize = 100;
/// The characters of an id and a comma.
const OF_ONE: usize = 37;

/// UUIDs, separated by commas.
const PATTERN: &str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(,[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}){0,99}$";

/// The ids of up to [`MOST`] people.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PersonIds(BTreeSet<PersonId>);

/// A text that is not a list of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be up to {MOST} UUIDs, separated by commas")]
pub struct PersonIdsError;

impl FromStr for PersonIds {
    type Err = PersonIdsError;

    fn from_str(text: &str) -> Result<Self, PersonIdsError> {
        let ids: Result<BTreeSet<PersonId>, _> = text.split(',').map(str::parse).collect();
        let ids = ids.map_err(|_| PersonIdsError)?;
        if ids.len() <= MOST { Ok(Self(ids)) } else { Err(PersonIdsError) }
    }
}

impl TryFrom<String> for PersonIds {
    type Error = PersonIdsError;

    fn try_from(text: String) -> Result<Self, PersonIdsError> {
        text.parse()
    }
}

impl From<PersonIds> for BTreeSet<PersonId> {
    fn from(ids: PersonIds) -> Self {
        ids.0
    }
}

impl PartialSchema for PersonIds {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(MOST * OF_ONE))
            .pattern(Some(PATTERN))
            .examples(["0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d"])
            .description(Some("The ids of up to 100 people, separated by commas."))
            .build()
            .into()
    }
}

impl ToSchema for PersonIds {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PersonIds")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_each_id_once_and_at_most_a_hundred() {
        let id = "018cc7af-0000-7000-8000-000000000021";
        let ids: PersonIds = format!("{id},{id}").parse().expect("ids");
        assert_eq!(BTreeSet::from(ids).len(), 1);
        for wrong in ["", "x", &format!("{id},"), &format!("{id};{id}")] {
            assert_eq!(wrong.parse::<PersonIds>(), Err(PersonIdsError), "{wrong}");
        }
        let many: Vec<String> =
            (0..=MOST).map(|n| PersonId(uuid::Uuid::from_u128(n as u128)).to_string()).collect();
        assert!(many.join(",").parse::<PersonIds>().is_err());
    }
}
