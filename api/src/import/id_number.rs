//! The number of an identity card, as files have it.

use gridward_domain::id_number::{IdNumber, IdNumberError};

use super::fault::FaultReason;

/// The number with its check character in upper case.
pub(super) fn parse(text: &str) -> Result<String, FaultReason> {
    match text.parse::<IdNumber>() {
        Ok(number) => Ok(number.into()),
        Err(IdNumberError::Form) => Err(FaultReason::NotIdNumber),
        Err(IdNumberError::Check) => Err(FaultReason::IdNumberCheck),
    }
}
