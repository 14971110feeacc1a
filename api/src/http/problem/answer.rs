//! How a problem is written: `application/problem+json`, in the caller's language.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};
use serde::{Serialize, Serializer};
use tracing_actix_web::RequestId;
use utoipa::ToSchema;

use super::catalogue::Kind;
use super::{Details, FieldError, Problem};

/// The languages problems are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `en`
    English,
    /// `zh-CN`
    Chinese,
}

impl Language {
    /// The one that `Accept-Language` (RFC 9110, 12.5.4) ranks higher; English
    /// when it names neither.
    pub fn of(headers: &HeaderMap) -> Self {
        let wish = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let rank = |language: &str| {
            wish.unwrap_or_default()
                .split(',')
                .filter_map(|part| {
                    let (tag, q) = part.split_once(";q=").unwrap_or((part, "1"));
                    let primary = tag.trim().split('-').next()?;
                    let q: f32 = q.trim().parse().ok()?;
                    primary.eq_ignore_ascii_case(language).then_some(q)
                })
                .fold(0.0, f32::max)
        };
        if rank("zh") > rank("en") { Self::Chinese } else { Self::English }
    }

    /// The tag for `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}

/// A problem (RFC 9457): what went wrong, for people and for programs.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/problems/not_found", "title": "There is no such thing here", "status": 404,
    "detail": "It does not exist, or lies outside your area.", "code": "not_found",
    "retryable": false
}))]
pub struct Body<'a> {
    /// A path that explains this kind of problem.
    #[schema(format = "uri-reference", max_length = 128)]
    r#type: String,
    /// The problem in a few words, in the caller's language.
    #[schema(max_length = 256)]
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What to do about it, in the caller's language.
    #[schema(max_length = 1024)]
    detail: &'a str,
    /// The stable word for this kind of problem; branch on it.
    #[schema(max_length = 64, pattern = "^[a-z_]+$")]
    code: &'a str,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// What does not fit, and where.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(max_items = 100)]
    errors: &'a [FieldError],
    /// The thing as it stands, where that helps: the task for `version_conflict`, the task
    /// and its `holder` (id and name) where an action does not fit, the `upload_offset` of an
    /// attachment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    current: Option<&'a serde_json::Value>,
    /// The request's id, as the server's log has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 36)]
    request_id: Option<String>,
}

fn body(problem: &Details, language: Language, request_id: Option<String>) -> Body<'_> {
    let entry = problem.kind.entry();
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
        errors: &problem.errors,
        current: problem.current.as_ref(),
        request_id,
    }
}

/// A problem told inside an answer, in the caller's language.
#[derive(Debug)]
pub struct LocalizedProblem(pub Problem, pub Language);

impl Serialize for LocalizedProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        body(&self.0.0, self.1, None).serialize(serializer)
    }
}

/// The answer for `problem`.
pub(super) fn write(
    problem: &Problem,
    language: Language,
    request_id: Option<String>,
) -> HttpResponse {
    let problem = &problem.0;
    let entry = problem.kind.entry();
    let mut answer = HttpResponse::build(entry.status());
    answer
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if entry.status == 401 {
        let challenge = match problem.kind {
            Kind::TokenExpired => "Bearer error=\"invalid_token\"",
            _ => "Bearer",
        };
        answer.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if let Some(allow) = &problem.allow {
        answer.insert_header((header::ALLOW, allow.as_str()));
    }
    if let Some(seconds) = problem.retry_after {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    let body = body(problem, language, request_id);
    let json = serde_json::to_vec(&body).unwrap_or_default();
    answer.content_type("application/problem+json").body(json)
}

/// Middleware: writes a problem again in the caller's language, with the
/// request's id, and puts what only operators may know into the log.
///
/// # Errors
/// None of its own: an error of the framework's becomes a problem too.
pub async fn in_callers_language<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let language = Language::of(request.headers());
    let id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let answer = next.call(request).await?.map_into_boxed_body();
    let problem = answer.response().error().and_then(|error| error.as_error::<Problem>());
    let Some(mut fresh) = problem.map(|problem| rewrite(problem, language, id)) else {
        return Ok(answer);
    };
    // Headers that other middleware put on, as the request's id, stay.
    for (name, value) in answer.headers() {
        if !fresh.headers().contains_key(name) {
            fresh.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(answer.into_response(fresh))
}

fn rewrite(problem: &Problem, language: Language, id: Option<String>) -> HttpResponse {
    if let Some(source) = &problem.0.source {
        tracing::error!(code = problem.0.kind.entry().code, %source, "a request failed");
    }
    write(problem, language, id)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn language(accept: &'static str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accept));
        Language::of(&headers)
    }

    #[test]
    fn the_language_ranked_higher_is_spoken_and_english_otherwise() {
        assert_eq!(language("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(language("en;q=0.9, zh-CN;q=0.1"), Language::English);
        assert_eq!(language("de"), Language::English);
        assert_eq!(language("zh"), Language::Chinese);
        assert_eq!(Language::of(&HeaderMap::new()), Language::English);
    }
}
