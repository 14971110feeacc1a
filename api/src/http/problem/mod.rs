//! Every error as clients see it: RFC 9457 problems.
//!
//! Use cases return `Result<_, Problem>`; each constructor is named after the
//! error. The cause of a server fault travels inside the problem to the log and
//! never into the answer. [`answer`] writes the problem in the caller's language.

pub mod answer;
pub mod catalogue;
pub mod chinese;
mod convert;
pub mod entry;
pub mod kept;
mod quantity;
pub mod routes;

use std::fmt::Display;
use std::time::Duration;

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

pub use catalogue::{ProblemCode, ServerFault};
pub use kept::Kept;
pub use quantity::quantity;

use entry::Entry;

use super::auth_scheme::AuthScheme;
use crate::db::DbError;

/// Seconds until a client may retry when the server was unavailable.
const RETRY_AFTER: u64 = 2;
/// The most invalid fields that an answer names.
const MOST_ERRORS: usize = 100;

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or the name of the query
    /// parameter, path segment or header.
    #[schema(max_length = 256, example = "/minutes")]
    pub pointer: String,
    /// The requirement that it violates.
    #[schema(max_length = 512, example = "must be from 1 to 480")]
    pub detail: String,
}

impl FieldError {
    /// The error at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl ToString) -> Self {
        Self { pointer: pointer.into(), detail: detail.to_string() }
    }
}

/// An exceeded limit, for the `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The name of the limit.
    pub policy: &'static str,
    /// The number of requests in [`RateLimit::window`].
    pub quota: u32,
    /// The period of the quota.
    pub window: Duration,
    /// The time until the next request is accepted.
    pub wait: Duration,
}

/// An error of a request or of the server.
#[derive(Debug, Error)]
#[error("{}", .0.sentence())]
pub struct Problem(Box<Details>);

/// Boxed, so that a `Result<_, Problem>` stays small.
#[derive(Debug)]
struct Details {
    what: What,
    errors: Vec<FieldError>,
    current: Option<serde_json::Value>,
    /// The code of [`ProblemCode::RefusedEarlier`] in the version that refused it.
    stored_code: Option<String>,
    allow: Option<String>,
    retry_after: Option<u64>,
    /// The nonce for the next proofs of a device's key.
    nonce: Option<String>,
    /// The scheme of the challenge of a 401, if not that of the request.
    scheme: Option<AuthScheme>,
    /// The error in the challenge of a 401, if not the usual one.
    challenge_error: Option<String>,
    /// The supported version of the tus protocol.
    tus_version: Option<&'static str>,
    rate_limit: Option<RateLimit>,
}

/// The kind of problem. A fault of the server always has its cause.
#[derive(Debug)]
enum What {
    Refusal(ProblemCode),
    Fault(ServerFault, Source),
}

/// The cause of a server fault, for the log only.
#[derive(Debug, Error)]
enum Source {
    #[error(transparent)]
    Db(DbError),
    /// A defect that no library reported.
    #[error("{0}")]
    Defect(String),
    /// Another service than the database, such as the attachment store.
    #[error("{0}")]
    Service(String),
}

impl Details {
    const fn entry(&self) -> Entry {
        match &self.what {
            What::Refusal(kind) => kind.entry(),
            What::Fault(fault, _) => fault.entry(),
        }
    }

    /// The text for a terminal: the title and the details of the errors.
    fn sentence(&self) -> String {
        let errors: Vec<&str> = self.errors.iter().map(|error| error.detail.as_str()).collect();
        let (title, _) = self.entry().en;
        if errors.is_empty() { title.to_owned() } else { format!("{title}: {}", errors.join("; ")) }
    }
}

impl From<ProblemCode> for Problem {
    fn from(kind: ProblemCode) -> Self {
        Self::of(What::Refusal(kind))
    }
}

impl Problem {
    fn of(what: What) -> Self {
        let retry_after = match what {
            What::Fault(ServerFault::Unavailable, _) => Some(RETRY_AFTER),
            What::Fault(..) | What::Refusal(_) => None,
        };
        Self(Box::new(Details {
            what,
            errors: vec![],
            current: None,
            stored_code: None,
            allow: None,
            retry_after,
            nonce: None,
            scheme: None,
            challenge_error: None,
            tus_version: None,
            rate_limit: None,
        }))
    }

    /// A value in the body or the query is readable but invalid.
    pub fn invalid(pointer: &str, detail: impl ToString) -> Self {
        Self::from(ProblemCode::Invalid).with(FieldError::new(pointer, detail))
    }

    /// Something in the path, the query or a header is unreadable.
    pub fn unreadable(pointer: &str, detail: impl ToString) -> Self {
        Self::from(ProblemCode::BadRequest).with(FieldError::new(pointer, detail))
    }

    /// The resource does not exist or is outside the caller's area.
    pub fn not_found() -> Self {
        ProblemCode::NotFound.into()
    }

    /// The path supports only the methods in `allow`.
    pub fn method_not_allowed(allow: String) -> Self {
        let mut problem = Self::from(ProblemCode::MethodNotAllowed);
        problem.0.allow = Some(allow);
        problem
    }

    /// Too many attempts; the client may retry after `seconds`.
    pub fn too_many_requests(seconds: u64) -> Self {
        let mut problem = Self::from(ProblemCode::TooManyRequests);
        problem.0.retry_after = Some(seconds);
        problem
    }

    /// The caller must have been authenticated in the last `max_age` seconds (RFC 9470).
    pub fn step_up_required(max_age: i64) -> Self {
        let mut problem = Self::from(ProblemCode::StepUpRequired);
        let error = format!("error=\"insufficient_user_authentication\", max_age={max_age}");
        problem.0.challenge_error = Some(error);
        problem
    }

    /// The access token was sent with another scheme than `required`, that of its session.
    pub fn wrong_scheme(required: AuthScheme) -> Self {
        let detail = match required {
            AuthScheme::Bearer => "The session has no key: send `Authorization: Bearer <token>`.",
            AuthScheme::Dpop => {
                "The session has a key: send `Authorization: DPoP <token>`, and a proof in the \
                 header `DPoP`."
            }
        };
        let error = FieldError::new("Authorization", detail);
        let mut problem = Self::from(ProblemCode::Unauthenticated).with(error);
        problem.0.scheme = Some(required);
        problem
    }

    /// The client names another version of the tus protocol than `supported`.
    pub fn tus_version(supported: &'static str) -> Self {
        let error = FieldError::new("Tus-Resumable", format!("must be {supported}"));
        let mut problem = Self::from(ProblemCode::TusVersion).with(error);
        problem.0.tus_version = Some(supported);
        problem
    }

    /// The body, or the content that the header `pointer` announces, has more than `most` bytes.
    pub fn too_large(pointer: &str, most: impl Display) -> Self {
        let error = FieldError::new(pointer, format!("must have at most {most} bytes"));
        Self::from(ProblemCode::TooLarge).with(error)
    }

    /// Names the seconds after which the client may retry.
    #[must_use]
    pub fn after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The caller exceeded `limit`.
    pub fn rate_limited(limit: RateLimit) -> Self {
        let mut problem = Self::too_many_requests(limit.wait.as_secs() + 1);
        problem.0.rate_limit = Some(limit);
        problem
    }

    /// A defect of the server; `what` goes to the log.
    pub fn defect(what: impl ToString) -> Self {
        Self::of(What::Fault(ServerFault::Internal, Source::Defect(what.to_string())))
    }

    /// A service other than the database is unavailable; `what` goes to the log.
    pub fn service_unavailable(what: impl ToString) -> Self {
        Self::of(What::Fault(ServerFault::Unavailable, Source::Service(what.to_string())))
    }

    /// Adds an invalid field.
    #[must_use]
    pub fn with(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// Adds invalid fields, as far as an answer names them.
    #[must_use]
    pub fn with_all(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        let left = MOST_ERRORS.saturating_sub(self.0.errors.len());
        self.0.errors.extend(errors.into_iter().take(left));
        self
    }

    /// Refuses a request with invalid fields.
    ///
    /// # Errors
    /// [`ProblemCode::Invalid`] with the errors, if there are any.
    pub fn refuse(errors: impl IntoIterator<Item = FieldError>) -> Result<(), Self> {
        let mut errors = errors.into_iter().peekable();
        if errors.peek().is_none() {
            return Ok(());
        }
        Err(Self::from(ProblemCode::Invalid).with_all(errors))
    }

    /// Adds the current state of the resource.
    #[must_use]
    pub fn showing(mut self, current: &impl Serialize) -> Self {
        self.0.current = serde_json::to_value(current).ok();
        self
    }

    /// Removes the current state of the resource.
    #[must_use]
    pub fn without_current(mut self) -> Self {
        self.0.current = None;
        self
    }

    /// Adds the nonce for the next proofs (RFC 9449) to a refusal of a proof.
    #[must_use]
    pub fn with_nonce(mut self, nonce: String) -> Self {
        let of_proof = [ProblemCode::UseDpopNonce, ProblemCode::InvalidDpopProof];
        if self.kind().is_some_and(|kind| of_proof.contains(&kind)) {
            self.0.nonce = Some(nonce);
        }
        self
    }

    /// Prefixes each pointer with `place`.
    #[must_use]
    pub fn under(mut self, place: &str) -> Self {
        for error in &mut self.0.errors {
            error.pointer.insert_str(0, place);
        }
        self
    }

    /// Replaces each pointer by what `place` makes of it.
    #[must_use]
    pub fn pointing(mut self, place: impl Fn(&str) -> String) -> Self {
        for error in &mut self.0.errors {
            error.pointer = place(&error.pointer);
        }
        self
    }

    /// The invalid fields, of a refusal that is made part of another one.
    pub fn into_errors(self) -> Vec<FieldError> {
        self.0.errors
    }

    /// The invalid fields.
    #[cfg(test)]
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The stable identifier of the kind of problem.
    pub const fn code(&self) -> &'static str {
        self.0.entry().code
    }

    /// The reason for a refusal; `None` for a server fault.
    pub const fn kind(&self) -> Option<ProblemCode> {
        match self.0.what {
            What::Refusal(kind) => Some(kind),
            What::Fault(..) => None,
        }
    }

    /// The server fault; `None` for a refusal.
    pub const fn fault(&self) -> Option<ServerFault> {
        match self.0.what {
            What::Refusal(_) => None,
            What::Fault(fault, _) => Some(fault),
        }
    }

    /// The cause of a server fault, for the log only; `None` for a refusal.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.what {
            What::Refusal(_) => None,
            What::Fault(_, source) => Some(source),
        }
    }

    /// Whether the same request may succeed later.
    pub const fn is_retryable(&self) -> bool {
        self.0.entry().retryable
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.entry().status()
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        answer::write(self, answer::Language::English, AuthScheme::Bearer, None)
    }
}
