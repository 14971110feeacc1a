//! The lawyer of a station: a person from outside, whose name and number are encrypted and whom only the staff that
//! works on cases sees.

use gridward_domain::bounded_text::RegisterName;
use gridward_domain::phone::Phone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::StationRow;
use crate::crypto::SealingKey;
use crate::db::DbError;

const TABLE: &str = "stations";

/// The lawyer of a station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "江律师", "phone": "02347520009"}))]
pub struct StationLawyer {
    /// The name.
    pub name: RegisterName,
    /// The phone number: 5 to 20 digits; separators are dropped.
    #[schema(value_type = String, min_length = 5, max_length = 40)]
    pub phone: Phone,
}

impl StationRow {
    /// Decrypts the lawyer, if the station has one.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn lawyer(&self, key: &SealingKey) -> Result<Option<StationLawyer>, DbError> {
        let Some(sealed) = &self.lawyer else { return Ok(None) };
        key.open_row((self.district, TABLE, &self.id), sealed).map(Some)
    }

    /// The station with this lawyer, which is encrypted anew only if it is another one.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(crate) fn with_lawyer(
        self,
        key: &SealingKey,
        (before, lawyer): (Option<&Self>, Option<&StationLawyer>),
    ) -> Result<Self, DbError> {
        let had = before.map(|before| before.lawyer(key)).transpose()?.flatten();
        let sealed = match lawyer {
            None => None,
            Some(same) if had.as_ref() == Some(same) => {
                before.and_then(|before| before.lawyer.clone())
            }
            Some(other) => Some(key.seal_row((self.district, TABLE, &self.id), other)?),
        };
        Ok(Self { lawyer: sealed, ..self })
    }
}
