//! The contract: `openapi.yaml`, gathered from the handlers, with what it explains
//! besides ([`super::manual`]).

use utoipa::OpenApi as _;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::{OpenApi, Ref, RefOr};

use super::{manual, router};
use crate::http::if_none_match;
use crate::http::openapi::{KEY, KEY_PATTERN, Shared, header_parameter, text_header};
use crate::http::problem::answer;

/// The contract, gathered from the handlers.
pub fn contract() -> OpenApi {
    let (_, mut document) = router::routes();
    finish(&mut document);
    document
}

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
        crate::http::problem::FieldError,
        crate::log::Subject,
    )),
    modifiers(&Shared),
)]
struct Document;

/// The document without operations, for the handlers to add to.
pub(super) fn document() -> OpenApi {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document
}

/// Which methods the paths of `document` take, for 405 answers: path
/// templates with the methods in upper case.
pub(super) fn methods(document: &OpenApi) -> Vec<(String, Vec<&'static str>)> {
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
    header_parameter("If-None-Match", about, if_none_match::LONGEST, None)
}

/// Finishes a document that the handlers have added to: a page refers to what
/// it lists by name, so that clients get one type for it, every header's text
/// has a length, every POST takes an `Idempotency-Key`, every decision an
/// `If-Match`, and what is read again an `If-None-Match`.
fn finish(document: &mut OpenApi) {
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
