//! The cadence of a regime: what its visits recur by.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::feast::Feast;
use crate::range::{AfterStayDays, CadenceDays, OutOfRange};
use crate::word::{UnknownWord, unknown};

/// When the visits of a member recur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", try_from = "CadenceFields")]
pub enum Cadence {
    /// Once in a cycle, on a day that keeps the visits of the district and of each grid spread evenly.
    EveryDays {
        /// The length of a cycle.
        days: CadenceDays,
    },
    /// Each year on the birthday, which the ID number names; on 28 February of common years for those
    /// born on 29 February.
    Birthday {},
    /// Each year on the day of a feast.
    Feast {
        /// The feast.
        feast: Feast,
    },
    /// Once after each stay in hospital.
    AfterHospital {
        /// The days from the last day of the stay to the visit.
        days: AfterStayDays,
    },
}

/// A cadence as it is sent, whose faults have the places of its fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CadenceFields {
    r#type: CadenceType,
    days: Option<i64>,
    feast: Option<Feast>,
}

/// Why fields are no cadence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum CadenceError {
    /// The type requires a field.
    #[error("missing field `{0}`")]
    Missing(&'static str),
    /// The type has no such field.
    #[error("field `{0}` is not one of this type of cadence")]
    Unknown(&'static str),
    /// A number is out of range.
    #[error("field `days` {0}")]
    Days(OutOfRange),
}

impl TryFrom<CadenceFields> for Cadence {
    type Error = CadenceError;

    fn try_from(
        CadenceFields { r#type, days, feast }: CadenceFields,
    ) -> Result<Self, CadenceError> {
        let has_days = matches!(r#type, CadenceType::EveryDays | CadenceType::AfterHospital);
        if days.is_some() && !has_days {
            return Err(CadenceError::Unknown("days"));
        }
        if feast.is_some() && r#type != CadenceType::Feast {
            return Err(CadenceError::Unknown("feast"));
        }
        let length = days.ok_or(CadenceError::Missing("days"));
        Ok(match r#type {
            CadenceType::EveryDays => {
                Self::EveryDays { days: length?.try_into().map_err(CadenceError::Days)? }
            }
            CadenceType::Birthday => Self::Birthday {},
            CadenceType::Feast => {
                Self::Feast { feast: feast.ok_or(CadenceError::Missing("feast"))? }
            }
            CadenceType::AfterHospital => {
                Self::AfterHospital { days: length?.try_into().map_err(CadenceError::Days)? }
            }
        })
    }
}

/// The types of cadence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CadenceType>)]
pub enum CadenceType {
    /// [`Cadence::EveryDays`].
    EveryDays,
    /// [`Cadence::Birthday`].
    Birthday,
    /// [`Cadence::Feast`].
    Feast,
    /// [`Cadence::AfterHospital`].
    AfterHospital,
}

/// A cadence in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CadenceParts {
    /// The type.
    pub cadence: CadenceType,
    /// The length of a cycle, or the days after a stay in hospital.
    pub days: i32,
    /// The feast.
    pub feast: Option<Feast>,
}

/// What a regime is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<RegimeSubject>)]
pub enum RegimeSubject {
    /// Visits to the beneficiaries of an audience.
    #[default]
    Beneficiaries,
    /// Rounds of the memorial sites.
    Memorials,
}

/// Which visits satisfy the visit of a regime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<SatisfiedBy>)]
pub enum SatisfiedBy {
    /// Any contact of a form that reaches as far: one visit satisfies several duties.
    #[default]
    Contact,
    /// Only a completed visit of the regime's kind, as for a record that is checked by its form.
    Kind,
}

impl SatisfiedBy {
    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl RegimeSubject {
    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Whether its members may have this cadence: a memorial site has no birthday.
    pub const fn may_have(self, cadence: Cadence) -> bool {
        match self {
            Self::Beneficiaries => true,
            Self::Memorials => matches!(cadence, Cadence::EveryDays { .. } | Cadence::Feast { .. }),
        }
    }
}

/// The length of the cycle of a yearly cadence.
const YEAR: i32 = 365;

impl Cadence {
    /// The parts.
    pub const fn parts(self) -> CadenceParts {
        use CadenceType as T;
        let (cadence, days, feast) = match self {
            Self::EveryDays { days } => (T::EveryDays, days.get(), None),
            Self::Birthday {} => (T::Birthday, YEAR, None),
            Self::Feast { feast } => (T::Feast, YEAR, Some(feast)),
            Self::AfterHospital { days } => (T::AfterHospital, days.get(), None),
        };
        CadenceParts { cadence, days, feast }
    }

    /// The cadence of these parts; `None` if they are none.
    pub fn of(CadenceParts { cadence, days, feast }: CadenceParts) -> Option<Self> {
        let days = i64::from(days);
        Some(match cadence {
            CadenceType::EveryDays => Self::EveryDays { days: days.try_into().ok()? },
            CadenceType::Birthday => Self::Birthday {},
            CadenceType::Feast => Self::Feast { feast: feast? },
            CadenceType::AfterHospital => Self::AfterHospital { days: days.try_into().ok()? },
        })
    }

    /// The length of the cycle over which the members are spread, unless the calendar or the entry
    /// of each decides the day.
    pub const fn spread_over(self) -> Option<CadenceDays> {
        match self {
            Self::EveryDays { days } => Some(days),
            Self::Birthday {} | Self::Feast { .. } | Self::AfterHospital { .. } => None,
        }
    }

    /// Whether the visits of a member follow a day of the own entry.
    pub const fn has_anchor(self) -> bool {
        matches!(self, Self::Birthday {} | Self::AfterHospital { .. })
    }
}

/// The birthday in a year of a person born on the day: 28 February in a common year for 29 February.
/// `None` beyond the calendar.
pub fn birthday(born: NaiveDate, year: i32) -> Option<NaiveDate> {
    born.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
}
