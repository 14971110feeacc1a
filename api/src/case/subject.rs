//! Whether a case is about a beneficiary.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a case of a kind is about a beneficiary, or may be about an area alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseBeneficiary {
    /// About a beneficiary, or a matter of an area.
    #[default]
    Optional,
    /// About a beneficiary.
    Required,
}

impl CaseBeneficiary {
    /// Whether a case may be about an area alone.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub fn is_optional(&self) -> bool {
        *self == Self::Optional
    }
}
