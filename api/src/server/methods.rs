//! The methods that each path supports, by the contract: for 405 answers, for HEAD, which
//! every path with GET supports (RFC 9110, 9.1), and for operations without parameters.

use actix_web::body::{self, BodySize, BodyStream, BoxBody, MessageBody, SizedStream};
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data, PathConfig};
use actix_web::{Error, HttpMessage as _};
use futures_util::stream;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{OpenApi, RefOr};

use crate::auth::LimitedAccess;
use crate::http::body_limits::invalid_path;
use crate::http::deserialize;
use crate::http::page::NoFilter;
use crate::http::problem::Problem;
use crate::http::sent_method::SentMethod;

/// The methods of each documented path.
pub(super) struct Methods(Vec<(ResourceDef, PathMethods)>);

/// The methods of one path.
pub(super) struct PathMethods {
    /// In upper case.
    methods: Vec<&'static str>,
    /// Those without parameters in the query.
    without_query: Vec<&'static str>,
    /// Those that require no authentication.
    open: Vec<&'static str>,
}

impl Methods {
    /// The methods in the contract.
    pub(super) fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Self(
            paths
                .map(|(path, item)| (ResourceDef::new(path.as_str()), PathMethods::of(item)))
                .collect(),
        )
    }

    /// The methods of the path of a request.
    pub(super) fn of_path(&self, path: &str) -> Option<&PathMethods> {
        self.0.iter().find(|(known, _)| known.is_match(path)).map(|(_, methods)| methods)
    }
}

impl PathMethods {
    fn of(item: &PathItem) -> Self {
        let methods = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("HEAD", &item.head),
            ("DELETE", &item.delete),
            ("OPTIONS", &item.options),
        ];
        let those = |is_one: fn(&Operation) -> bool| {
            let found =
                methods.iter().filter(|(_, operation)| operation.as_ref().is_some_and(is_one));
            found.map(|(method, _)| *method).collect()
        };
        Self {
            methods: those(|_| true),
            without_query: those(|operation| !has_query(operation)),
            open: those(is_open),
        }
    }

    fn has(&self, method: &str) -> bool {
        self.methods.contains(&method)
    }

    /// Whether the handler of GET also answers HEAD; attachments have a separate HEAD handler.
    fn heads_by_get(&self) -> bool {
        self.has("GET") && !self.has("HEAD")
    }

    /// The value of `Allow` in a 405 answer.
    pub(super) fn allowed(&self) -> Vec<&'static str> {
        let head = self.heads_by_get().then_some("HEAD");
        self.methods.iter().copied().chain(head).collect()
    }
}

/// Whether an operation can be called without a credential: one of its requirements is empty. Without any of its
/// own it has those of the document.
fn is_open(operation: &Operation) -> bool {
    let none = SecurityRequirement::default();
    operation.security.as_ref().is_some_and(|requirements| requirements.contains(&none))
}

/// Whether an operation has parameters in the query.
fn has_query(operation: &Operation) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    })
}

/// Answers invalid path segments with problems. A path such as `/v1/people/search` is one of
/// `/v1/people/{id}` too; for a method that the more exact path does not support, the answer is
/// 405.
pub(super) fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|error, request| {
        let methods = request.app_data::<Data<Methods>>();
        let known = methods.and_then(|methods| methods.of_path(request.path()));
        match known.filter(|known| !known.has(request.method().as_str())) {
            Some(known) => Problem::method_not_allowed(known.allowed().join(", ")).into(),
            None => invalid_path(&error).into(),
        }
    })
}

/// Middleware: refuses the parameters of an operation of the API that has none, as the others refuse
/// unknown ones: after the authentication.
///
/// # Errors
/// The errors of the wrapped service.
pub(super) async fn refuse_unknown_query<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some((problem, is_open)) = unknown_query(&request) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let access = request.extract::<LimitedAccess>().await;
    let stranger = access.err().filter(|_| !is_open);
    Ok(request.error_response(stranger.unwrap_or(problem)))
}

/// The problem of a request with parameters to an operation of the API that has none, and whether
/// that one is open to all.
fn unknown_query(request: &ServiceRequest) -> Option<(Problem, bool)> {
    let (query, path, method) = (request.query_string(), request.path(), request.method().as_str());
    if query.is_empty() || !path.starts_with("/v1/") {
        return None;
    }
    let methods = request.app_data::<Data<Methods>>()?;
    let known = methods.of_path(path).filter(|known| known.without_query.contains(&method))?;
    let problem = deserialize::query::<NoFilter>(query).err()?;
    Some((problem, known.open.contains(&method)))
}

/// Middleware: answers HEAD like GET, with the same headers and no body.
///
/// # Errors
/// The errors of the wrapped service.
pub(super) async fn head_as_get<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let by_get = request.method() == Method::HEAD
        && request
            .app_data::<Data<Methods>>()
            .and_then(|methods| methods.of_path(request.path()))
            .is_some_and(PathMethods::heads_by_get);
    if by_get {
        request.extensions_mut().insert(SentMethod(Method::HEAD));
        request.head_mut().method = Method::GET;
    }
    let answer = next.call(request).await?.map_into_boxed_body();
    Ok(if by_get { answer.map_body(|_, body| without_bytes(body.size())) } else { answer })
}

/// A body with this length and no content.
fn without_bytes(size: BodySize) -> BoxBody {
    let nothing = stream::empty::<Result<Bytes, std::convert::Infallible>>();
    match size {
        BodySize::None => BoxBody::new(body::None::new()),
        BodySize::Sized(length) => BoxBody::new(SizedStream::new(length, nothing)),
        BodySize::Stream => BoxBody::new(BodyStream::new(nothing)),
    }
}
