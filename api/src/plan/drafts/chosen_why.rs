//! The reason of a planned visit, as it is stored and answered.

use gridward_dispatch::solve::Why;
use serde::Serialize;
use utoipa::ToSchema;

/// Why this volunteer makes this visit: by the finished plan, or because the order says so.
#[derive(Serialize, ToSchema)]
pub struct ChosenWhy {
    /// By the finished plan.
    #[serde(flatten)]
    pub why: Why,
    /// Whether the order for the plan names the volunteer for the visit, or accepts the remedy that does; absent
    /// if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
}
