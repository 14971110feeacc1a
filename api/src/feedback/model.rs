//! The types of feedback.

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{FeedbackContact, FeedbackText};
use gridward_domain::id::{FeedbackId, PersonId};
use gridward_domain::range::Version;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Feedback to send.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "走访的同志很耐心，谢谢。", "anonymous": true}))]
pub struct NewFeedback {
    /// The text.
    pub text: FeedbackText,
    /// How to reach the sender, if wanted.
    pub contact: Option<FeedbackContact>,
    /// Whether the sender stays unnamed although signed in. Without an access token it always does.
    #[serde(default)]
    pub anonymous: bool,
    /// The district, without an access token; optional if the installation has only one.
    pub district: Option<AreaCode>,
}

/// The confirmation of feedback.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FeedbackReceipt {
    /// Identifies the feedback.
    pub id: FeedbackId,
    /// When it arrived.
    pub created_at: DateTime<FixedOffset>,
    /// Whether the sender is known, and so gets the answer.
    pub is_answerable: bool,
}

/// The encrypted part of feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The text.
    pub text: FeedbackText,
    /// How to reach the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<FeedbackContact>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<FeedbackText>,
}

/// Feedback and its answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Feedback {
    /// Identifies the feedback.
    pub id: FeedbackId,
    /// The sender; absent if anonymous.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// When it arrived.
    pub created_at: DateTime<FixedOffset>,
    /// The text.
    pub text: FeedbackText,
    /// How to reach the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<FeedbackContact>,
    /// The answer; absent if there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<FeedbackText>,
    /// The author of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<PersonId>,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<FixedOffset>>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// An answer to feedback.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer": "谢谢您的反映，我们已安排社区在本周内上门。"}))]
pub struct FeedbackAnswer {
    /// The text.
    pub answer: FeedbackText,
}
