//! Typed identifiers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(
            feature = "diesel",
            derive(diesel::AsExpression, diesel::FromSqlRow),
            diesel(sql_type = diesel::sql_types::Text)
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// Identifies a member of staff or a volunteer.
    PersonId,
    /// Identifies a beneficiary: a veteran, a family member or another entitled person.
    BeneficiaryId,
    /// Identifies a task.
    TaskId,
    /// Identifies a report.
    ReportId,
    /// Identifies a plan.
    PlanId,
    /// Identifies a notice.
    NoticeId,
    /// Identifies an import of files.
    ImportId,
    /// Identifies a proposed correction of a beneficiary's entry.
    CorrectionId,
    /// Identifies a session of a person on a device.
    SessionId,
    /// Identifies an absence of a person.
    AbsenceId,
    /// Identifies commands to many tasks.
    BulkId,
    /// Identifies what a follow-up task follows from.
    OriginId,
    /// Identifies feedback.
    FeedbackId,
    /// Identifies a proposal for the manager of a grid.
    ProposalId,
    /// Identifies a saved audience.
    AudienceId,
    /// Identifies a campaign.
    CampaignId,
    /// Identifies a case.
    CaseId,
    /// Identifies a standing duty.
    RegimeId,
    /// Identifies a secondment of a volunteer.
    SecondmentId,
    /// Identifies a movement of goods.
    MovementId,
    /// Identifies a hand-out.
    HandoutId,
}
