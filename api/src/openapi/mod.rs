//! The contract: `openapi.yaml`, gathered from the handlers, with what it explains
//! besides ([`manual`]).

mod manual;

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ArrayItems, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Header, OpenApi, Ref, RefOr, Required, Response};
use utoipa::{IntoParams, IntoResponses, Modify, OpenApi as _};

use crate::problem::answer;

/// What every operation's document starts from.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gridward",
        description = "Visits to veterans and their families, for a whole district: areas, people, \
            beneficiaries, tasks and the dispatch that gives each visit to somebody.\n\n\
            Errors are problems (RFC 9457): branch on `code`, show `title` and `detail`, which come \
            in the language of `Accept-Language` (`zh-CN` or `en`). A thing outside the caller's \
            area is answered as if it did not exist. Ignore fields and words you do not know: more \
            may be added within `/v1`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This installation")),
    tags(
        (name = "auth", description = "Signing in, and who the caller is"),
        (name = "areas", description = "District, towns, villages and grids"),
        (name = "people", description = "Those who work in the system"),
        (name = "beneficiaries", description = "Those who are cared for"),
        (name = "catalogue", description = "What can be done for a beneficiary"),
        (name = "tasks", description = "Pieces of work, from open to done"),
        (name = "sync", description = "Phones that work without a network"),
        (name = "attachments", description = "Photos, signatures and voices"),
        (name = "log", description = "What was done, by whom, to what"),
        (name = "notices", description = "What people are told"),
        (name = "plans", description = "Dispatch: who visits whom, and why"),
        (name = "service", description = "The service itself"),
    ),
    security(("bearer" = [])),
    components(schemas(
        answer::Body,
        crate::problem::FieldError,
        crate::event::Subject,
    )),
    modifiers(&Shared),
)]
pub struct Document;

/// The document without operations, for the handlers to add to.
pub fn document() -> OpenApi {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document
}

/// The security scheme and the problem answers that operations refer to.
struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "An access token of ten minutes from `POST /v1/auth/sign-in`: a JWT (RFC 9068) \
                 signed with ES256, used as RFC8725 asks.",
            ))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        for (status, name, description) in ANSWERS {
            let answer = problem(*status, description);
            components.responses.insert((*name).to_owned(), RefOr::T(answer));
        }
    }
}

/// Every problem answer there is: status, name among the components, meaning.
const ANSWERS: &[(u16, &str, &str)] = &[
    (400, "BadRequest", "The request cannot be read"),
    (401, "Unauthenticated", "No valid access token, or wrong credentials"),
    (403, "Forbidden", "The caller's role may not do this"),
    (404, "NotFound", "Not there, or outside the caller's area"),
    (409, "Conflict", "The thing is not in a state where this can be done"),
    (412, "VersionConflict", "It is no longer the version that `If-Match` names"),
    (413, "TooLarge", "The body is over 256 KiB"),
    (415, "UnsupportedMediaType", "The body is not plain `application/json`"),
    (422, "Invalid", "The body is JSON and does not fit; `errors` says where"),
    (428, "VersionRequired", "Say with `If-Match` on which version this was decided"),
    (429, "TooManyRequests", "Too many tries"),
    (460, "ChecksumMismatch", "The bytes are not those that `Upload-Checksum` is of"),
    (500, "Internal", "A defect of the server's"),
    (503, "Unavailable", "The database is away or overloaded; nothing was changed"),
];

fn problem(status: u16, description: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut answer =
        ResponseBuilder::new().description(description).content("application/problem+json", body);
    if status == 401 {
        answer = answer.header("WWW-Authenticate", text_header("How to authenticate (RFC 6750)"));
    }
    if status == 429 || status == 503 {
        answer = answer.header("Retry-After", seconds_header("Seconds to wait"));
    }
    answer.build()
}

fn text_header(description: &str) -> Header {
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
    /// The problems of what is open to all.
    Public: 400 404 429 500;
    /// The problems of asking whether the service is ready.
    Ready: 400 404 429 500 503;
    /// The problems of signing in.
    SignIn: 400 401 413 415 422 429 500 503;
    /// The problems of reading.
    Read: 400 401 403 404 429 500 503;
    /// The problems of changing something.
    Write: 400 401 403 404 409 413 415 422 429 500 503;
    /// The problems of sending bytes.
    Send: 400 401 403 404 409 413 415 422 429 460 500 503;
    /// The problems of giving something up.
    GiveUp: 400 401 403 404 409 429 500 503;
    /// The problems of deciding over a task.
    Decide: 400 401 403 404 409 412 413 415 422 428 429 500 503;
}

/// Which methods the paths of `document` take, for 405 answers: path
/// templates with the methods in upper case.
pub fn methods(document: &OpenApi) -> Vec<(String, Vec<&'static str>)> {
    let paths = document.paths.paths.iter();
    paths
        .map(|(path, item)| {
            let methods = [
                ("GET", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("PATCH", item.patch.is_some()),
                ("HEAD", item.head.is_some()),
                ("DELETE", item.delete.is_some()),
                ("OPTIONS", item.options.is_some()),
            ];
            let taken = methods.into_iter().filter(|(_, taken)| *taken);
            (path.clone(), taken.map(|(method, _)| method).collect())
        })
        .collect()
}

/// Every POST takes it.
fn idempotency_key() -> Parameter {
    let about = "A name for this command, best a UUIDv7. Sent again with the same request it \
        answers the same again and changes nothing, for 180 days and by whichever way: the \
        commands of a phone's outbox share the names.";
    header_parameter(KEY, about, 64, Some(KEY_PATTERN))
}

const KEY: &str = "Idempotency-Key";
const KEY_PATTERN: &str = "^[!#-~]{1,64}$";

/// What carries names of its own takes a key and does not need it.
pub struct OwnNames;

impl IntoParams for OwnNames {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "Not needed: what is sent bears ids of its own, by which it happens once.";
        vec![header_parameter(KEY, about, 64, Some(KEY_PATTERN))]
    }
}

/// Every decision over a task takes it.
fn if_match() -> Parameter {
    let about = "The `ETag` of the task as it was when this was decided, with its quotes: `\"v7\"`. \
        Another version, or another text, is answered by 412.";
    header_parameter("If-Match", about, 32, None)
}

/// Every reading that can be unchanged takes it.
fn if_none_match() -> Parameter {
    let about = "The `ETag` of the answer that the caller holds, with its quotes. If it still stands, \
        the answer is 304 without a body.";
    header_parameter("If-None-Match", about, crate::unchanged::LONGEST, None)
}

/// Whoever listens again may send it.
pub struct LastEventId;

impl IntoParams for LastEventId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "The `id` of the last hint that was heard: those after it are told first.";
        vec![header_parameter("Last-Event-ID", about, 20, None)]
    }
}

/// Whoever sends an attachment may send it.
pub struct UploadChecksum;

impl IntoParams for UploadChecksum {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "`sha1` or `sha256`, a space, and the hash of these bytes in base64.";
        let pattern = "^(sha1 [A-Za-z0-9+/]{26}|sha256 [A-Za-z0-9+/]{42})[AEIMQUYcgkosw048]=$";
        vec![header_parameter("Upload-Checksum", about, 64, Some(pattern))]
    }
}

fn header_parameter(name: &str, about: &str, longest: usize, pattern: Option<&str>) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(longest));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(text.pattern(pattern)))
        .build()
}

/// Finishes a document that the handlers have added to: a page refers to what
/// it lists by name, so that clients get one type for it, every header's text
/// has a length, every POST takes an `Idempotency-Key`, every decision an
/// `If-Match`, and what is read again an `If-None-Match`.
pub fn finish(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, schema) in &mut components.schemas {
        let Some(listed) = name.strip_prefix("Page_") else { continue };
        if let RefOr::T(Schema::Object(page)) = schema
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(listed).into()));
        }
    }
    let posts = document.paths.paths.values_mut().filter_map(|item| item.post.as_mut());
    // Whoever signs in has no name yet under which anything could be kept.
    for post in posts.filter(|post| post.security.is_none()) {
        let decides = post.responses.responses.contains_key("412");
        let parameters = post.parameters.get_or_insert_default();
        let named = |one: &RefOr<Parameter>| matches!(one, RefOr::T(one) if one.name == KEY);
        if !parameters.iter().any(named) {
            parameters.push(RefOr::T(idempotency_key()));
            let replayed = "`true` where this is the answer of the first time: the thing may have \
                changed since";
            for (status, answer) in &mut post.responses.responses {
                if let (true, RefOr::T(answer)) = (status.starts_with('2'), answer) {
                    answer
                        .headers
                        .insert("Idempotency-Replayed".to_owned(), text_header(replayed).into());
                }
            }
        }
        parameters.extend(decides.then(|| RefOr::T(if_match())));
    }
    let gets = document.paths.paths.values_mut().filter_map(|item| item.get.as_mut());
    for get in gets.filter(|get| get.responses.responses.contains_key("304")) {
        get.parameters.get_or_insert_default().push(RefOr::T(if_none_match()));
    }
    manual::explain(document);
    let items = document.paths.paths.values_mut();
    let operations = items.flat_map(|item| {
        let read = [&mut item.get, &mut item.head, &mut item.options];
        let change = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        read.into_iter().chain(change)
    });
    let answers = operations.flatten().flat_map(|one| one.responses.responses.values_mut());
    let headers = answers.filter_map(|answer| match answer {
        RefOr::T(answer) => Some(answer.headers.values_mut()),
        RefOr::Ref(_) => None,
    });
    for header in headers.flatten() {
        if let RefOr::T(header) = header
            && let Some(RefOr::T(Schema::Object(text))) = &mut header.schema
        {
            text.max_length = Some(256);
        }
    }
}
