//! Constants of the demo as values of the domain.

use std::fmt::Display;
use std::str::FromStr;

use crate::db::DbError;

/// A parsed constant; the texts of the demo are valid.
pub(super) fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|error: T::Err| DbError::corrupt("demo", error))
}
