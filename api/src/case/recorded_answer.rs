//! The answer that a step of a case leaves with its beneficiary.

use gridward_domain::code::{KindCode, WordCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A word as the answer to a filterable field of a kind of service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "home_visit", "field": "employment", "word": "employed"}))]
pub struct RecordedAnswer {
    /// The kind of service.
    pub kind: KindCode,
    /// The field of its form, which is filterable.
    pub field: WordCode,
    /// The word.
    pub word: WordCode,
}
