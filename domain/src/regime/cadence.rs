//! The cadence of a regime: what its visits recur by.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::code::{Need, OccasionCode};
use crate::range::{AfterStayDays, CadenceDays, OutOfRange};
use crate::word::{UnknownWord, unknown};

/// The most needs that one cadence follows.
const MOST_NEEDS: usize = 20;

/// When the visits of a member recur.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Each year on the day of an occasion, as campaigns know it: that of the district's holiday with this code, or
    /// the computed day of a feast. A year without a known day has no visit.
    Feast {
        /// The code of the occasion.
        feast: OccasionCode,
    },
    /// Once after each stay in hospital.
    AfterHospital {
        /// The days from the last day of the stay to the visit.
        days: AfterStayDays,
    },
    /// Once after each day on which a report finds one of the needs: the day of its arrival, or that of the amendment
    /// that adds the need. A visit to the home after that day, by the time of the visit, satisfies it.
    AfterNeed {
        /// The needs, words of the vocabulary `needs`.
        #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 20, value_type = Vec<Need>))]
        needs: BTreeSet<Need>,
        /// The days from the arrival of the report to the visit.
        days: AfterStayDays,
    },
}

/// A cadence as it is sent, whose faults have the places of its fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CadenceFields {
    r#type: CadenceType,
    days: Option<i64>,
    feast: Option<OccasionCode>,
    needs: Option<BTreeSet<Need>>,
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
    /// There are no needs, or too many.
    #[error("field `needs` must have 1 to {MOST_NEEDS} needs")]
    Needs,
}

impl TryFrom<CadenceFields> for Cadence {
    type Error = CadenceError;

    fn try_from(
        CadenceFields { r#type, days, feast, needs }: CadenceFields,
    ) -> Result<Self, CadenceError> {
        use CadenceType as T;
        let has_days = matches!(r#type, T::EveryDays | T::AfterHospital | T::AfterNeed);
        if days.is_some() && !has_days {
            return Err(CadenceError::Unknown("days"));
        }
        if feast.is_some() && r#type != T::Feast {
            return Err(CadenceError::Unknown("feast"));
        }
        if needs.is_some() && r#type != T::AfterNeed {
            return Err(CadenceError::Unknown("needs"));
        }
        let length = days.ok_or(CadenceError::Missing("days"));
        let after = |length: i64| length.try_into().map_err(CadenceError::Days);
        Ok(match r#type {
            T::EveryDays => {
                Self::EveryDays { days: length?.try_into().map_err(CadenceError::Days)? }
            }
            T::Birthday => Self::Birthday {},
            T::Feast => Self::Feast { feast: feast.ok_or(CadenceError::Missing("feast"))? },
            T::AfterHospital => Self::AfterHospital { days: after(length?)? },
            T::AfterNeed => {
                let needs = needs.ok_or(CadenceError::Missing("needs"))?;
                if !(1..=MOST_NEEDS).contains(&needs.len()) {
                    return Err(CadenceError::Needs);
                }
                Self::AfterNeed { needs, days: after(length?)? }
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
    /// [`Cadence::AfterNeed`].
    AfterNeed,
}

/// A cadence in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CadenceParts {
    /// The type.
    pub cadence: CadenceType,
    /// The length of a cycle, or the days after a stay in hospital or a need.
    pub days: i32,
    /// The code of the occasion.
    pub feast: Option<OccasionCode>,
    /// The needs.
    pub needs: BTreeSet<Need>,
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
    pub const fn may_have(self, cadence: &Cadence) -> bool {
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
    pub fn parts(&self) -> CadenceParts {
        use CadenceType as T;
        let none = BTreeSet::new;
        let (cadence, feast, needs) = match self {
            Self::EveryDays { .. } => (T::EveryDays, None, none()),
            Self::Birthday {} => (T::Birthday, None, none()),
            Self::Feast { feast } => (T::Feast, Some(feast.clone()), none()),
            Self::AfterHospital { .. } => (T::AfterHospital, None, none()),
            Self::AfterNeed { needs, .. } => (T::AfterNeed, None, needs.clone()),
        };
        CadenceParts { cadence, days: self.days(), feast, needs }
    }

    /// The length of the cycle, or the days after a stay in hospital or a need.
    pub(super) const fn days(&self) -> i32 {
        match self {
            Self::EveryDays { days } => days.get(),
            Self::Birthday {} | Self::Feast { .. } => YEAR,
            Self::AfterHospital { days } | Self::AfterNeed { days, .. } => days.get(),
        }
    }

    /// The cadence of these parts; `None` if they are none.
    pub fn of(CadenceParts { cadence, days, feast, needs }: CadenceParts) -> Option<Self> {
        let days = i64::from(days);
        Some(match cadence {
            CadenceType::EveryDays => Self::EveryDays { days: days.try_into().ok()? },
            CadenceType::Birthday => Self::Birthday {},
            CadenceType::Feast => Self::Feast { feast: feast? },
            CadenceType::AfterHospital => Self::AfterHospital { days: days.try_into().ok()? },
            CadenceType::AfterNeed => Self::AfterNeed { needs, days: days.try_into().ok()? },
        })
    }

    /// The length of the cycle over which the members are spread, unless the calendar or what is known
    /// of each decides the day.
    pub const fn spread_over(&self) -> Option<CadenceDays> {
        match self {
            Self::EveryDays { days } => Some(*days),
            Self::Birthday {}
            | Self::Feast { .. }
            | Self::AfterHospital { .. }
            | Self::AfterNeed { .. } => None,
        }
    }

    /// Whether the visits of a member follow a day of the own entry, or that of a need.
    pub const fn has_anchor(&self) -> bool {
        matches!(self, Self::Birthday {} | Self::AfterHospital { .. } | Self::AfterNeed { .. })
    }
}

/// The birthday in a year of a person born on the day: 28 February in a common year for 29 February.
/// `None` beyond the calendar.
pub fn birthday(born: NaiveDate, year: i32) -> Option<NaiveDate> {
    born.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
}
