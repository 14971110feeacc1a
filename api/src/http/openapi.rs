//! Parts of the contract that many operations share: problem responses and headers.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Header, OpenApi, Ref, RefOr, Required, Response};
use utoipa::{IntoParams, IntoResponses, Modify};

/// The security scheme and the problem responses that operations refer to.
pub struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "An access token from `POST /v1/auth/sign-in` or `/v1/auth/refresh`, valid for ten \
                 minutes: a JWT (RFC 9068) signed with ES256, following RFC8725.",
            ))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        for (status, name, description) in ANSWERS {
            let answer = problem(*status, description);
            components.responses.insert((*name).to_owned(), RefOr::T(answer));
        }
    }
}

/// Every problem response: status, component name, description.
const ANSWERS: &[(u16, &str, &str)] = &[
    (400, "BadRequest", "Malformed request"),
    (
        401,
        "Unauthenticated",
        "No valid access token, proof, credentials or code; `code` and `WWW-Authenticate` name the reason",
    ),
    (
        403,
        "Forbidden",
        "The caller's role does not permit this action, or something is required first: \
         `enrolment_required`, `second_factor_required`, `password_change_required`",
    ),
    (404, "NotFound", "The resource does not exist or is outside the caller's area"),
    (408, "RequestTimeout", "The body did not arrive in time"),
    (409, "Conflict", "The state of the resource does not permit this action"),
    (410, "Gone", "The one-time code was used before or has expired"),
    (
        412,
        "VersionConflict",
        "`If-Match` names another version than the current one, or `Tus-Resumable` another \
         protocol than the supported one",
    ),
    (
        413,
        "TooLarge",
        "JSON of more than 256 KiB (4 MiB for a bulk of tasks), after decompression, or more bytes \
         than an attachment may have or than its `Upload-Length`; `errors` names the limit",
    ),
    (
        415,
        "UnsupportedMediaType",
        "The body is not of the documented media type, or it is compressed; only `POST /v1/sync` \
         accepts gzip",
    ),
    (422, "Invalid", "The body or the query is invalid; `errors` names each field"),
    (428, "VersionRequired", "`If-Match` is required: the version that the decision is based on"),
    (429, "TooManyRequests", "Too many attempts"),
    (460, "ChecksumMismatch", "The bytes do not match `Upload-Checksum`"),
    (500, "Internal", "A defect in the server"),
    (503, "Unavailable", "The database is unreachable or overloaded; nothing was changed"),
];

/// The description of the challenge of a 401.
const CHALLENGE: &str = "The scheme, `Bearer` or `DPoP`, and the `error` (RFC 6750, RFC 9449, \
    RFC 9470): `invalid_token` for `token_expired`, `use_dpop_nonce`, `invalid_dpop_proof`, or \
    `insufficient_user_authentication` for `step_up_required`, with `max_age`, the greatest \
    permitted age of the authentication in seconds";

fn problem(status: u16, description: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut answer =
        ResponseBuilder::new().description(description).content("application/problem+json", body);
    if status == 401 {
        let nonce = "The nonce of the next proofs; with `use_dpop_nonce` and `invalid_dpop_proof`";
        answer = answer
            .header("WWW-Authenticate", text_header(CHALLENGE))
            .header("DPoP-Nonce", text_header(nonce));
    }
    if status == 412 {
        let version = "The supported version of the tus protocol, with `tus_version`";
        answer = answer.header("Tus-Version", text_header(version));
    }
    if status == 429 || status == 503 {
        answer = answer.header("Retry-After", seconds_header("Seconds to wait"));
    }
    if status == 429 {
        let policy = "Name, quota (`q`) and window in seconds (`w`) of the exceeded limit";
        let rest = "Name, remaining quota (`r`) and seconds until more (`t`) of the exceeded limit";
        answer = answer
            .header("RateLimit-Policy", text_header(policy))
            .header("RateLimit", text_header(rest));
    }
    answer.build()
}

pub(crate) fn text_header(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(256)).build();
    HeaderBuilder::new().schema(Some(text)).description(Some(description)).build()
}

fn seconds_header(description: &str) -> Header {
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
            utoipa::openapi::KnownFormat::Int32,
        )))
        .minimum(Some(0))
        .maximum(Some(86_400))
        .build();
    HeaderBuilder::new().schema(Some(seconds)).description(Some(description)).build()
}

fn answers(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    ANSWERS
        .iter()
        .filter(|(status, ..)| statuses.contains(status))
        .map(|(status, name, _)| (status.to_string(), RefOr::Ref(Ref::from_response_name(*name))))
        .collect()
}

macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident: $($status:literal)*;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                answers(&[$($status),*])
            }
        }
    )*};
}

groups! {
    /// The problems of operations without authentication.
    Public: 400 404 429 500;
    /// The problems of the readiness check.
    Ready: 400 404 429 500 503;
    /// The problems of signing in.
    SignIn: 400 401 403 408 413 415 422 429 500 503;
    /// The problems of enrolling a device.
    Enrol: 400 401 403 404 408 410 413 415 422 429 500 503;
    /// The problems of operations that read.
    Read: 400 401 403 404 429 500 503;
    /// The problems of operations that read days which must suit each other, or areas of a level which must suit
    /// another area.
    ReadDays: 400 401 403 404 422 429 500 503;
    /// The problems of operations that read what a plan contains.
    ReadPlan: 400 401 403 404 409 429 500 503;
    /// The problems of operations that ask what a task allows on a day.
    ReadTask: 400 401 403 404 409 422 429 500 503;
    /// The problems of operations that write.
    Write: 400 401 403 404 408 409 413 415 422 429 500 503;
    /// The problems of applying a draft.
    ApplyDraft: 400 401 403 404 408 409 410 413 415 422 429 500 503;
    /// The problems of announcing an upload.
    Announce: 400 401 403 404 408 409 412 413 415 422 429 500 503;
    /// The problems of reading the progress of an upload.
    Progress: 400 401 403 404 412 422 429 500 503;
    /// The problems of uploading bytes.
    Send: 400 401 403 404 408 409 412 413 415 422 429 460 500 503;
    /// The problems of terminating an upload.
    Terminate: 400 401 403 404 409 412 429 500 503;
    /// The problems of deleting.
    GiveUp: 400 401 403 404 409 429 500 503;
    /// The problems of ending a row of a register.
    Remove: 400 401 403 404 412 428 429 500 503;
    /// The problems of commands to a task.
    Decide: 400 401 403 404 408 409 412 413 415 422 428 429 500 503;
}

pub(crate) const KEY: &str = "Idempotency-Key";
/// Marks the stored answer of an earlier request.
pub(crate) const REPLAYED: &str = "Idempotency-Replayed";
pub(crate) const KEY_PATTERN: &str = "^[!#-~]{1,64}$";

/// The key of operations whose content has ids of its own: accepted but not needed.
pub struct OwnNames;

impl IntoParams for OwnNames {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about =
            "Optional: the content has ids of its own, which make the operation idempotent.";
        vec![header_parameter(KEY, about, 64, Some(KEY_PATTERN))]
    }
}

/// The key of operations that disclose sealed data or a secret: accepted without effect.
pub struct NeverStored;

impl IntoParams for NeverStored {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "Accepted without effect: the answer holds sensitive data and is never stored.";
        vec![header_parameter(KEY, about, 64, Some(KEY_PATTERN))]
    }
}

/// The proof of a device's key.
pub struct DpopProof;

impl IntoParams for DpopProof {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "A proof of the device's key (RFC 9449): an ES256 JWT with the nonce of the \
            last `DPoP-Nonce` header. Without a current nonce the answer is 401 `use_dpop_nonce`.";
        vec![header_parameter("DPoP", about, 4096, None)]
    }
}

/// Resumes an event stream.
pub struct LastEventId;

impl IntoParams for LastEventId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about =
            "The `id` of the last received hint; the stream begins with the hints after it.";
        vec![header_parameter("Last-Event-ID", about, 20, None)]
    }
}

/// The checksum of one part of an upload.
pub struct UploadChecksum;

impl IntoParams for UploadChecksum {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "`sha1` or `sha256`, a space, and the hash of these bytes in base64.";
        let pattern = "^(sha1 [A-Za-z0-9+/]{26}|sha256 [A-Za-z0-9+/]{42})[AEIMQUYcgkosw048]=$";
        vec![header_parameter("Upload-Checksum", about, 64, Some(pattern))]
    }
}

pub(crate) fn header_parameter(
    name: &str,
    about: &str,
    longest: usize,
    pattern: Option<&str>,
) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(longest));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(text.pattern(pattern)))
        .build()
}
