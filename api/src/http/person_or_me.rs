//! A person in a query: an id, or `me` for the caller.

use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use serde::Deserialize;
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// The caller's word for itself.
const ME: &str = "me";
/// A regular expression for a value.
const PATTERN: &str = "^(me|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$";
/// The most characters of a value.
const LONGEST: usize = 36;

/// A person in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum PersonOrMe {
    /// The caller.
    Me,
    /// The person with this id.
    Of(PersonId),
}

impl PersonOrMe {
    /// The id of the person, asked by the principal.
    pub const fn id(self, principal: &Principal) -> PersonId {
        match self {
            Self::Me => principal.person,
            Self::Of(id) => id,
        }
    }
}

impl TryFrom<String> for PersonOrMe {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == ME {
            return Ok(Self::Me);
        }
        text.parse().map(Self::Of).map_err(|_| "must be `me` or a UUID")
    }
}

impl ComposeSchema for PersonOrMe {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(LONGEST))
            .pattern(Some(PATTERN))
            .examples([ME])
            .build()
            .into()
    }
}

// Each parameter has its schema inline.
impl ToSchema for PersonOrMe {}
