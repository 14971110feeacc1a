//! The roles of people.

use serde::{Deserialize, Serialize};

use crate::area::Level;
use crate::word::{UnknownWord, unknown};

/// A person's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Role>)]
pub enum Role {
    /// Administers the installation for a district.
    Admin,
    /// Supervises a district, a town or a village.
    Supervisor,
    /// 网格员: the full-time manager of a grid.
    Manager,
    /// 志愿者: a volunteer of a grid.
    Volunteer,
    /// Reads the log, the tasks and the plans of a district, neither people nor beneficiaries,
    /// and changes nothing.
    Auditor,
}

impl Role {
    /// The roles that visit beneficiaries.
    pub const VISITORS: [Self; 2] = [Self::Manager, Self::Volunteer];

    /// Whether a person of this role visits beneficiaries.
    pub fn visits(self) -> bool {
        Self::VISITORS.contains(&self)
    }

    /// Whether a person of this role may be responsible for an area of `level`.
    pub const fn fits(self, level: Level) -> bool {
        match self {
            Self::Admin | Self::Auditor => matches!(level, Level::District),
            Self::Supervisor => !matches!(level, Level::Grid),
            Self::Manager | Self::Volunteer => matches!(level, Level::Grid),
        }
    }
}
