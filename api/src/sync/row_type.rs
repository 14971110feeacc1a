//! The types of the rows on a phone.

use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The type of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<RowType>)]
pub enum RowType {
    /// A kind of service.
    ServiceKind,
    /// A vocabulary of the district.
    Vocabulary,
    /// A notice.
    Notice,
    /// A service station.
    Station,
    /// A correction that the person has proposed.
    Correction,
    /// A memorial site.
    Memorial,
    /// A holiday.
    Holiday,
    /// A weekly shift: a day and hours when the person is available.
    Shift,
    /// When a person works.
    Availability,
    /// A beneficiary.
    Beneficiary,
    /// A task.
    Task,
    /// A notice to the person about the own account.
    AccountNotice,
    /// An item of the goods.
    GoodsItem,
    /// A planned hand-out to a beneficiary.
    Handout,
    /// A case at whose step the grid acts.
    Case,
}
