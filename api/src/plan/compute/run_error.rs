//! Why a plan is not computed.

use gridward_dispatch::solve::PlanError;
use thiserror::Error;

use crate::db::DbError;
use crate::http::problem::Problem;

/// Why a plan is not computed.
#[derive(Debug, Error)]
pub enum RunError {
    /// The order is refused, or the database is unavailable.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The observer ended the computation.
    #[error("the computation was cancelled")]
    Cancelled,
}

impl From<DbError> for RunError {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<PlanError> for RunError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Cancelled => Self::Cancelled,
            error => DbError::corrupt("tasks", error).into(),
        }
    }
}
