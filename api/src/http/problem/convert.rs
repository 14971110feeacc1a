//! The errors of other layers as problems.

use gridward_domain::authority::Denial;

use super::{Problem, ProblemCode, ServerFault, Source, What};
use crate::crypto::Unopened;
use crate::db::{DbError, DbFailure};

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let fault = match error {
            DbError::Unavailable(_) | DbError::Busy | DbError::Collision | DbError::NeedsRetry => {
                ServerFault::Unavailable
            }
            DbError::Panicked | DbError::Failed(_) | DbError::Corrupt { .. } => {
                ServerFault::Internal
            }
        };
        Self::of(What::Fault(fault, Source::Db(error)))
    }
}

impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<Unopened> for Problem {
    fn from(error: Unopened) -> Self {
        DbError::corrupt("a sealed column", error).into()
    }
}

impl DbFailure for Problem {
    fn as_db(&self) -> Option<&DbError> {
        match &self.0.what {
            What::Fault(_, Source::Db(error)) => Some(error),
            What::Fault(..) | What::Refusal(_) => None,
        }
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::OutOfScope => Self::not_found(),
            Denial::Forbidden => ProblemCode::Forbidden.into(),
        }
    }
}
