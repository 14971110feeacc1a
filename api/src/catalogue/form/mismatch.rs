//! What is wrong with an answer, in words that show none: answers may be personal.

use jsonschema::error::ValidationErrorKind as Kind;

use crate::http::problem::quantity;

/// The requirement that the answer does not meet.
pub(super) fn detail(kind: &Kind) -> String {
    match kind {
        Kind::Required { .. } => "is required".to_owned(),
        Kind::Type { .. } => "is of the wrong type".to_owned(),
        Kind::MinLength { limit } => format!("must have at least {}", quantity(limit, "character")),
        Kind::MaxLength { limit } => format!("must have at most {}", quantity(limit, "character")),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MinItems { limit } => format!("must have at least {}", quantity(limit, "item")),
        Kind::MaxItems { limit } => format!("must have at most {}", quantity(limit, "item")),
        Kind::UniqueItems => "must not name an option twice".to_owned(),
        Kind::Pattern { .. } => "does not match the pattern of the field".to_owned(),
        Kind::Format { .. } => "must be a date, such as 2026-08-01".to_owned(),
        Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
            "is none of the options".to_owned()
        }
        Kind::Constant { expected_value } => format!("is accepted only as {expected_value}"),
        _ => "does not match the form".to_owned(),
    }
}
