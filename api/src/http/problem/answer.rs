//! Writes problems as `application/problem+json`, in the caller's language.

use std::borrow::Cow;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AcceptLanguage, Header as _, Quality};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};
use serde::{Serialize, Serializer};
use tracing_actix_web::RequestId;
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::catalogue::ProblemCode;
use super::{Details, FieldError, Problem, RateLimit, What, chinese};
use crate::http::auth_scheme::AuthScheme;

/// The languages of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `en`
    English,
    /// `zh-CN`
    Chinese,
}

impl Language {
    /// The language that `Accept-Language` (RFC 9110, 12.5.4) ranks highest; English if the
    /// header is unreadable or names neither.
    pub fn of(message: &impl HttpMessage) -> Self {
        let mut accepted =
            AcceptLanguage::parse(message).unwrap_or_else(|_| AcceptLanguage(vec![]));
        accepted.0.retain(|language| language.quality > Quality::ZERO);
        let mut ranked = accepted.ranked().into_iter();
        let known = ranked.find_map(|language| {
            match language.item()?.primary_language().to_ascii_lowercase().as_str() {
                "en" => Some(Self::English),
                "zh" => Some(Self::Chinese),
                _ => None,
            }
        });
        known.unwrap_or(Self::English)
    }

    /// The tag for `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}

/// A problem (RFC 9457): an error for people and for programs.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/problems/not_found", "title": "Not found", "status": 404,
    "detail": "The resource does not exist or is outside your area.", "code": "not_found",
    "retryable": false
}))]
pub struct Body<'a> {
    /// A path that explains this kind of problem.
    #[schema(format = "uri-reference", max_length = 128)]
    r#type: String,
    /// A short summary in the caller's language.
    #[schema(max_length = 256)]
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Explanation and next step, in the caller's language.
    #[schema(max_length = 1024)]
    detail: &'a str,
    /// Stable identifier of the kind of problem; branch on it.
    #[schema(max_length = 64, pattern = "^[a-z_]+$")]
    code: &'a str,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// The code that an earlier version of the service refused the command with, for
    /// `refused_earlier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    stored_code: Option<&'a str>,
    /// The invalid fields.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(max_items = 100, value_type = Vec<FieldError>)]
    errors: Cow<'a, [FieldError]>,
    /// The current state, where that helps: the resource for `version_conflict`, the task and its
    /// `assignee` (id and name) if its state does not permit the action, the `upload_offset` of
    /// an attachment, the `vocabulary` and the `uses` of its words (by code, the number of rows
    /// of each sort) for `word_in_use`, the kind for `service_kind_exists`, the person for
    /// `grid_has_manager`, `phone_in_use` and `person_exists`, the `task` and the `overlaps` (`day`,
    /// `start` and `minutes` of each other visit, and its `task_id` within the caller's area) for
    /// `visit_overlap`, and with these the broken `breaches` for `assignment_breaks`. It is a list for
    /// `plan_outdated`, the tasks that were left, and for `manager_required`, the candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Current>, inline)]
    current: Option<&'a serde_json::Value>,
    /// The id of the request in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 36)]
    request_id: Option<String>,
}

/// The form of the current state: an object, or a list of objects.
enum Current {}

impl ComposeSchema for Current {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        /// The most tasks that a plan can leave.
        const MOST: usize = 1_000_000;
        let object = || ObjectBuilder::new().schema_type(Type::Object).build();
        let list = ArrayBuilder::new().items(object()).max_items(Some(MOST));
        OneOfBuilder::new().item(Schema::from(object())).item(list).into()
    }
}

// The problem has it inline.
impl ToSchema for Current {}

/// The errors in the language, as far as their details are translated.
fn errors(errors: &[FieldError], language: Language) -> Cow<'_, [FieldError]> {
    if language == Language::English || errors.is_empty() {
        return Cow::Borrowed(errors);
    }
    let translated = |error: &FieldError| {
        let detail = chinese::translated(&error.detail);
        FieldError {
            pointer: error.pointer.clone(),
            detail: detail.unwrap_or_else(|| error.detail.clone()),
        }
    };
    Cow::Owned(errors.iter().map(translated).collect())
}

fn body(problem: &Details, language: Language, request_id: Option<String>) -> Body<'_> {
    let entry = problem.entry();
    let (title, detail) = match language {
        Language::English => entry.en,
        Language::Chinese => entry.zh,
    };
    Body {
        r#type: format!("/problems/{}", entry.code),
        title,
        status: entry.status,
        detail,
        code: entry.code,
        retryable: entry.retryable,
        stored_code: problem.stored_code.as_deref(),
        errors: errors(&problem.errors, language),
        current: problem.current.as_ref(),
        request_id,
    }
}

/// A problem as part of another answer, in the caller's language.
#[derive(Debug)]
pub struct LocalizedProblem(pub Problem, pub Language);

impl Serialize for LocalizedProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        body(&self.0.0, self.1, None).serialize(serializer)
    }
}

/// The challenge of a 401 to a client of the scheme `sent`.
fn challenge(problem: &Details, sent: AuthScheme) -> String {
    let scheme = problem.scheme.unwrap_or(sent);
    match problem.what {
        What::Refusal(ProblemCode::TokenExpired) => {
            scheme.challenge(Some("error=\"invalid_token\""))
        }
        What::Refusal(ProblemCode::UseDpopNonce) => {
            AuthScheme::Dpop.challenge(Some("error=\"use_dpop_nonce\""))
        }
        What::Refusal(ProblemCode::InvalidDpopProof) => {
            AuthScheme::Dpop.challenge(Some("error=\"invalid_dpop_proof\""))
        }
        _ => scheme.challenge(problem.challenge_error.as_deref()),
    }
}

/// The answer for `problem` to a client of `scheme`.
pub(super) fn write(
    problem: &Problem,
    language: Language,
    scheme: AuthScheme,
    request_id: Option<String>,
) -> HttpResponse {
    let problem = &problem.0;
    let entry = problem.entry();
    let mut answer = HttpResponse::build(entry.status());
    answer
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if entry.status == 401 {
        answer.insert_header((header::WWW_AUTHENTICATE, challenge(problem, scheme)));
    }
    if let Some(version) = problem.tus_version {
        answer.insert_header(("Tus-Version", version));
    }
    if let Some(nonce) = &problem.nonce {
        answer.insert_header(("DPoP-Nonce", nonce.as_str()));
    }
    if let Some(allow) = &problem.allow {
        answer.insert_header((header::ALLOW, allow.as_str()));
    }
    if let Some(seconds) = problem.retry_after {
        answer.insert_header((header::RETRY_AFTER, seconds));
        if let Some(RateLimit { policy, quota, window, .. }) = problem.rate_limit {
            let window = window.as_secs();
            answer
                .insert_header(("RateLimit-Policy", format!("\"{policy}\";q={quota};w={window}")))
                .insert_header(("RateLimit", format!("\"{policy}\";r=0;t={seconds}")));
        }
    }
    let body = body(problem, language, request_id);
    let json = serde_json::to_vec(&body).unwrap_or_default();
    answer.content_type("application/problem+json").body(json)
}

/// Middleware: writes each problem in the caller's language, with the request's
/// id, and logs the cause, which only operators may see.
///
/// # Errors
/// None of its own: errors of the framework become problems too.
pub async fn in_callers_language<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let language = Language::of(&request);
    let scheme = AuthScheme::of_client(request.headers());
    let id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let answer = next.call(request).await?.map_into_boxed_body();
    let error = answer.response().error();
    let problem = error.and_then(|error| error.as_error::<Problem>());
    log_failure(&answer, problem, id.as_deref());
    let Some(mut fresh) = problem.map(|problem| write(problem, language, scheme, id)) else {
        return Ok(answer);
    };
    // Keeps the headers of other middleware, such as the request's id.
    for (name, value) in answer.headers() {
        if !fresh.headers().contains_key(name) {
            fresh.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(answer.into_response(fresh))
}

/// Logs every 5xx answer with its cause.
fn log_failure<B>(answer: &ServiceResponse<B>, problem: Option<&Problem>, id: Option<&str>) {
    let status = answer.status();
    if !status.is_server_error() {
        return;
    }
    let request_id = id.unwrap_or_default();
    match (problem.and_then(Problem::cause), answer.response().error()) {
        (Some(cause), _) => tracing::error!(request_id, %status, %cause, "the server failed"),
        (None, Some(cause)) => tracing::error!(request_id, %status, %cause, "the server failed"),
        (None, None) => tracing::error!(request_id, %status, "the server failed"),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn language(accept: &str) -> Language {
        Language::of(
            &TestRequest::default().insert_header(("Accept-Language", accept)).to_request(),
        )
    }

    #[test]
    fn the_language_ranked_higher_is_spoken_and_english_otherwise() {
        assert_eq!(language("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(language("en;q=0.9, zh-CN;q=0.1"), Language::English);
        assert_eq!(language("de"), Language::English);
        assert_eq!(language("zh"), Language::Chinese);
        assert_eq!(language("zh; q=0.9, en; q=0.1"), Language::Chinese);
        assert_eq!(language("ZH-Hans-CN;Q=0.5"), Language::Chinese);
        assert_eq!(language("de, zh"), Language::Chinese);
        assert_eq!(language("zh;q=0, en;q=0.1"), Language::English);
        assert_eq!(language("zh;q=0"), Language::English);
        for none in ["", "*", "zh;q=high", ";;,"] {
            assert_eq!(language(none), Language::English, "{none}");
        }
    }
}
