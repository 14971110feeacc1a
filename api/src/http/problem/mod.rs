//! Everything that goes wrong, as clients see it: RFC 9457 problems.
//!
//! Use cases answer `Result<_, Problem>`; a problem is made by a function named
//! for what went wrong. What only the operators may know travels inside it to
//! the log and never into the answer. [`answer`] writes it in the caller's
//! language.

pub mod answer;
pub mod catalogue;
pub mod routes;

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

pub use catalogue::Kind;

use crate::crypto::Unopened;
use crate::db::{DbError, DbFailure};

/// After how many seconds a client may try again when the server was unavailable.
const RETRY_AFTER: u64 = 2;

/// One thing that does not fit, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where in the body, as a JSON pointer (RFC 6901); for others, the query
    /// field's, path segment's or header's name.
    #[schema(max_length = 256, example = "/minutes")]
    pub pointer: String,
    /// What it must be.
    #[schema(max_length = 512, example = "must be from 1 to 480")]
    pub detail: String,
}

impl FieldError {
    /// What is wrong at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl ToString) -> Self {
        Self { pointer: pointer.into(), detail: detail.to_string() }
    }
}

/// Something that went wrong.
#[derive(Debug, Error)]
#[error("{}", .0.sentence())]
pub struct Problem(Box<Details>);

/// Kept in a box, so that a result that may hold a problem stays small.
#[derive(Debug)]
struct Details {
    kind: Kind,
    errors: Vec<FieldError>,
    current: Option<serde_json::Value>,
    allow: Option<String>,
    retry_after: Option<u64>,
    source: Option<Source>,
}

/// Why the server failed, for its log alone.
#[derive(Debug, Error)]
enum Source {
    #[error(transparent)]
    Db(DbError),
    /// A defect that no library reported.
    #[error("{0}")]
    Defect(String),
    /// A service besides the database, as the store of attachments.
    #[error("{0}")]
    Service(String),
}

impl Details {
    /// What a terminal shows: the title, and what does not fit.
    fn sentence(&self) -> String {
        let errors: Vec<&str> = self.errors.iter().map(|error| error.detail.as_str()).collect();
        let (title, _) = self.kind.entry().en;
        if errors.is_empty() { title.to_owned() } else { format!("{title}: {}", errors.join("; ")) }
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self(Box::new(Details {
            kind,
            errors: vec![],
            current: None,
            allow: None,
            retry_after: None,
            source: None,
        }))
    }
}

impl Problem {
    /// A value in the body or the query is readable and does not fit.
    pub fn invalid(pointer: &str, detail: impl ToString) -> Self {
        Self::from(Kind::Invalid).with(FieldError::new(pointer, detail))
    }

    /// Something in the path, the query or a header cannot be read.
    pub fn unreadable(pointer: &str, detail: impl ToString) -> Self {
        Self::from(Kind::BadRequest).with(FieldError::new(pointer, detail))
    }

    /// Not there, or outside the caller's area.
    pub fn not_found() -> Self {
        Kind::NotFound.into()
    }

    /// The path takes only the methods in `allow`.
    pub fn method_not_allowed(allow: String) -> Self {
        let mut problem = Self::from(Kind::MethodNotAllowed);
        problem.0.allow = Some(allow);
        problem
    }

    /// Too many tries; the next may come after `seconds`.
    pub fn too_many_requests(seconds: u64) -> Self {
        let mut problem = Self::from(Kind::TooManyRequests);
        problem.0.retry_after = Some(seconds);
        problem
    }

    /// The server failed in a way that only a defect explains; `what` goes to the log.
    pub fn defect(what: impl ToString) -> Self {
        let mut problem = Self::from(Kind::Internal);
        problem.0.source = Some(Source::Defect(what.to_string()));
        problem
    }

    /// A service besides the database is away; `what` goes to the log.
    pub fn service_unavailable(what: impl ToString) -> Self {
        let mut problem = Self::from(Kind::Unavailable);
        problem.0.retry_after = Some(RETRY_AFTER);
        problem.0.source = Some(Source::Service(what.to_string()));
        problem
    }

    /// The same problem, naming one more thing that does not fit.
    #[must_use]
    pub fn with(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// The same problem, with the thing as it stands now.
    #[must_use]
    pub fn showing(mut self, current: &impl Serialize) -> Self {
        self.0.current = serde_json::to_value(current).ok();
        self
    }

    /// The same problem, where what does not fit lies deeper: below `place`.
    #[must_use]
    pub fn under(mut self, place: &str) -> Self {
        for error in &mut self.0.errors {
            error.pointer.insert_str(0, place);
        }
        self
    }

    /// What does not fit, and where.
    #[cfg(test)]
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Which problem it is.
    pub const fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether the fault is the server's, not the caller's.
    pub const fn is_ours(&self) -> bool {
        self.0.kind.entry().status >= 500
    }

    /// What of it is worth keeping, to answer the same again.
    pub fn kept(&self) -> Kept {
        let Details { kind, errors, current, .. } = &*self.0;
        Kept {
            code: kind.entry().code.to_owned(),
            errors: errors.clone(),
            current: current.clone(),
        }
    }
}

/// A problem as it is kept with the command that met it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    code: String,
    errors: Vec<FieldError>,
    current: Option<serde_json::Value>,
}

impl From<Kept> for Problem {
    fn from(kept: Kept) -> Self {
        let same = |kind: &&Kind| kind.entry().code == kept.code;
        // A code that a later version no longer knows is still a conflict.
        let kind = Kind::ALL.iter().find(same).copied().unwrap_or(Kind::TaskPhase);
        let mut problem = Self::from(kind);
        problem.0.errors = kept.errors;
        problem.0.current = kept.current;
        problem
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let kind = match error {
            DbError::Unavailable(_) | DbError::Busy | DbError::Collision | DbError::NeedsRetry => {
                Kind::Unavailable
            }
            DbError::Panicked | DbError::Failed(_) | DbError::Corrupt { .. } => Kind::Internal,
        };
        let mut problem = Self::from(kind);
        problem.0.retry_after = (kind == Kind::Unavailable).then_some(RETRY_AFTER);
        problem.0.source = Some(Source::Db(error));
        problem
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
        match &self.0.source {
            Some(Source::Db(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<gridward_domain::authority::Denial> for Problem {
    fn from(denial: gridward_domain::authority::Denial) -> Self {
        use gridward_domain::authority::Denial;
        match denial {
            Denial::OutOfScope => Self::not_found(),
            Denial::Forbidden => Kind::Forbidden.into(),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.kind.entry().status()
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        answer::write(self, answer::Language::English, None)
    }
}
