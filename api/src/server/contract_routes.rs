//! `GET /openapi.yaml` and `GET /docs`: the contract of this server, as a file and as a page.

use std::sync::{LazyLock, OnceLock};

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::docs_page;
use crate::db::column::Hash;
use crate::http::problem::Problem;

/// The path of the file.
pub(super) const FILE: &str = "/openapi.yaml";
/// The path of the page.
pub(super) const PAGE: &str = "/docs";

/// The contract as it is served, made at the first request.
pub(super) struct ServedContract {
    yaml: OnceLock<Result<Bytes, String>>,
    html: OnceLock<Result<Bytes, String>>,
    source: Source,
}

/// Prints the contract.
pub(super) type Source = fn() -> Result<String, yaml_serde::Error>;

impl ServedContract {
    /// The contract that `source` prints.
    pub(super) const fn new(source: Source) -> Self {
        Self { yaml: OnceLock::new(), html: OnceLock::new(), source }
    }

    fn yaml(&self) -> Result<Bytes, Problem> {
        let print = || (self.source)().map(Bytes::from).map_err(|error| error.to_string());
        self.yaml.get_or_init(print).clone().map_err(Problem::defect)
    }

    fn html(&self) -> Result<Bytes, Problem> {
        let yaml = self.yaml()?;
        let render = || {
            let document = yaml_serde::from_slice(&yaml).map_err(|error| error.to_string())?;
            Ok(Bytes::from(docs_page::page(&document)))
        };
        self.html.get_or_init(render).clone().map_err(Problem::defect)
    }
}

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Hash::sha256(docs_page::STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'")
});

/// The contract, as `gridward openapi` prints it.
pub(super) async fn file(contract: Data<ServedContract>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().content_type("application/yaml").body(contract.yaml()?))
}

/// The contract as a page.
pub(super) async fn page(contract: Data<ServedContract>) -> Result<HttpResponse, Problem> {
    let html = contract.html()?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .body(html))
}
