//! The methods that each path supports, by the contract: for 405 answers, and for HEAD, which
//! every path with GET supports (RFC 9110, 9.1).

use actix_web::body::{self, BodySize, BodyStream, BoxBody, MessageBody, SizedStream};
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data, PathConfig};
use actix_web::{Error, HttpMessage as _};
use futures_util::stream;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

use crate::http::body_limits::invalid_path;
use crate::http::problem::Problem;
use crate::http::sent_method::SentMethod;

/// The methods of each documented path.
pub(super) struct Methods(Vec<(ResourceDef, PathMethods)>);

/// The methods of one path in upper case.
pub(super) struct PathMethods(Vec<&'static str>);

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
            ("GET", item.get.is_some()),
            ("POST", item.post.is_some()),
            ("PUT", item.put.is_some()),
            ("PATCH", item.patch.is_some()),
            ("HEAD", item.head.is_some()),
            ("DELETE", item.delete.is_some()),
            ("OPTIONS", item.options.is_some()),
        ];
        let taken = methods.into_iter().filter(|(_, taken)| *taken);
        Self(taken.map(|(method, _)| method).collect())
    }

    fn has(&self, method: &str) -> bool {
        self.0.contains(&method)
    }

    /// Whether the handler of GET also answers HEAD; attachments have a separate HEAD handler.
    fn heads_by_get(&self) -> bool {
        self.has("GET") && !self.has("HEAD")
    }

    /// The value of `Allow` in a 405 answer.
    pub(super) fn allowed(&self) -> Vec<&'static str> {
        let head = self.heads_by_get().then_some("HEAD");
        self.0.iter().copied().chain(head).collect()
    }
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
