//! The contract: `openapi.yaml`, generated from the handlers and completed with
//! explanations ([`super::manual`]).

use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, PathItem};
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required};
use yaml_serde::{Mapping, Value};

use super::{access, manual, quoted_words, router};
use crate::auth::proof;
use crate::http::openapi::{KEY, KEY_PATTERN, REPLAYED, Shared, header_parameter, text_header};
use crate::http::problem::answer;
use crate::http::{if_match, if_none_match};

/// The operations whose body may be absent (`OptionalJson`).
const OPTIONAL_BODIES: [&str; 3] = ["accept_proposal", "apply_plan", "launch_campaign"];

/// The complete contract.
pub fn contract() -> OpenApi {
    let (_, mut document) = router::routes();
    finish(&mut document);
    document
}

/// The complete contract as YAML, with the access to each operation.
///
/// # Errors
/// Only for values without a YAML form.
pub fn yaml() -> Result<String, yaml_serde::Error> {
    let mut document = yaml_serde::to_value(contract())?;
    add_dpop_scheme(&mut document);
    access::declare(&mut document)?;
    let components = document.get("components").and_then(|all| all.get("schemas")).cloned();
    open_parts(&mut document, &components.unwrap_or_default());
    open_objects(&mut document);
    Ok(quoted_words::quote(&yaml_serde::to_string(&document)?))
}

/// Replaces each closed component that is one of several parts of an `allOf` by a copy that is open: a closed
/// part refuses the properties of the other parts. An answer has such a part where it repeats what
/// was sent.
fn open_parts(part: &mut Value, components: &Value) {
    match part {
        Value::Mapping(schema) => {
            if let Some(Value::Sequence(parts)) = schema.get_mut("allOf")
                && parts.len() > 1
            {
                for one in parts.iter_mut() {
                    *one = opened(one, components).unwrap_or_else(|| one.clone());
                }
            }
            schema.iter_mut().for_each(|(_, one)| open_parts(one, components));
        }
        Value::Sequence(parts) => parts.iter_mut().for_each(|one| open_parts(one, components)),
        _ => {}
    }
}

/// An open copy of the component that `part` refers to, if that one is closed.
fn opened(part: &Value, components: &Value) -> Option<Value> {
    let name = part.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")?;
    let mut copy = components.get(name)?.as_mapping()?.clone();
    let closed = copy.remove("additionalProperties")? == Value::Bool(false);
    closed.then_some(Value::Mapping(copy))
}

/// Says of the objects without named properties (answers, forms, ...) that they may have any.
/// Otherwise generators of clients make a type of an object that has none.
fn open_objects(part: &mut Value) {
    const NAMED: [&str; 5] = ["properties", "additionalProperties", "oneOf", "anyOf", "allOf"];
    let is_object = |schema: &Mapping| match schema.get("type") {
        Some(Value::String(one)) => one == "object",
        Some(Value::Sequence(types)) => types.iter().any(|one| one == "object"),
        _ => false,
    };
    match part {
        Value::Mapping(schema) => {
            if is_object(schema) && !NAMED.iter().any(|name| schema.contains_key(*name)) {
                schema.insert("additionalProperties".into(), true.into());
            }
            let is_value = |key: &Value| key == "example" || key == "examples" || key == "default";
            schema
                .iter_mut()
                .filter(|(key, _)| !is_value(key))
                .for_each(|(_, one)| open_objects(one));
        }
        Value::Sequence(parts) => parts.iter_mut().for_each(open_objects),
        _ => {}
    }
}

/// Adds the scheme of tokens that are bound to a key, which utoipa's list of schemes lacks.
fn add_dpop_scheme(document: &mut Value) {
    let schemes = document.get_mut("components").and_then(|all| all.get_mut("securitySchemes"));
    let scheme = [("type", "http"), ("scheme", "DPoP"), ("description", ABOUT_DPOP)];
    let scheme: Mapping = scheme.into_iter().map(|(key, text)| (key.into(), text.into())).collect();
    if let Some(schemes) = schemes.and_then(Value::as_mapping_mut) {
        schemes.insert("dpop".into(), scheme.into());
    }
}

/// The description of the scheme.
const ABOUT_DPOP: &str = "An access token whose `token_type` is `DPoP` (RFC 9449): bound to the \
    key of the device that signed in. Each request also has a proof of that key in the header \
    `DPoP`; `Authorization: Bearer` is refused.";

/// The parts of the document outside the operations.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gridward",
        description = "Visits to veterans and their families in a district: areas, people, \
            beneficiaries, tasks, and the dispatch that assigns each visit.\n\n\
            Errors are problems (RFC 9457): branch on `code`, show `title` and `detail`, which are \
            in the language of `Accept-Language` (`zh-CN` or `en`). A resource outside the caller's \
            area is treated as nonexistent. Every GET also supports HEAD, with the same headers and \
            no body (RFC 9110, 9.1). Only an area's boundary and the public keys may be cached; every \
            other answer has `Cache-Control: no-store`. `x-roles`, `x-scope` and `x-data-class` of an operation give the \
            permitted roles, the resources in reach and the most sensitive data. Clients must ignore unknown fields and enum values: new ones \
            may be added within `/v1`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This installation")),
    tags(
        (name = "auth", description = "Sign-in and the caller's account"),
        (name = "areas", description = "The district and its towns, villages and grids"),
        (name = "people", description = "Staff and volunteers"),
        (name = "beneficiaries", description = "Veterans and family members who receive visits"),
        (name = "audiences", description = "Which beneficiaries a filter selects, counted, listed and saved by name"),
        (name = "campaigns", description = "The tasks of one occasion for all members of an audience"),
        (name = "regimes", description = "Standing duties: who is visited how often"),
        (name = "secondments", description = "Volunteers who help in another area for some days"),
        (name = "goods", description = "Items, the stocks of stations, and what reaches beneficiaries"),
        (name = "catalogue", description = "Kinds of service, and the district's vocabularies"),
        (name = "cases", description = "Matters that are followed on the path of their kind, from their opening to their end"),
        (name = "registers", description = "Stations, memorial sites, holidays and work calendars of the district"),
        (name = "tasks", description = "Visits and other work, and their life cycle"),
        (name = "reports", description = "The register of reports of visits"),
        (name = "sync", description = "Incremental synchronisation of phones that work offline"),
        (name = "attachments", description = "Photos, signatures and voice recordings of reports, and documents of cases"),
        (name = "log", description = "The append-only event log: action, actor and subject"),
        (name = "notices", description = "Announcements to the people of an area"),
        (name = "plans", description = "Dispatch: assignments and their reasons"),
        (name = "exports", description = "The lists as files for other programs"),
        (name = "feedback", description = "Praise, complaints and suggestions, and their answers"),
        (name = "imports", description = "Files of the district's registers"),
        (name = "service", description = "Health, readiness and metrics"),
    ),
    security(("bearer" = []), ("dpop" = [])),
    components(schemas(
        answer::Body,
        crate::http::problem::FieldError,
        crate::event::routes::EventKind,
        crate::log::Subject,
        crate::notice::NoticeState,
        gridward_domain::bounded_text::OccasionFilter,
        gridward_domain::bounded_text::RegisterId,
        gridward_domain::bounded_text::RegisterIdFilter,
        gridward_domain::range::OutlookWeeks,
    )),
    modifiers(&Shared),
)]
struct Document;

/// The document without operations; the router adds those of the handlers.
pub(super) fn document() -> OpenApi {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document
}

/// The header parameter of every POST.
fn idempotency_key() -> Parameter {
    let about = "Unique id of this request, preferably a UUIDv7. For 180 days a repeated request \
        with the same key gets the stored answer and changes nothing, if the caller may still make \
        the request. A refusal is not stored. Command ids in an outbox are keys of the same \
        namespace.";
    header_parameter(KEY, about, 64, Some(KEY_PATTERN))
}

/// The header parameter of every decision about a resource.
fn if_match() -> Parameter {
    let about = "The `ETag` of the version that the decision is based on, with its quotes: \
        `\"v7\"`; several are separated by commas. A tag weakened by a proxy (`W/\"v7\"`) is \
        accepted. Any other version or text gets 412; `*` names no version, so it gets 428 where one is \
        required.";
    header_parameter("If-Match", about, if_match::LONGEST, None)
}

/// The header parameter of every GET that can answer 304.
fn if_none_match() -> Parameter {
    let about = "The `ETag` of the caller's cached answer, with its quotes. If nothing has changed, \
        the answer is 304 without a body.";
    header_parameter("If-None-Match", about, if_none_match::LONGEST, None)
}

/// Adds the header `DPoP` to every operation that requires a token.
fn dpop_proofs(document: &mut OpenApi) {
    let name = "DPoP";
    let components = document.components.get_or_insert_default();
    components.parameters.insert(name.to_owned(), RefOr::T(dpop_proof()));
    let operations = document.paths.paths.values_mut().flat_map(operations_of);
    for operation in operations.filter(|one| one.security.is_none()) {
        let proof = RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")));
        operation.parameters.get_or_insert_default().push(proof);
    }
}

/// The header parameter of every operation that requires a token.
fn dpop_proof() -> Parameter {
    let about = "With a token of the type `DPoP`: a proof of the device's key (RFC 9449), an ES256 \
        JWT for this method and URL, with the hash of the token and the nonce of the last \
        `DPoP-Nonce` header. Ignored with a token of the type `Bearer`.";
    header_parameter("DPoP", about, proof::LONGEST, None)
}

/// The operations of a path.
fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let read = [&mut item.get, &mut item.head, &mut item.options];
    let change = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    read.into_iter().chain(change).flatten()
}

/// Adds the header `ETag` to every answer that is a task.
fn task_versions(document: &mut OpenApi) {
    let items = document.paths.paths.values_mut();
    let operations = items.flat_map(|item| [&mut item.get, &mut item.post]).flatten();
    let answers = operations.flat_map(|one| one.responses.responses.values_mut());
    let task = RefOr::from(Ref::from_schema_name("Task"));
    let is_task = |content: &RefOr<Content>| match content {
        RefOr::T(content) => content.schema.as_ref() == Some(&task),
        RefOr::Ref(_) => false,
    };
    for answer in answers {
        if let RefOr::T(answer) = answer
            && answer.content.values().any(is_task)
        {
            let about = "The task's version, such as `\"v7\"`";
            answer.headers.insert("ETag".to_owned(), text_header(about).into());
        }
    }
}

/// Completes the document of the handlers: a page refers to the type of its
/// items by name, so that clients get one type; every header text has a maximum
/// length; every POST and every decision accepts an `Idempotency-Key`, every decision an
/// `If-Match`, every GET that can answer 304 an `If-None-Match`, and every operation with a token
/// a `DPoP`.
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
    let decides = |one: &Operation| one.responses.responses.contains_key("428");
    let writes = document.paths.paths.values_mut().flat_map(|item| {
        // Before sign-in the caller is unknown, so a key would have no owner.
        let post = item.post.as_mut().filter(|post| post.security.is_none());
        let others = [item.put.as_mut(), item.patch.as_mut()].into_iter().flatten();
        post.into_iter().chain(others.filter(|other| decides(other)))
    });
    for write in writes {
        let decides = decides(write);
        let parameters = write.parameters.get_or_insert_default();
        let named = |one: &RefOr<Parameter>| matches!(one, RefOr::T(one) if one.name == KEY);
        if !parameters.iter().any(named) {
            parameters.push(RefOr::T(idempotency_key()));
            let replayed = "`true` if this is the stored answer of the first request; the resource may \
                have changed since";
            for (status, answer) in &mut write.responses.responses {
                if let (true, RefOr::T(answer)) = (status.starts_with('2'), answer) {
                    answer.headers.insert(REPLAYED.to_owned(), text_header(replayed).into());
                }
            }
        }
        parameters.extend(decides.then(|| RefOr::T(if_match())));
    }
    let items = document.paths.paths.values_mut();
    let ends = items.filter_map(|item| item.delete.as_mut());
    for end in ends.filter(|end| end.responses.responses.contains_key("428")) {
        end.parameters.get_or_insert_default().push(RefOr::T(if_match()));
    }
    let gets = document.paths.paths.values_mut().filter_map(|item| item.get.as_mut());
    for get in gets.filter(|get| get.responses.responses.contains_key("304")) {
        get.parameters.get_or_insert_default().push(RefOr::T(if_none_match()));
    }
    for operation in document.paths.paths.values_mut().flat_map(operations_of) {
        let is_optional =
            operation.operation_id.as_deref().is_some_and(|id| OPTIONAL_BODIES.contains(&id));
        if let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| is_optional) {
            body.required = Some(Required::False);
        }
    }
    dpop_proofs(document);
    task_versions(document);
    manual::explain(document);
    let operations = document.paths.paths.values_mut().flat_map(operations_of);
    let answers = operations.flat_map(|one| one.responses.responses.values_mut());
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
